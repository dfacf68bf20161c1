import type { Clock } from '../base/clock.ts'

/**
 * Watches that something happens in time. `watch` starts or moves the deadline, `rest` lifts it while it is our own
 * turn (a slow consumer is no slow server), `stop` ends it. One timer at a time, however often it is moved.
 */
export class Watchdog {
  readonly #clock: Clock
  readonly #bark: (phase: string) => void
  readonly #stopped = new AbortController()
  #deadline: { at: number; phase: string } | undefined
  /** The sleep under way and when it ends. */
  #asleep: { until: number; wake: AbortController } | undefined
  #running = false

  constructor(clock: Clock, bark: (phase: string) => void) {
    this.#clock = clock
    this.#bark = bark
  }

  watch(phase: string, ms: number): void {
    this.#deadline = { at: this.#clock.now() + ms, phase }
    if (!this.#running) void this.#run()
    else if (this.#asleep && this.#asleep.until > this.#deadline.at) this.#asleep.wake.abort()
  }

  rest(): void {
    this.#deadline = undefined
  }

  stop(): void {
    this.#deadline = undefined
    this.#stopped.abort()
  }

  async #run(): Promise<void> {
    this.#running = true
    try {
      while (this.#deadline && !this.#stopped.signal.aborted) {
        const left = this.#deadline.at - this.#clock.now()
        if (left <= 0) {
          const { phase } = this.#deadline
          this.#deadline = undefined
          this.#bark(phase)
          return
        }
        const wake = new AbortController()
        this.#asleep = { until: this.#clock.now() + left, wake }
        await this.#clock.sleep(left, AbortSignal.any([wake.signal, this.#stopped.signal])).catch(() => {})
        this.#asleep = undefined
      }
    } finally {
      this.#running = false
    }
  }
}
