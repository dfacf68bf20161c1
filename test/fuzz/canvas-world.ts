import { pino } from 'pino'
import { Fault } from '../../src/base/fault.ts'
import { readButton } from '../../src/canvas/buttons.ts'
import { canvasJob } from '../../src/canvas/canvas-job.ts'
import type { CanvasState } from '../../src/canvas/canvas-state.ts'
import { placeJob } from '../../src/canvas/place-job.ts'
import type { Delivery, JobKind, Subject } from '../../src/jobs/ports.ts'
import { createWorker, type Worker } from '../../src/jobs/worker.ts'
import { localBell } from '../../src/local/bell.ts'
import { openSqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { failedEntry, startedEntry } from '../../src/packaging/entry-record.ts'
import type { EntryState } from '../../src/packaging/entry-state.ts'
import { createFindPackage } from '../../src/packaging/find-package.ts'
import { packageName } from '../../src/quilt/names.ts'
import type { LogicalKey, TopHash } from '../../src/quilt/types.ts'
import { packageLinks } from '../../src/service/package-links.ts'
import { plan } from '../../src/webhook/routing.ts'
import { bare } from '../packaging/entries.ts'
import { MemoryRegistry } from '../packaging/memory-registry.ts'
import { Canvases } from '../support/canvases.ts'
import { FakeClock } from '../support/clock.ts'

export const CANVAS_ID = 'cnvs_1'
export const ENTRY_ID = 'etr_Bare1'
const NAME = packageName('benchling/EXP1')

/** One canvas in one entry, with a registry, faults to come, and processes that can be killed. */
export class CanvasWorld {
  readonly clock = new FakeClock()
  readonly jobs = openSqliteJobs(':memory:', { clock: this.clock })
  readonly canvases = new Canvases()
  readonly registry = new MemoryRegistry()
  readonly #bell = localBell()
  /** Thrown by the next reads of the registry, in order. */
  readonly registryFaults: Fault[] = []
  /** What the next runs of the entry come to, in order; then a revision each time. */
  readonly entryFaults: Fault[] = []
  #deliveries = 0
  #revisions = 0
  #process: { worker: Worker; dead: boolean } = this.#start()

  constructor() {
    this.canvases.insert(CANVAS_ID, ENTRY_ID)
  }

  /** A process dies without a word, and another one starts. */
  crash(): void {
    this.#process.dead = true
    void this.#process.worker.drain(0)
    this.#process = this.#start()
  }

  async close(): Promise<void> {
    await this.#process.worker.drain(0)
    await this.jobs.close()
  }

  /** Somebody inserts the canvas: it is locked until the app has drawn it. */
  insert(): Promise<void> {
    this.canvases.click(CANVAS_ID)
    return this.#deliver({ kind: 'canvas', canvasId: CANVAS_ID, featureId: 'f', entryId: ENTRY_ID })
  }

  /** A press: Benchling locks the canvas, whatever the button. `ago`: how long the delivery took, ms. */
  press(buttonId: string, { ago = 0, twice = false } = {}): Promise<void> {
    this.canvases.click(CANVAS_ID)
    const button = readButton(buttonId)
    return this.#deliver({ kind: 'click', canvasId: CANVAS_ID, featureId: 'f', button }, { ago, twice })
  }

  save(): Promise<void> {
    return this.#deliver({ kind: 'entry', entryId: ENTRY_ID })
  }

  /** Somebody pushes a revision with quilt3; nobody tells the service. */
  push(): void {
    this.registry.published.push(this.#revision())
  }

  async canvas(): Promise<CanvasState> {
    return (await this.jobs.subjects.get(`canvas:${CANVAS_ID}`))?.state as CanvasState
  }

  async entry(): Promise<Subject<EntryState> | null> {
    return (await this.jobs.subjects.get(`entry:${ENTRY_ID}`)) as Subject<EntryState> | null
  }

  /** Lets time pass until nothing is asked for any more. */
  async rest(): Promise<void> {
    for (let steps = 0; steps < 400; steps++) {
      await this.clock.advance(1_000)
      const open = await Promise.all(
        [`canvas:${CANVAS_ID}`, `entry:${ENTRY_ID}`].map((key) => this.jobs.subjects.get(key as 'entry:x')),
      )
      if (steps > 2 && open.every((one) => one === null || one.wanted <= one.done)) return
    }
    throw new Error('it never came to rest')
  }

  async #deliver(
    request: Parameters<typeof plan>[0],
    { ago = 0, twice = false }: { ago?: number; twice?: boolean } = {},
  ): Promise<void> {
    const id = `msg_${++this.#deliveries}`
    const type = TYPES[request.kind as keyof typeof TYPES]
    const cause = { delivery: id, type, at: this.clock.now() - ago, by: 'ent_1' }
    const record = await this.jobs.subjects.get(`canvas:${CANVAS_ID}`)
    const { outcome, touches } = plan(request, { appId: 'app_1', cause, record })
    const delivery: Delivery = { id, receivedAt: this.clock.now(), type, outcome, facts: {} }
    for (let time = 0; time < (twice ? 2 : 1); time++) await this.jobs.subjects.record(delivery, touches)
    for (const { key } of touches) await this.#bell.ring(key, id)
    await this.clock.settle()
  }

  #revision() {
    const n = ++this.#revisions
    const topHash = n.toString(16).padStart(8, '0').repeat(8) as TopHash
    const files = Array.from({ length: 20 }, (_, at) => ({
      logicalKey: `${at % 3 === 0 ? 'plates/' : ''}well-${at}.csv` as LogicalKey,
      physicalKey: `memory:${at}`,
      size: at,
      hash: { type: 'SHA256' as const, value: 'a'.repeat(64) },
      meta: {},
    }))
    const user_meta = { entry_id: ENTRY_ID, display_id: 'EXP1', nested: { text: 'long '.repeat(200), n } }
    const header = { version: 'v0', message: `revision ${n}`, user_meta }
    return {
      name: NAME,
      topHash,
      header,
      entries: files,
    } as never as (typeof this.registry.published)[number]
  }

  #start(): { worker: Worker; dead: boolean } {
    const process = { dead: false } as { worker: Worker; dead: boolean }
    const living = <T extends object>(target: T): T => mortal(target, () => process.dead)
    const subjects = living(this.jobs.subjects)
    const benchling = living(this.canvases.benchling)
    const registry = living(failing(this.registry.port(), this.registryFaults))
    const ports = {
      benchling,
      subjects,
      clock: this.clock,
      links: packageLinks('catalog.test', 'memory'),
      footer: 'test Rev 1',
      reader: async () => registry,
      bucket: 'memory',
      findPackage: createFindPackage({
        benchling: { entry: async () => bare({ id: ENTRY_ID, displayId: 'EXP1' }) },
        registry,
        clock: this.clock,
        prefix: 'benchling',
      }),
    }
    process.worker = createWorker({
      subjects,
      journal: living(this.jobs.journal),
      bell: this.#bell,
      kinds: { entry: this.#entryKind(), canvas: canvasJob(ports), place: placeJob(ports) },
      clock: this.clock,
      log: pino({ level: 'silent' }),
      owner: 'test',
      concurrency: 2,
      version: '1',
      random: () => 0.5,
    })
    process.worker.start()
    return process
  }

  #entryKind(): JobKind<EntryState> {
    return {
      deadlineMs: 60_000,
      started: startedEntry,
      failed: failedEntry,
      run: async (job) => {
        await job.progress((state) => ({ ...state, displayId: 'EXP1', packageName: NAME }), { now: true })
        await this.clock.sleep(1_500, job.signal)
        const fault = this.entryFaults.shift()
        if (fault) throw fault
        const revision = this.#revision()
        this.registry.published.push(revision)
        const { topHash } = revision
        const summary = {
          topHash,
          files: 20,
          bytes: 190,
          publishedAt: this.clock.now(),
          unchangedAt: null,
        }
        return {
          change: (state) => ({
            ...state,
            progress: null,
            failure: null,
            adopted: NAME,
            displayId: 'EXP1',
            packageName: NAME,
            revision: summary,
          }),
          summary: {},
        }
      },
    }
  }
}

const TYPES = {
  canvas: 'v2.canvas.created',
  click: 'v2.canvas.userInteracted',
  entry: 'v2.entry.updated.fields',
} as const

/** What a process that is dead asks for never comes to pass. */
const mortal = <T extends object>(target: T, isDead: () => boolean): T =>
  new Proxy(target, {
    get: (of, name) => {
      const value = Reflect.get(of, name) as unknown
      if (typeof value !== 'function') return value
      return (...given: unknown[]) =>
        isDead() ? Promise.reject(new Fault('jobs.store_unavailable')) : value.apply(of, given)
    },
  })

const failing = <T extends object>(target: T, faults: Fault[]): T =>
  new Proxy(target, {
    get: (of, name) => {
      const value = Reflect.get(of, name) as unknown
      if (typeof value !== 'function') return value
      return async (...given: unknown[]) => {
        const fault = faults.shift()
        if (fault) throw fault
        return value.apply(of, given)
      }
    },
  })
