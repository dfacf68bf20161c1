/** What an app may ask: 300 requests in 30 s (benchling-platform.md §4.1). */
export const APP_RATE = { limit: 300, windowMs: 30_000 } as const

export type Rate = { readonly limit: number; readonly windowMs: number }

/** One fixed window for the app, over all its processes. */
export class RateWindow {
  readonly #rate: Rate
  readonly #now: () => number
  #startedAt: number
  #used = 0

  constructor(rate: Rate, now: () => number) {
    this.#rate = rate
    this.#now = now
    this.#startedAt = now()
  }

  /** Counts one request. `resetSeconds` is what is left of the period, not a time of day. */
  take(): { allowed: boolean; headers: Record<string, string> } {
    const now = this.#now()
    if (now - this.#startedAt >= this.#rate.windowMs) {
      this.#startedAt = now
      this.#used = 0
    }
    const allowed = this.#used < this.#rate.limit
    if (allowed) this.#used++
    return { allowed, headers: this.#headers(now, this.#rate.limit - this.#used) }
  }

  /** The headers of a refusal that did not count (the fault `rate-limited`). */
  exhausted(): Record<string, string> {
    return this.#headers(this.#now(), 0)
  }

  #headers(now: number, remaining: number): Record<string, string> {
    const left = Math.max(0, this.#startedAt + this.#rate.windowMs - now)
    return {
      'x-rate-limit-limit': String(this.#rate.limit),
      'x-rate-limit-remaining': String(remaining),
      'x-rate-limit-reset': String(Math.ceil(left / 1000)),
    }
  }
}
