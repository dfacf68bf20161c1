import type { Clock } from '../base/clock.ts'
import { asFault } from '../base/fault.ts'
import type { Json } from '../base/json.ts'
import { faultFields, type Logger } from '../base/log.ts'
import { asleep } from './asleep.ts'

/** A run writes its progress into the record at most this often. */
export const PROGRESS_EVERY_MS = 1000

type Change = (state: Json) => Json

/**
 * Folds progress into the record: at once when the last write is long enough ago, else together with what follows,
 * when the time has come. Progress is for people: a store that does not answer costs no run. `write` throws
 * `jobs.fenced` when the run is no longer ours; that is thrown on.
 */
export class ProgressWriter {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #write: (change: Change) => Promise<void>
  readonly #closing = new AbortController()
  #pending: Change | null = null
  #timer: Promise<void> | null = null
  #writing: Promise<void> = Promise.resolve()
  #writtenAt = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, log: Logger, write: (change: Change) => Promise<void>) {
    this.#clock = clock
    this.#log = log
    this.#write = write
  }

  async report(change: Change, now: boolean): Promise<void> {
    const before = this.#pending
    this.#pending = before ? (state) => change(before(state)) : change
    const since = Math.max(0, this.#clock.now() - this.#writtenAt) // negative after the clock was set back
    const wait = now ? 0 : PROGRESS_EVERY_MS - since
    if (wait <= 0) return this.#flush()
    this.#timer ??= asleep(this.#clock, wait, this.#closing.signal).then(async (due) => {
      this.#timer = null
      if (due) await this.#flush().catch(() => {})
    })
  }

  /** Forgets what is pending (the end of the run says more) and waits for a write under way. */
  async close(): Promise<void> {
    this.#pending = null
    this.#closing.abort()
    await this.#timer
    await this.#writing.catch(() => {})
  }

  #flush(): Promise<void> {
    this.#writing = this.#writing.catch(() => {}).then(() => this.#writePending())
    return this.#writing
  }

  async #writePending(): Promise<void> {
    const change = this.#pending
    if (!change) return
    this.#pending = null
    this.#writtenAt = this.#clock.now()
    try {
      await this.#write(change)
    } catch (thrown) {
      const fault = asFault(thrown)
      if (fault.code === 'jobs.fenced') throw thrown
      this.#log.warn(faultFields(fault), 'progress was not written')
    }
  }
}
