import type { Clock } from '../base/clock.ts'
import { DOWNLOAD_MIN_BYTES_PER_SECOND, DOWNLOAD_RATE_WINDOW_MS } from './limits.ts'

/**
 * Notices a server that drips: each piece comes before the stall time-out, and the whole would take for ever. Only the
 * time we wait for the server counts, in windows of `DOWNLOAD_RATE_WINDOW_MS`, so a slow consumer of ours is no slow server.
 */
export class Pace {
  readonly #clock: Clock
  #waitedMs = 0
  #bytes = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Waits for the next piece and counts it. */
  async next(chunks: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    if (this.#waitedMs >= DOWNLOAD_RATE_WINDOW_MS) this.#waitedMs = this.#bytes = 0
    const asked = this.#clock.now()
    const next = await chunks.next()
    this.#waitedMs += Math.max(0, this.#clock.now() - asked)
    if (!next.done) this.#bytes += next.value.byteLength
    return next
  }

  /** True when a window is over in which the server sent less than `DOWNLOAD_MIN_BYTES_PER_SECOND` on average. */
  get tooSlow(): boolean {
    return (
      this.#waitedMs >= DOWNLOAD_RATE_WINDOW_MS &&
      this.#bytes < (this.#waitedMs / 1000) * DOWNLOAD_MIN_BYTES_PER_SECOND
    )
  }
}
