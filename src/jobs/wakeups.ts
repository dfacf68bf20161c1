import type { Clock } from '../base/clock.ts'
import { asleep } from './asleep.ts'
import type { Key } from './ports.ts'

/** Keys to be looked at later, with one timer for the nearest. A key waits for the earliest time it was given. */
export class Wakeups {
  readonly #clock: Clock
  readonly #wake: (key: Key) => void
  readonly #times = new Map<Key, number>()
  #sleep: AbortController | null = null
  #until = Number.POSITIVE_INFINITY

  constructor(clock: Clock, wake: (key: Key) => void) {
    this.#clock = clock
    this.#wake = wake
  }

  at(key: Key, time: number): void {
    const before = this.#times.get(key)
    if (before !== undefined && before <= time) return
    this.#times.set(key, time)
    if (time < this.#until) this.#sleepUntil(time)
  }

  clear(): void {
    this.#times.clear()
    this.#until = Number.POSITIVE_INFINITY
    this.#sleep?.abort()
    this.#sleep = null
  }

  #sleepUntil(time: number): void {
    this.#sleep?.abort()
    const sleep = new AbortController()
    this.#sleep = sleep
    this.#until = time
    void asleep(this.#clock, Math.max(0, time - this.#clock.now()), sleep.signal).then((due) => {
      if (due && this.#sleep === sleep) this.#ring()
    })
  }

  #ring(): void {
    const now = this.#clock.now()
    this.#until = Number.POSITIVE_INFINITY
    this.#sleep = null
    for (const [key, time] of [...this.#times]) {
      if (time > now) continue
      this.#times.delete(key)
      this.#wake(key)
    }
    let next = Number.POSITIVE_INFINITY
    for (const time of this.#times.values()) next = Math.min(next, time)
    if (next < this.#until) this.#sleepUntil(next)
  }
}
