import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { contents } from './content.ts'
import { zipHeaders } from './zip-headers.ts'

/** Sizes of small members go round in this list; a lab has thumbnails, notes and plate files beside its images. */
const SMALL_BYTES = [2_000, 9_000, 30_000, 120_000, 400_000]
/** Larger members would take the server too much memory. */
const LARGEST_BYTES = 128 * 1024 * 1024
const PIECE_BYTES = 1024 * 1024

export type ArchiveOrder = {
  /** Bytes that come out of it, about. */
  readonly bytes: number
  readonly members: number
  /** All members are this small, in bytes; null: half of them are large. */
  readonly each: number | null
}

/** A ZIP archive that lies nowhere: headers and a few contents, repeated. Every byte of it can be read at any time. */
export class VirtualArchive {
  readonly #starts: number[] = []
  readonly #parts: Buffer[] = []
  #size = 0

  constructor(order: ArchiveOrder) {
    const content = contents()
    const zip = zipHeaders()
    sizesOf(order).forEach((bytes, i) => {
      const { size, packed, crc, method } = content(bytes, i >> 1)
      const name = `run ${i % 10}/file-${i}.${method === 0 ? 'png' : 'csv'}`
      this.#add(zip.local({ name, crc, method, size, packed: packed.length }))
      this.#add(packed)
    })
    this.#add(zip.end())
  }

  get size(): number {
    return this.#size
  }

  /** The bytes of a half-open interval, as views. */
  async *chunks(start: number, end: number): AsyncGenerator<Buffer> {
    for (let i = this.#partAt(start), at = start; at < end; i++) {
      const part = this.#parts[i]!
      const from = this.#starts[i]!
      while (at < Math.min(end, from + part.length)) {
        const piece = part.subarray(at - from, Math.min(end - from, at - from + PIECE_BYTES))
        at += piece.length
        yield piece
      }
    }
  }

  async writeTo(path: string): Promise<void> {
    const out = createWriteStream(path)
    for await (const chunk of this.chunks(0, this.#size)) if (!out.write(chunk)) await once(out, 'drain')
    out.end()
    await once(out, 'finish')
  }

  #add(part: Buffer): void {
    if (part.length === 0) return
    this.#starts.push(this.#size)
    this.#parts.push(part)
    this.#size += part.length
  }

  #partAt(offset: number): number {
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** Half of the members are small, the other half share the remaining bytes. */
const sizesOf = ({ bytes, members, each }: ArchiveOrder): number[] => {
  if (each !== null) return Array.from({ length: members }, () => each)
  const small = Math.floor(members / 2)
  const smallAt = (i: number): number => SMALL_BYTES[i % SMALL_BYTES.length]!
  const smallTotal = Array.from({ length: small }, (_, i) => smallAt(i)).reduce((a, b) => a + b, 0)
  const large = Math.max(1, Math.floor((bytes - smallTotal) / (members - small)))
  if (large > LARGEST_BYTES)
    throw new Error(`--members: at least ${Math.ceil((2 * bytes) / LARGEST_BYTES)} for this size`)
  return Array.from({ length: members }, (_, i) => (i % 2 === 0 || i >> 1 >= small ? large : smallAt(i >> 1)))
}
