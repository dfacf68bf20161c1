import type { Hold } from '../jobs/ports.ts'
import type { SqsApi } from './sqs-api.ts'
import { isNoLongerOurs } from './sqs-faults.ts'

/** SQS hides a message for 12 hours in all, counted from when it was received. */
const HIDDEN_MAX_SECONDS = 43_200

/**
 * A received message, hidden from others until its time-out. Calls go out one after another, so that a late `extend`
 * cannot hide again what was given back; after `done` or `release` nothing follows. A message that is somebody else's by
 * now, or was kept for 12 hours, is left alone without a word. Throws `queue.unavailable`, `queue.refused`.
 */
export class HeldMessage implements Hold {
  readonly #api: SqsApi
  readonly #receipt: string
  readonly #leastMs: number
  #settled = false
  #last: Promise<void> = Promise.resolve()

  /** `leastMs`: no `extend` hides it for less. */
  constructor(api: SqsApi, receipt: string, leastMs = 0) {
    this.#api = api
    this.#receipt = receipt
    this.#leastMs = leastMs
  }

  async extend(ms: number): Promise<void> {
    if (!this.#settled) await this.#next(() => this.#hide(Math.max(this.#leastMs, ms)))
  }

  async done(): Promise<void> {
    await this.#settle(() => this.#api.remove(this.#receipt))
  }

  /** Others may have it after `ms`; default: at once. */
  async release(ms = 0): Promise<void> {
    await this.#settle(() => this.#hide(ms))
  }

  async #settle(work: () => Promise<void>): Promise<void> {
    if (this.#settled) return
    this.#settled = true
    await this.#next(work)
  }

  #hide(ms: number): Promise<void> {
    return this.#api.hide(this.#receipt, Math.min(HIDDEN_MAX_SECONDS, Math.ceil(ms / 1_000)))
  }

  #next(work: () => Promise<void>): Promise<void> {
    const next = this.#last.then(work).catch((thrown) => {
      if (!isNoLongerOurs(thrown)) throw thrown
    })
    this.#last = next.catch(() => {})
    return next
  }
}
