import type { Clock } from '../base/clock.ts'
import { notFound } from './api-error.ts'
import type { ByteSource } from './archive/byte-source.ts'
import { entryArchive } from './archive/entry-archive.ts'
import type { EntryStore } from './entries/entry-store.ts'
import type { FaultBoard } from './faults.ts'
import { type Random, uuid } from './random.ts'

/** How much longer exports take while the fault `slow-export` is on. */
export const SLOW_EXPORT_MS = 60_000

export type ExportState =
  | { readonly status: 'RUNNING' }
  | { readonly status: 'FAILED'; readonly message: string }
  | { readonly status: 'SUCCEEDED'; readonly archive: ByteSource; readonly etag: string }

export type ExportTask = {
  readonly id: string
  readonly entryId: string
  readonly startedAt: number
  readonly state: ExportState
}

export type ExportOptions = {
  readonly entries: EntryStore
  readonly faults: FaultBoard
  readonly random: Random
  readonly clock: Clock
  /** How long one export takes, in ms. */
  readonly duration: () => number
  readonly changed: (task: ExportTask) => void
}

/** Export tasks: each takes its time, then holds an archive of the entry as it is at that moment. */
export class Exports {
  readonly #options: ExportOptions
  readonly #tasks = new Map<string, ExportTask>()
  readonly #closing = new AbortController()

  constructor(options: ExportOptions) {
    this.#options = options
  }

  list(): ExportTask[] {
    return [...this.#tasks.values()]
  }

  /** Throws 404 for an unknown task. */
  get(id: string): ExportTask {
    const task = this.#tasks.get(id)
    if (!task) throw notFound('Task', id)
    return task
  }

  /** Throws 404 for an unknown entry. */
  start(entryId: string): ExportTask {
    const { entries, random, clock } = this.#options
    entries.get(entryId)
    const task: ExportTask = {
      id: uuid(random),
      entryId,
      startedAt: clock.now(),
      state: { status: 'RUNNING' },
    }
    this.#keep(task)
    this.#run(task).catch(() => {})
    return task
  }

  close(): void {
    this.#closing.abort(new Error('the tenant is closing'))
  }

  async #run(task: ExportTask): Promise<void> {
    const { clock, duration, entries, faults, random } = this.#options
    const { signal } = this.#closing
    const wait = duration() + (faults.strikes('slow-export') ? SLOW_EXPORT_MS : 0)
    if (wait > 0) await clock.sleep(wait, signal)
    if (faults.strikes('failed-export'))
      return this.#keep({
        ...task,
        state: { status: 'FAILED', message: 'The item could not be exported. Try again later.' },
      })
    const archive = await entryArchive(
      entries.get(task.entryId),
      faults,
      new Date(clock.now()),
      signal,
    ).catch((thrown: Error) => thrown)
    if (signal.aborted) return
    if (archive instanceof Error)
      return this.#keep({ ...task, state: { status: 'FAILED', message: 'The item could not be exported.' } })
    this.#keep({
      ...task,
      state: { status: 'SUCCEEDED', archive, etag: uuid(random).replaceAll('-', '') },
    })
  }

  #keep(task: ExportTask): void {
    this.#tasks.set(task.id, task)
    this.#options.changed(task)
  }
}
