import { chunkSize } from '../quilt/chunked-hash.ts'

/** The usual size of a part; larger ones occur above 80,000 MiB only and are not kept. */
const USUAL_PART_BYTES = chunkSize(0)
/** Idle buffers kept for the next upload: 24 MiB that would otherwise be allocated and collected again and again. */
const MAX_IDLE = 3

/** Buffers for parts, used again. A buffer comes back only when nobody can still be sending it. */
export class PartBuffers {
  readonly #idle: Buffer[] = []

  take(size: number): Buffer {
    return (size === USUAL_PART_BYTES ? this.#idle.pop() : undefined) ?? Buffer.allocUnsafeSlow(size)
  }

  give(buffer: Buffer): void {
    if (buffer.length === USUAL_PART_BYTES && this.#idle.length < MAX_IDLE) this.#idle.push(buffer)
  }
}
