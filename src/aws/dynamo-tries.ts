import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/fault.ts'
import { backoffMs } from '../base/retry.ts'

/** How long one operation is tried, waits included. The answer to Benchling, which waits 3 s, waits for it. */
export const RECORDS_WITHIN_MS = 2_000
const PAUSE_BASE_MS = 10
const PAUSE_CAP_MS = 250

/** The patience of one operation over all its requests: with waits that grow, at random so that others are missed. */
export class Tries {
  readonly #clock: Clock
  readonly #until: number
  #pauses = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#until = clock.now() + RECORDS_WITHIN_MS
  }

  /** Throws `jobs.store_unavailable` when the time is over before anything was tried. */
  begin(): void {
    if (this.#clock.now() >= this.#until) throw new Fault('jobs.store_unavailable', { why: 'queue' })
  }

  /** Waits before the next try, or throws the fault of the last one when there is no time for another. */
  async pause(fault: Fault): Promise<void> {
    const wait = backoffMs(++this.#pauses, PAUSE_BASE_MS, PAUSE_CAP_MS)
    if (this.#clock.now() + wait >= this.#until) throw fault
    await this.#clock.sleep(wait)
  }
}
