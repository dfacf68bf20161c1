import { Fault } from '../base/fault.ts'
import type { ByteSource } from './byte-source.ts'

const SEGMENT_BYTES = 1024 * 1024

/** A whole file in memory, in segments, so that it grows without ever being copied. For servers without ranges. */
export class HeldFile implements ByteSource, Disposable {
  #segments: Buffer[] = []
  readonly #limit: number
  readonly #memory: Disposable
  #size = 0
  requests = 1

  /** `memory`: what was taken from a budget for it; given back when it is disposed. */
  constructor(limit: number, memory: Disposable) {
    this.#limit = limit
    this.#memory = memory
  }

  get size(): number {
    return this.#size
  }

  [Symbol.dispose](): void {
    this.#segments = []
    this.#memory[Symbol.dispose]()
  }

  /** Throws `export.too_large_without_ranges` when the file would pass the limit. */
  add(chunk: Uint8Array): void {
    if (this.#size + chunk.byteLength > this.#limit) throw tooLarge(this.#limit, null)
    for (let from = 0; from < chunk.byteLength; ) {
      const offset = this.#size % SEGMENT_BYTES
      if (offset === 0) this.#segments.push(Buffer.allocUnsafeSlow(SEGMENT_BYTES))
      const piece = chunk.subarray(from, from + SEGMENT_BYTES - offset)
      this.#segments.at(-1)!.set(piece, offset)
      from += piece.byteLength
      this.#size += piece.byteLength
    }
  }

  async bytes(start: number, end: number): Promise<Buffer> {
    const pieces = [...this.#pieces(start, end)]
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
  }

  async *stream(
    start: number,
    end: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for (const piece of this.#pieces(start, end)) {
      signal.throwIfAborted()
      yield piece
    }
  }

  *#pieces(start: number, end: number): Generator<Buffer> {
    for (let at = start; at < end; ) {
      const offset = at % SEGMENT_BYTES
      const piece = this.#segments[Math.floor(at / SEGMENT_BYTES)]!.subarray(offset, offset + end - at)
      yield piece
      at += piece.byteLength
    }
  }
}

export const tooLarge = (limit: number, size: number | null): Fault =>
  new Fault('export.too_large_without_ranges', { limit, size })
