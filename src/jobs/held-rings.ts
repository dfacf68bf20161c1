import type { Background } from './background.ts'
import type { Hold, Key } from './ports.ts'

/**
 * Rings that a worker keeps from other listeners while it works on their subjects. Nobody waits for the bell meanwhile,
 * and one that fails costs no run: the records are the truth.
 */
export class HeldRings {
  readonly #background: Background
  readonly #holds = new Map<Key, Hold>()

  constructor(background: Background) {
    this.#background = background
  }

  keep(key: Key, hold: Hold): void {
    this.#holds.set(key, hold)
  }

  /** Keeps the ring that began work on this subject, if one did, for so many ms more. */
  extend(key: Key, ms: number): void {
    const hold = this.#holds.get(key)
    if (hold) this.#background.begin(() => hold.extend(ms), 'a ring was not kept', { key })
  }

  /** `open`: somebody else should look at the subject at once. */
  end(key: Key, open: boolean): void {
    const hold = this.#holds.get(key)
    this.#holds.delete(key)
    if (hold) this.settle(key, hold, open)
  }

  settle(key: Key, hold: Hold, open: boolean): void {
    if (open) this.#background.begin(() => hold.release(), 'a ring was not given back', { key })
    else this.#background.begin(() => hold.done(), 'a ring was not settled', { key })
  }
}
