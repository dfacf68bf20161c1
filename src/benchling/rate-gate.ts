import { abortable } from '../base/abortable.ts'
import type { Clock } from '../base/clock.ts'
import { type Metrics, NO_METRICS } from '../base/metrics.ts'
import { type RateHeaders, type RateWindow, waitBefore, windowAfter } from './rate-rule.ts'

export type RateStatus = {
  readonly limit: number | null
  readonly remaining: number | null
  /** End of the current window, ms since the epoch. */
  readonly resetAt: number | null
  readonly inFlight: number
  /** Requests sent since the start. */
  readonly requests: number
  /** Answers with status 429. */
  readonly throttled: number
  /** Time requests waited for their turn, ms. */
  readonly waitedMs: number
}

/** Lets requests pass one after another, in the order they came, as the rule of `rate-rule.ts` says. */
export class RateGate {
  readonly #clock: Clock
  readonly #metrics: Metrics
  #window: RateWindow | null = null
  #inFlight = 0
  #lastAt = Number.NEGATIVE_INFINITY
  #requests = 0
  #throttled = 0
  #waitedMs = 0
  #tail: Promise<void> = Promise.resolve()
  #answered = Promise.withResolvers<void>()

  constructor(clock: Clock, metrics: Metrics = NO_METRICS) {
    this.#clock = clock
    this.#metrics = metrics
  }

  get status(): RateStatus {
    return {
      limit: this.#window?.limit ?? null,
      remaining: this.#window?.remaining ?? null,
      resetAt: this.#window?.resetAt ?? null,
      inFlight: this.#inFlight,
      requests: this.#requests,
      throttled: this.#throttled,
      waitedMs: this.#waitedMs,
    }
  }

  /** Waits for this request's turn. Whoever passed must call `answered` or `lost` exactly once. */
  async pass(signal: AbortSignal): Promise<void> {
    const before = this.#tail
    const turn = Promise.withResolvers<void>()
    this.#tail = turn.promise
    const asked = this.#clock.now()
    try {
      await abortable(before, signal)
      await this.#myTurn(signal)
    } catch (thrown) {
      void before.then(turn.resolve)
      throw thrown
    }
    const now = this.#clock.now()
    this.#inFlight++
    this.#requests++
    this.#waitedMs += now - asked
    if (now > asked) this.#metrics.observe('benchling_rate_wait_seconds', (now - asked) / 1000, 'Seconds')
    this.#lastAt = now
    turn.resolve()
  }

  /** An answer came. */
  answered(headers: RateHeaders, throttled: boolean): void {
    if (throttled) this.#throttled++
    this.#window = windowAfter(this.#window, headers, this.#clock.now())
    this.#leave()
  }

  /** No answer came: the request may still have been counted by the other side. */
  lost(): void {
    if (this.#window) this.#window = { ...this.#window, remaining: Math.max(0, this.#window.remaining - 1) }
    this.#leave()
  }

  async #myTurn(signal: AbortSignal): Promise<void> {
    for (;;) {
      const wait = waitBefore(this.#window, this.#inFlight, this.#lastAt, this.#clock.now())
      if (wait === 0) return
      if (wait === 'answer') await abortable(this.#answered.promise, signal)
      else await this.#clock.sleep(wait, signal)
    }
  }

  #leave(): void {
    this.#inFlight--
    this.#answered.resolve()
    this.#answered = Promise.withResolvers<void>()
  }
}
