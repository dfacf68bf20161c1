import { crc32, deflateRawSync } from 'node:zlib'

/** What a member is made of: its bytes as they lie in the archive, and what they unpack to. */
export type Content = {
  readonly size: number
  readonly packed: Buffer
  readonly crc: number
  readonly method: 0 | 8
}

/** So many different contents of each size are made; members take turns. */
const KINDS = 8

const random = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return (state >>> 8) / 2 ** 24
  }
}

const csv = (bytes: number, seed: number): Buffer => {
  const next = random(seed)
  const lines: string[] = []
  let length = 0
  for (let well = 0; length < bytes; well++) {
    const line = `2026-05-04T09:15:42Z,plate-${seed},${'ABCDEFGH'[well % 8]}${(well % 12) + 1},${next().toFixed(4)},${Math.round(next() * 60_000)}\n`
    lines.push(line)
    length += line.length
  }
  return Buffer.from(lines.join('')).subarray(0, bytes)
}

const noise = (bytes: number, seed: number): Buffer => {
  const next = random(seed)
  const words = new Uint32Array(Math.ceil(bytes / 4))
  for (let i = 0; i < words.length; i++) words[i] = (next() * 2 ** 32) ^ (next() * 2 ** 16)
  return Buffer.from(words.buffer, 0, bytes)
}

/** Every fourth content does not compress; of those, every second is stored, as some writers do. */
const make = (bytes: number, kind: number): Content => {
  const dense = kind % 4 === 3
  const data = dense ? noise(bytes, kind + 1) : csv(bytes, kind + 1)
  const method = dense && kind % 8 === 7 ? 0 : 8
  return { size: bytes, packed: method === 8 ? deflateRawSync(data) : data, crc: crc32(data), method }
}

/** Contents of any size, each made once: an archive of any length is made of a few MiB. */
export const contents = (): ((bytes: number, index: number) => Content) => {
  const cache = new Map<string, Content>()
  return (bytes, index) => {
    const kind = index % KINDS
    const key = `${bytes}/${kind}`
    const made = cache.get(key) ?? make(bytes, kind)
    cache.set(key, made)
    return made
  }
}
