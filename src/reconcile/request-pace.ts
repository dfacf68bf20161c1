import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import { RATE_LIMIT_REQUESTS, RATE_LIMIT_WINDOW_MS } from '../benchling/limits.ts'
import type { RateStatus } from '../benchling/rate-gate.ts'

/** While others have used up more than this share of the app's requests, nothing is asked until the next window. */
const LEFT_TO_OTHERS = 0.5
/** After a 429 the reconciler asks half as often, down to this. */
const MAX_SLOWER = 16

/**
 * When the reconciler may ask: at most so many times a window as its share allows, evenly, and not at all in a window
 * that others need. One request a window always passes. Each 429 of this process, whoever got it, halves the pace; each
 * request without one doubles it again.
 */
export class RequestPace {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #share: number
  readonly #rate: () => RateStatus
  #nextAt = Number.NEGATIVE_INFINITY
  #throttled = 0
  #slower = 1

  constructor(o: { clock: Clock; log: Logger; share: number; rate: () => RateStatus }) {
    this.#clock = o.clock
    this.#log = o.log
    this.#share = o.share
    this.#rate = o.rate
  }

  /** Waits until the next request may be sent. Throws the signal's reason. */
  async turn(signal: AbortSignal): Promise<void> {
    this.#adapt()
    await this.#sleepUntil(this.#nextAt, signal)
    const { limit, remaining, resetAt } = this.#rate()
    if (limit !== null && remaining !== null && resetAt !== null && remaining <= limit * LEFT_TO_OTHERS)
      await this.#sleepUntil(resetAt, signal)
    const every = RATE_LIMIT_WINDOW_MS / ((limit ?? RATE_LIMIT_REQUESTS) * this.#share)
    this.#nextAt = this.#clock.now() + every * this.#slower
  }

  #adapt(): void {
    const { throttled } = this.#rate()
    const more = throttled > this.#throttled
    this.#throttled = throttled
    if (!more) this.#slower = Math.max(1, this.#slower / 2)
    else {
      this.#slower = Math.min(MAX_SLOWER, this.#slower * 2)
      this.#log.warn({ throttled, slower: this.#slower }, 'the reconciler slows down: Benchling answered 429')
    }
  }

  async #sleepUntil(time: number, signal: AbortSignal): Promise<void> {
    const wait = time - this.#clock.now()
    // Longer waits come from a clock that was set back.
    if (wait > 0) await this.#clock.sleep(Math.min(wait, MAX_SLOWER * RATE_LIMIT_WINDOW_MS), signal)
    else signal.throwIfAborted()
  }
}
