import { createHash, type Hash } from 'node:crypto'
import type { ObjectHash } from './types.ts'

/** Chunks of 8 MiB, doubled until there are at most 10,000 (S3's limit of parts): quilt-formats.md §3.1. */
const MIN_CHUNK = 8 << 20
const MAX_CHUNKS = 10_000

/** How many bytes make a chunk in a file of `size` bytes. Multipart uploads use the same size for their parts. */
export const chunkSize = (size: number): number => {
  let chunk = MIN_CHUNK
  while (Math.ceil(size / chunk) > MAX_CHUNKS) chunk *= 2
  return chunk
}

/**
 * Quilt's `sha2-256-chunked` while bytes flow: base64 of SHA-256 over the SHA-256 of each chunk. Needs the total size
 * first, because it decides the size of the chunks; holds two hash states, whatever the size.
 */
export class ChunkedHasher {
  readonly #chunk: number
  readonly #outer: Hash = createHash('sha256')
  #inner: Hash = createHash('sha256')
  #room: number
  #bytes = 0

  constructor(size: number) {
    this.#chunk = chunkSize(size)
    this.#room = this.#chunk
  }

  /** Bytes seen so far. */
  get bytes(): number {
    return this.#bytes
  }

  update(bytes: Uint8Array): void {
    this.#bytes += bytes.length
    for (let rest = bytes; rest.length > 0; ) {
      const piece = rest.subarray(0, this.#room)
      this.#inner.update(piece)
      this.#room -= piece.length
      rest = rest.subarray(piece.length)
      if (this.#room === 0) this.#closeChunk()
    }
  }

  /** Ends the hasher. An empty file has no chunks: the value is SHA-256 of nothing. */
  digest(): ObjectHash {
    if (this.#room < this.#chunk) this.#closeChunk()
    return { type: 'sha2-256-chunked', value: this.#outer.digest('base64') }
  }

  #closeChunk(): void {
    this.#outer.update(this.#inner.digest())
    this.#inner = createHash('sha256')
    this.#room = this.#chunk
  }
}
