import type { Clock } from './clock.ts'

export type FreshOptions = {
  /** After this many ms a value is refreshed in the background while the stale one is still served. */
  readonly refreshAfterMs: number
  /** After this many ms a value is no longer served. */
  readonly expireAfterMs: number
  /** Forced refreshes (see `renew`) happen at most this often. */
  readonly forceEveryMs?: number
}

/**
 * A value that is fetched once for all who ask (single flight), served stale while it is refreshed, and refused when
 * too old. `fetch` errors reach the caller only when there is nothing to serve.
 */
export class Fresh<T> {
  readonly #fetch: () => Promise<T>
  readonly #clock: Clock
  readonly #options: FreshOptions
  #value: { at: number; value: T } | undefined
  #flight: Promise<T> | undefined
  #forcedAt = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, options: FreshOptions, fetch: () => Promise<T>) {
    this.#clock = clock
    this.#options = options
    this.#fetch = fetch
  }

  /** Age of what would be served, in ms; undefined when there is nothing. */
  get ageMs(): number | undefined {
    return this.#value && this.#clock.now() - this.#value.at
  }

  async get(): Promise<T> {
    const held = this.#value
    if (held) {
      const age = this.#clock.now() - held.at
      if (age < this.#options.expireAfterMs) {
        if (age >= this.#options.refreshAfterMs) this.#refresh().catch(() => {})
        return held.value
      }
    }
    return this.#refresh()
  }

  /**
   * Fetches now, unless one was forced less than `forceEveryMs` ago: then `undefined`. Joins a fetch under way.
   * `forced` is called when it begins one.
   */
  async renew(forced?: () => void): Promise<T | undefined> {
    if (this.#flight) return this.#flight
    const now = this.#clock.now()
    if (now - this.#forcedAt < (this.#options.forceEveryMs ?? 0)) return undefined
    this.#forcedAt = now
    forced?.()
    return this.#refresh()
  }

  /** Forgets the value, for example after the other side said it is no longer valid. */
  drop(): void {
    this.#value = undefined
  }

  #refresh(): Promise<T> {
    this.#flight ??= this.#fetch()
      .then((value) => {
        this.#value = { at: this.#clock.now(), value }
        return value
      })
      .finally(() => {
        this.#flight = undefined
      })
    return this.#flight
  }
}
