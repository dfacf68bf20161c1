/** Bytes that can be read again and again from any place, in memory or made on the fly. `end` is exclusive. */
export type ByteSource = {
  readonly size: number
  read(start: number, end: number): Iterable<Uint8Array>
}

export const bufferSource = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  *read(start, end) {
    if (end > start) yield bytes.subarray(start, end)
  },
})

/** Content that is made at its first use and then kept. */
export const lazySource = (make: () => Uint8Array): ByteSource => {
  let made: Uint8Array | undefined
  const bytes = () => {
    made ??= make()
    return made
  }
  return {
    get size() {
      return bytes().length
    },
    *read(start, end) {
      if (end > start) yield bytes().subarray(start, end)
    },
  }
}

const MADE_AT_ONCE = 25

/** Makes lazy contents a few at a time, so that thousands of them do not hold up everything else. */
export const makeAll = async (sources: Iterable<ByteSource>): Promise<number> => {
  let total = 0
  let made = 0
  for (const source of sources) {
    total += source.size
    if (++made % MADE_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  return total
}

/** All bytes in one buffer: for small sources only. */
export const wholeBuffer = (source: ByteSource): Buffer => Buffer.concat([...source.read(0, source.size)])

const BLOCK = 64 * 1024

/**
 * `size` bytes from a seed, in constant memory: one block of noise, repeated with its number written at its head, so
 * that every block differs and a byte read from the wrong place is noticed.
 */
export const generatedSource = (seed: number, size: number): ByteSource => {
  let noise: Buffer | undefined
  return {
    size,
    *read(start, end) {
      noise ??= noiseBlock(seed)
      for (let at = start; at < end; ) {
        const index = Math.floor(at / BLOCK)
        const block = Buffer.from(noise)
        block.writeDoubleLE(index, 0)
        const from = at - index * BLOCK
        const to = Math.min(BLOCK, end - index * BLOCK)
        yield block.subarray(from, to)
        at = index * BLOCK + to
      }
    },
  }
}

const noiseBlock = (seed: number): Buffer => {
  const words = new Uint32Array(BLOCK / 4)
  let x = (seed >>> 0) + 1
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    words[i] = x
  }
  return Buffer.from(words.buffer)
}

/** Sources one after another. */
export const concatSources = (parts: readonly ByteSource[]): ByteSource => {
  const starts: number[] = []
  let size = 0
  for (const part of parts) {
    starts.push(size)
    size += part.size
  }
  return {
    size,
    *read(start, end) {
      let index = partAt(starts, start)
      for (let at = start; at < end && index < parts.length; index++) {
        const part = parts[index]!
        const offset = starts[index]!
        const to = Math.min(end, offset + part.size)
        if (to > at) {
          yield* part.read(at - offset, to - offset)
          at = to
        }
      }
    },
  }
}

/** The last part that starts at or before `at`. */
const partAt = (starts: readonly number[], at: number): number => {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= at) low = middle
    else high = middle - 1
  }
  return Math.max(0, low)
}
