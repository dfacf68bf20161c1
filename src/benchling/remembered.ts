import type { Clock } from '../base/clock.ts'

/** Values for a while and up to a number: when full, the one that was longest not asked for goes. */
export class Remembered<T> {
  readonly #clock: Clock
  readonly #max: number
  readonly #held = new Map<string, { readonly value: T; readonly until: number }>()

  constructor(clock: Clock, max: number) {
    this.#clock = clock
    this.#max = max
  }

  get(key: string): { readonly value: T } | undefined {
    const known = this.#held.get(key)
    this.#held.delete(key)
    if (!known || this.#clock.now() >= known.until) return undefined
    this.#held.set(key, known)
    return known
  }

  set(key: string, value: T, ttlMs: number): void {
    this.#held.delete(key)
    this.#held.set(key, { value, until: this.#clock.now() + ttlMs })
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= this.#max) return
      this.#held.delete(oldest)
    }
  }
}
