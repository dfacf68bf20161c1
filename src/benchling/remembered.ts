import type { Clock } from '../base/clock.ts'
import { LeastRecent } from '../base/least-recent.ts'

type Held<T> = { readonly value: T; readonly until: number }

/** Values for a while and up to a number: when full, the one that was longest not asked for goes. */
export class Remembered<T> {
  readonly #clock: Clock
  readonly #held: LeastRecent<string, Held<T>>

  constructor(clock: Clock, max: number) {
    this.#clock = clock
    this.#held = new LeastRecent(max)
  }

  get(key: string): { readonly value: T } | undefined {
    const known = this.#held.get(key)
    if (!known || this.#clock.now() < known.until) return known
    this.#held.delete(key)
    return undefined
  }

  set(key: string, value: T, ttlMs: number): void {
    this.#held.set(key, { value, until: this.#clock.now() + ttlMs })
  }
}
