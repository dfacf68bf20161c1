import type { Clock } from '../../../src/base/clock.ts'

/**
 * The clock of a process that can die: from then on nothing in it wakes up any more, so that it renews no lease, sweeps for
 * no work, and tries nothing again. Who ends its sleep by a signal, as a test does in the end, still does.
 */
export class MortalClock implements Clock {
  readonly #clock: Clock
  dead = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): number {
    return this.#clock.now()
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await this.#clock.sleep(ms, signal)
    if (!this.dead) return
    await new Promise<never>((_, reject) => {
      if (signal?.aborted) reject(signal.reason)
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  }
}
