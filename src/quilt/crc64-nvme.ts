/** Reflected polynomial 0x9A6C9329AC4BC9B5, all ones before and after (quilt-formats.md §3.2). */
const POLYNOMIAL_HIGH = 0x9a6c9329
const POLYNOMIAL_LOW = 0xac4bc9b5
const SLICES = 8

/** `[slice * 256 + byte]`: what a byte that lies `slice` bytes back adds to the sum, in two halves. */
type Tables = { readonly high: Uint32Array; readonly low: Uint32Array }

const makeTables = (): Tables => {
  const high = new Uint32Array(SLICES * 256)
  const low = new Uint32Array(SLICES * 256)
  for (let byte = 0; byte < 256; byte++) {
    let h = 0
    let l = byte
    for (let bit = 0; bit < 8; bit++) {
      const odd = l & 1
      l = (l >>> 1) | (h << 31)
      h >>>= 1
      if (!odd) continue
      h ^= POLYNOMIAL_HIGH
      l ^= POLYNOMIAL_LOW
    }
    high[byte] = h
    low[byte] = l
  }
  for (let at = 256; at < SLICES * 256; at++) {
    const h = high[at - 256]!
    const l = low[at - 256]!
    high[at] = (h >>> 8) ^ high[l & 0xff]!
    low[at] = ((l >>> 8) | (h << 24)) ^ low[l & 0xff]!
  }
  return { high, low }
}

let tables: Tables | undefined

/** CRC-64/NVME of a stream, eight bytes a step in two 32-bit halves (BigInt would be fifty times slower). */
export class Crc64Nvme {
  readonly #tables: Tables
  #high = 0xffffffff
  #low = 0xffffffff

  constructor() {
    tables ??= makeTables()
    this.#tables = tables
  }

  update(bytes: Uint8Array): void {
    const { high, low } = this.#tables
    let h = this.#high
    let l = this.#low
    let at = 0
    for (const end = bytes.length - (bytes.length % SLICES); at < end; at += SLICES) {
      l ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
      h ^= bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24)
      const a = 1792 + (l & 0xff)
      const b = 1536 + ((l >>> 8) & 0xff)
      const c = 1280 + ((l >>> 16) & 0xff)
      const d = 1024 + (l >>> 24)
      const e = 768 + (h & 0xff)
      const f = 512 + ((h >>> 8) & 0xff)
      const g = 256 + ((h >>> 16) & 0xff)
      const i = h >>> 24
      h = high[a]! ^ high[b]! ^ high[c]! ^ high[d]! ^ high[e]! ^ high[f]! ^ high[g]! ^ high[i]!
      l = low[a]! ^ low[b]! ^ low[c]! ^ low[d]! ^ low[e]! ^ low[f]! ^ low[g]! ^ low[i]!
    }
    for (; at < bytes.length; at++) {
      const index = (l ^ bytes[at]!) & 0xff
      l = ((l >>> 8) | (h << 24)) ^ low[index]!
      h = (h >>> 8) ^ high[index]!
    }
    this.#high = h
    this.#low = l
  }

  /** Base64 of the eight bytes, most significant first, as Quilt and S3 print it. */
  digest(): string {
    const bytes = Buffer.alloc(8)
    bytes.writeUInt32BE(~this.#high >>> 0, 0)
    bytes.writeUInt32BE(~this.#low >>> 0, 4)
    return bytes.toString('base64')
  }
}
