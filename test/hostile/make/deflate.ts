/**
 * A deflate encoder that gives the same bytes on every machine. The one in zlib does not promise that, and the committed
 * archives must be exactly what their maker makes. RFC 1951.
 */
class Bits {
  readonly #bytes: number[] = []
  #held = 0
  #count = 0

  /** The lowest `count` bits of a value, the lowest first. */
  put(value: number, count: number): void {
    for (let bit = 0; bit < count; bit++) this.#bit((value >> bit) & 1)
  }

  /** A Huffman code: the highest bit first. */
  code(value: number, count: number): void {
    for (let bit = count - 1; bit >= 0; bit--) this.#bit((value >> bit) & 1)
  }

  #bit(bit: number): void {
    this.#held |= bit << this.#count++
    if (this.#count === 8) this.#flush()
  }

  #flush(): void {
    this.#bytes.push(this.#held)
    this.#held = 0
    this.#count = 0
  }

  end(): Buffer {
    if (this.#count > 0) this.#flush()
    return Buffer.from(this.#bytes)
  }
}

const END_OF_BLOCK = 256
const LONGEST_MATCH = { bytes: 258, symbol: 285 }

/** The code of a symbol by the fixed table, RFC 1951 §3.2.6. */
const fixed = (bits: Bits, symbol: number): void => {
  if (symbol < 144) bits.code(0x30 + symbol, 8)
  else if (symbol < 256) bits.code(0x190 + symbol - 144, 9)
  else if (symbol < 280) bits.code(symbol - 256, 7)
  else bits.code(0xc0 + symbol - 280, 8)
}

/** One block by the fixed table; long runs of one byte become matches. `final: false` leaves the stream without an end. */
export const deflated = (data: Uint8Array, final = true): Buffer => {
  const bits = new Bits()
  bits.put(final ? 1 : 0, 1)
  bits.put(1, 2)
  for (let at = 0; at < data.length; ) {
    const byte = data[at]!
    const run = data.subarray(at, at + LONGEST_MATCH.bytes)
    if (
      at > 0 &&
      run.length === LONGEST_MATCH.bytes &&
      data[at - 1] === byte &&
      run.every((b) => b === byte)
    ) {
      fixed(bits, LONGEST_MATCH.symbol)
      bits.code(0, 5)
      at += LONGEST_MATCH.bytes
    } else {
      fixed(bits, byte)
      at++
    }
  }
  fixed(bits, END_OF_BLOCK)
  return bits.end()
}

/** The header of a stored block: what follows it is data. At most 65,535 bytes. RFC 1951 §3.2.4. */
export const storedBlock = (length: number, final: boolean): Buffer => {
  const header = Buffer.alloc(5)
  header[0] = final ? 1 : 0
  header.writeUInt16LE(length, 1)
  header.writeUInt16LE(length ^ 0xffff, 3)
  return header
}

/**
 * As many zero bytes in as few as deflate allows: 258 of them in two bits, 1,032 in a byte. One block with a table made
 * for it: the literal 0 and the end of the block take two bits, the longest match one, and so does its distance.
 */
export const deflatedZeros = (length: number): Buffer => {
  const bits = new Bits()
  bits.put(1, 1)
  bits.put(2, 2)
  bits.put(286 - 257, 5)
  bits.put(0, 5)
  bits.put(18 - 4, 4)
  // Lengths of the codes for 16, 17, 18, 0, 8, … 1, 15: three kinds of length occur, 1, 2 and runs of zeros (18).
  const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1]
  for (const symbol of order) bits.put(symbol === 18 ? 1 : symbol === 1 || symbol === 2 ? 2 : 0, 3)
  const zeros = (run: number): void => {
    bits.code(0b0, 1)
    bits.put(run - 11, 7)
  }
  const [one, two] = [0b10, 0b11]
  bits.code(two, 2)
  zeros(138)
  zeros(117)
  bits.code(two, 2)
  zeros(28)
  bits.code(one, 2)
  bits.code(one, 2)
  const literals = 1 + ((length - 1) % LONGEST_MATCH.bytes)
  for (let i = 0; i < literals; i++) bits.code(0b10, 2)
  for (let i = 0; i < (length - literals) / LONGEST_MATCH.bytes; i++) {
    bits.code(0, 1)
    bits.code(0, 1)
  }
  bits.code(0b11, 2)
  return bits.end()
}
