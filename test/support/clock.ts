import type { Clock } from '../../src/base/clock.ts'

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Time that stands still until a test moves it. `sleep` resolves when `advance` passes its end. */
export class FakeClock implements Clock {
  #now: number
  #sleepers: { at: number; wake: () => void }[] = []
  /** How what was woken comes to rest before time goes on; default: a turn of the event loop. */
  settle = settle

  constructor(now = Date.UTC(2026, 10, 23, 12)) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  /** How many are asleep: lets a test wait for the moment when everything rests. */
  get sleeping(): number {
    return this.#sleepers.length
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const abort = () => {
        this.#sleepers = this.#sleepers.filter((s) => s !== sleeper)
        reject(signal?.reason)
      }
      const sleeper = {
        at: this.#now + ms,
        wake: () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        },
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#sleepers.push(sleeper)
    })
  }

  /** Somebody corrects the clock: it shows an earlier time, and who sleeps does not notice. */
  setBack(ms: number): void {
    this.#now -= ms
    for (const sleeper of this.#sleepers) sleeper.at -= ms
  }

  /** Moves time forward and wakes who is due, in order, letting each settle before the next. */
  async advance(ms: number): Promise<void> {
    await this.settle()
    const end = this.#now + ms
    for (;;) {
      const next = this.#sleepers.filter((s) => s.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.#sleepers = this.#sleepers.filter((s) => s !== next)
      this.#now = Math.max(this.#now, next.at)
      next.wake()
      await this.settle()
    }
    this.#now = end
    await this.settle()
  }
}
