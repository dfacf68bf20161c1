import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { crc32, deflateRawSync } from 'node:zlib'
import { zipHeaders } from './export-zip-headers.ts'

/** Sizes of small members go round in this list; a lab has thumbnails, notes and plate files beside its images. */
const SMALL_BYTES = [2_000, 9_000, 30_000, 120_000, 400_000]
/** So many different contents of each kind are made; members take turns. */
const CONTENTS = 6

type Content = {
  readonly data: number
  readonly packed: Buffer
  readonly crc: number
  readonly method: 0 | 8
}

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
const content = (bytes: number, index: number): Content => {
  const dense = index % 4 === 3
  const data = dense ? noise(bytes, index + 1) : csv(bytes, index + 1)
  const method = dense && index % 8 === 7 ? 0 : 8
  return { data: bytes, packed: method === 8 ? deflateRawSync(data) : data, crc: crc32(data), method }
}

/**
 * Writes a mixed archive: half of the members are small, the other half share the remaining bytes; a quarter of both
 * does not compress. `bytes` counts what comes out of it.
 */
export const writeArchive = async (path: string, bytes: number, members: number): Promise<void> => {
  const large = Math.max(1, Math.ceil(members / 2))
  const small = Math.max(0, members - large)
  const smallTotal = Array.from({ length: small }, (_, i) => SMALL_BYTES[i % SMALL_BYTES.length]!).reduce(
    (a, b) => a + b,
    0,
  )
  const largeBytes = Math.max(1, Math.floor((bytes - smallTotal) / large))
  const kinds = CONTENTS * 4
  const cache = new Map<string, Content>()
  const contentOf = (size: number, index: number): Content => {
    const key = `${size}/${index % (kinds / 3)}`
    const made = cache.get(key) ?? content(size, index % (kinds / 3))
    cache.set(key, made)
    return made
  }
  const out = createWriteStream(path)
  const put = async (chunk: Buffer): Promise<void> => {
    if (!out.write(chunk)) await once(out, 'drain')
  }
  const zip = zipHeaders()
  for (let i = 0; i < members; i++) {
    const isLarge = i % 2 === 0 && i / 2 < large
    const { data, packed, crc, method } = contentOf(
      isLarge ? largeBytes : SMALL_BYTES[(i >> 1) % SMALL_BYTES.length]!,
      i >> 1,
    )
    await put(
      zip.local({
        name: `run ${i % 10}/file-${i}.${method === 0 ? 'png' : 'csv'}`,
        crc,
        method,
        size: data,
        packed: packed.length,
      }),
    )
    await put(packed)
  }
  await put(zip.end())
  out.end()
  await once(out, 'finish')
}
