import { usedUp } from '../base/single-use.ts'

/** Reads a stream of bytes forward in exact amounts. The stream must hold as many as are asked for. */
export class Cursor {
  readonly #chunks: AsyncIterator<Uint8Array>
  #held: Uint8Array = new Uint8Array(0)
  #position: number

  /** `position`: where in the file the stream begins. */
  constructor(chunks: AsyncIterable<Uint8Array>, position: number) {
    this.#chunks = chunks[Symbol.asyncIterator]()
    this.#position = position
  }

  /** Offset in the file of the next byte. */
  get position(): number {
    return this.#position
  }

  /** The next bytes in pieces as they come, `length` in all. */
  async *pieces(length: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (let left = length; left > 0; ) {
      const piece = await this.#next(left)
      left -= piece.byteLength
      yield piece
    }
  }

  /** The next bytes in one buffer; a view, not a copy, where they lie together. */
  async take(length: number): Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0)
    if (this.#held.byteLength >= length) return asBuffer(await this.#next(length))
    const whole = Buffer.allocUnsafeSlow(length)
    let at = 0
    for await (const piece of this.pieces(length)) {
      whole.set(piece, at)
      at += piece.byteLength
      usedUp(piece)
    }
    return whole
  }

  async skipTo(position: number): Promise<void> {
    while (this.#position < position) await this.#next(position - this.#position)
  }

  /** Reads to the end of the stream, so that its connection can be used again. */
  async finish(): Promise<void> {
    this.#held = new Uint8Array(0)
    while (!(await this.#chunks.next()).done);
  }

  /** Ends the stream, wherever it is. */
  async close(): Promise<void> {
    this.#held = new Uint8Array(0)
    await this.#chunks.return?.()
  }

  async #next(most: number): Promise<Uint8Array> {
    while (this.#held.byteLength === 0) {
      const next = await this.#chunks.next()
      if (next.done) throw new RangeError(`stream ended at ${this.#position}`)
      this.#held = next.value
    }
    const piece = this.#held.subarray(0, most)
    this.#held = this.#held.subarray(piece.byteLength)
    this.#position += piece.byteLength
    return piece
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
