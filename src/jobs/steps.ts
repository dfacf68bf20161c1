import type { Clock } from '../base/clock.ts'
import { asFault, Fault } from '../base/fault.ts'
import type { Json } from '../base/json.ts'
import { asleep } from './asleep.ts'
import type { PastFailure } from './failure-policy.ts'
import { MarkBuffer, readMarks } from './marks.ts'
import type { Journal, Key, Run, StepRecord, Steps } from './ports.ts'

/** Marks wait for a full batch, at most this long. A crash loses, and the next run repeats, no more than that. */
export const FLUSH_AFTER_MS = 250

const FAILED = 'failed'

export type StepHooks = {
  readonly onStep: (name: string, ms: number) => void
  /** The journal refused a write because another worker took the run over. */
  readonly onFenced: () => void
}

type Purpose = 'once' | 'timed' | 'mark'

/**
 * The steps of one run over the journal. Steps made after `renew` carry the number of the renewal in their name
 * (`export@1`), so those of the old export no longer count. A name serves one purpose and never changes its meaning
 * between versions of this software: a run may be resumed by a newer one.
 */
export class RunSteps implements Steps {
  readonly #journal: Journal
  readonly #key: Key
  readonly #run: Run
  readonly #clock: Clock
  readonly #hooks: StepHooks
  readonly #recorded: readonly StepRecord[]
  readonly #purposes = new Map<string, Purpose>()
  readonly #underWay = new Map<string, Promise<Json>>()
  readonly #closing = new AbortController()
  readonly #writing = new Set<Promise<void>>()
  #marks = new MarkBuffer()
  #records: StepRecord[] = []
  #timer: Promise<void> | null = null
  #progressed = false

  private constructor(
    o: { journal: Journal; key: Key; run: Run; clock: Clock; hooks: StepHooks },
    recorded: readonly StepRecord[],
  ) {
    this.#journal = o.journal
    this.#key = o.key
    this.#run = o.run
    this.#clock = o.clock
    this.#hooks = o.hooks
    this.#recorded = recorded
  }

  /** Reads what the run recorded before. Throws `jobs.store_unavailable`. */
  static async open(o: {
    journal: Journal
    key: Key
    run: Run
    clock: Clock
    hooks: StepHooks
  }): Promise<RunSteps> {
    return new RunSteps(o, await o.journal.steps(o.run.id))
  }

  /** True when this attempt recorded a result or a mark: it came further than the one before. */
  get progressed(): boolean {
    return this.#progressed
  }

  /** Failed attempts of this run, oldest first. */
  get failures(): PastFailure[] {
    return this.#recorded.flatMap((step) => {
      if (step.name !== FAILED) return []
      return [step.result as PastFailure]
    })
  }

  /** Keeps a failed attempt as part of the run's history. */
  async failed(fault: Fault, attempt: { at: number; ms: number }): Promise<void> {
    await this.#append([{ name: FAILED, ...attempt, result: { code: fault.code, class: fault.entry.class } }])
  }

  async once<T extends Json>(name: string, work: () => Promise<T>): Promise<T> {
    this.#use(name, 'once')
    const versioned = this.#versioned(name)
    const before = this.#recorded.find((step) => step.name === versioned)
    if (before) return before.result as T
    const running = this.#underWay.get(name)
    if (running) return running as Promise<T>
    const begun = this.#record(name, versioned, work)
    this.#underWay.set(name, begun)
    try {
      return await begun
    } catch (thrown) {
      this.#underWay.delete(name)
      throw thrown
    }
  }

  async timed<T>(name: string, work: () => Promise<T>, result: (value: T) => Json = () => null): Promise<T> {
    this.#use(name, 'timed')
    const at = this.#clock.now()
    const value = await work()
    const ms = this.#clock.now() - at
    this.#records.push({ name: this.#versioned(name), at, ms, result: result(value) })
    this.#flushSoon()
    this.#hooks.onStep(name, ms)
    return value
  }

  marks(name: string): ReadonlyMap<string, Json> {
    this.#use(name, 'mark')
    return readMarks(this.#recorded, this.#versioned(name))
  }

  mark(name: string, id: string, value: Json): void {
    this.#use(name, 'mark')
    this.#marks.add(this.#versioned(name), id, value, this.#clock.now())
    if (this.#marks.full) void this.#writeInBackground()
    else this.#flushSoon()
  }

  async flush(): Promise<void> {
    await Promise.all(this.#writing)
    await this.#writePending()
  }

  /** Writes what is pending and ends the background work of this object. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#timer
    await this.flush()
  }

  async #record<T extends Json>(name: string, versioned: string, work: () => Promise<T>): Promise<T> {
    const at = this.#clock.now()
    const result = await work()
    const ms = this.#clock.now() - at
    await this.#append([{ name: versioned, at, ms, result }])
    this.#progressed = true
    this.#hooks.onStep(name, ms)
    return result
  }

  #versioned(name: string): string {
    return this.#run.renewals === 0 ? name : `${name}@${this.#run.renewals}`
  }

  #use(name: string, purpose: Purpose): void {
    const before = this.#purposes.get(name)
    if (name === FAILED || name.includes('@') || (before && before !== purpose)) {
      throw new Fault('internal', { step: name, purpose, before })
    }
    this.#purposes.set(name, purpose)
  }

  #flushSoon(): void {
    this.#timer ??= asleep(this.#clock, FLUSH_AFTER_MS, this.#closing.signal).then((due) => {
      this.#timer = null
      if (due) void this.#writeInBackground()
    })
  }

  #writeInBackground(): Promise<void> {
    const writing = this.#writePending()
      .catch(() => {})
      .finally(() => this.#writing.delete(writing))
    this.#writing.add(writing)
    return writing
  }

  /** What cannot be written stays pending, so that the flush at the end either writes it or fails loudly. */
  async #writePending(): Promise<void> {
    const marks = this.#marks
    const records = this.#records
    if (marks.empty && records.length === 0) return
    this.#marks = new MarkBuffer()
    this.#records = []
    try {
      await this.#append([...records, ...marks.records()])
      if (!marks.empty) this.#progressed = true
    } catch (thrown) {
      this.#records = [...records, ...this.#records]
      this.#marks = marks.merge(this.#marks)
      throw thrown
    }
  }

  async #append(records: readonly StepRecord[]): Promise<void> {
    try {
      await this.#journal.append(this.#key, this.#run, records)
    } catch (thrown) {
      if (asFault(thrown).code === 'jobs.fenced') this.#hooks.onFenced()
      throw thrown
    }
  }
}
