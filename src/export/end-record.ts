import { TAIL_BYTES } from './bounds.ts'
import type { ByteSource } from './byte-source.ts'
import { archiveFault, damaged } from './faults.ts'
import { MAX_U16, MAX_U32 } from './little-endian.ts'

// APPNOTE 6.3.10, §4.3.14 to 4.3.16.
const END = Buffer.from('PK\x05\x06', 'latin1')
const END_BYTES = 22
const LOCATOR_SIGNATURE = 0x07064b50
const LOCATOR_BYTES = 20
const END64_SIGNATURE = 0x06064b50
const END64_BYTES = 56
const MEMBER_SIGNATURE = Buffer.from('PK\x03\x04', 'latin1')
/** In front of the first part of an archive that was split. */
const SPLIT_SIGNATURE = Buffer.from('PK\x07\x08', 'latin1')

/** Where the directory lies. `count` is exact when it comes from a ZIP64 record, else it counts modulo 65,536. */
export type DirectoryPlace = {
  readonly start: number
  readonly end: number
  readonly count: number
  readonly exact: boolean
}

/** One reading of the bytes at the end of the file. */
type Reading = { readonly place: DirectoryPlace } | { readonly problem: 'mismatch' | 'split' }

const mismatch: Reading = { problem: 'mismatch' }

/**
 * The last bytes of the file, addressed by their offsets in the file. `padding`: where nothing but zeros follows, as
 * libarchive writes them to fill its last block when it streams.
 */
type Tail = { readonly bytes: Buffer; readonly start: number; readonly padding: number }

const readTail = async (source: ByteSource, signal: AbortSignal): Promise<Tail> => {
  const start = Math.max(0, source.size - TAIL_BYTES)
  const bytes = await source.bytes(start, source.size, signal)
  let used = bytes.length
  while (used > 0 && bytes[used - 1] === 0) used--
  return { bytes, start, padding: start + used }
}

const endsTheFile = (tail: Tail, at: number): boolean => {
  const size = tail.start + tail.bytes.length
  const end = at + END_BYTES
  if (end > size) return false
  const withComment = end + tail.bytes.readUInt16LE(at - tail.start + 20)
  return withComment <= size && withComment >= tail.padding
}

/** A ZIP64 end record that ends at its locator, whose directory ends at it, and which the short record agrees with. */
const readEnd64 = (tail: Tail, at: number): Reading | null => {
  const locator = at - LOCATOR_BYTES
  if (locator < tail.start || tail.bytes.readUInt32LE(locator - tail.start) !== LOCATOR_SIGNATURE) return null
  const l = locator - tail.start
  const where = Number(tail.bytes.readBigUInt64LE(l + 8))
  // A record that does not fit the tail would carry most of a MiB of private data: nobody writes that.
  if (where < tail.start || where + END64_BYTES > locator) return mismatch
  const r = where - tail.start
  const u64 = (offset: number): number => Number(tail.bytes.readBigUInt64LE(r + offset))
  const u32 = (offset: number): number => tail.bytes.readUInt32LE(r + offset)
  if (u32(0) !== END64_SIGNATURE || where + 12 + u64(4) !== locator) return mismatch
  const [countHere, count, size, start] = [u64(24), u64(32), u64(40), u64(48)]
  const disks = [u32(16), u32(20), tail.bytes.readUInt32LE(l + 4)]
  if (disks.some((disk) => disk !== 0) || countHere !== count || tail.bytes.readUInt32LE(l + 16) > 1)
    return { problem: 'split' }
  const e = at - tail.start
  const agree16 = (offset: number, value: number): boolean =>
    [MAX_U16, value].includes(tail.bytes.readUInt16LE(e + offset))
  const agree32 = (offset: number, value: number): boolean =>
    [MAX_U32, value].includes(tail.bytes.readUInt32LE(e + offset))
  const agree =
    agree16(4, 0) &&
    agree16(6, 0) &&
    agree16(8, count) &&
    agree16(10, count) &&
    agree32(12, size) &&
    agree32(16, start)
  return agree && start + size === where ? { place: { start, end: where, count, exact: true } } : mismatch
}

const readEnd = (tail: Tail, at: number): Reading => {
  const e = at - tail.start
  const u16 = (offset: number): number => tail.bytes.readUInt16LE(e + offset)
  const [size, start, count] = [tail.bytes.readUInt32LE(e + 12), tail.bytes.readUInt32LE(e + 16), u16(10)]
  if (start + size !== at) return mismatch
  if (u16(4) !== 0 || u16(6) !== 0 || u16(8) !== count) return { problem: 'split' }
  return { place: { start, end: at, count, exact: false } }
}

/** Why no end record fits: cut off, something behind the end, or no archive at all. */
const explain = async (
  source: ByteSource,
  tail: Tail,
  readings: readonly Reading[],
  signal: AbortSignal,
): Promise<never> => {
  const facts = { bytes: source.size }
  const split = (): Error => archiveFault('archive.unsupported', 'It is one part of a split archive.', facts)
  if (readings.some((reading) => 'problem' in reading && reading.problem === 'split')) throw split()
  if (readings.length > 0) throw damaged('Its end record points elsewhere.', facts)
  for (const at of signatures(tail)) {
    if (at + END_BYTES > source.size || !('place' in (readEnd64(tail, at) ?? readEnd(tail, at)))) continue
    if (at + END_BYTES + tail.bytes.readUInt16LE(at - tail.start + 20) > source.size)
      throw archiveFault('archive.truncated', 'Its comment is cut off.', facts)
    throw damaged('Bytes follow its end record.', facts)
  }
  const head = await source.bytes(0, Math.min(4, source.size), signal)
  if (
    [MEMBER_SIGNATURE, END].some((signature) =>
      signature.subarray(0, head.length).equals(head.subarray(0, 4)),
    )
  )
    throw archiveFault('archive.truncated', 'Its end is missing.', facts)
  if (head.equals(SPLIT_SIGNATURE)) throw split()
  throw archiveFault('archive.not_zip', 'It has no end record.', facts)
}

/** Offsets of everything that looks like an end record, the last one first. */
const signatures = (tail: Tail): number[] => {
  const found: number[] = []
  let at = tail.bytes.lastIndexOf(END)
  while (at >= 0) {
    found.push(tail.start + at)
    at = at === 0 ? -1 : tail.bytes.lastIndexOf(END, at - 1)
  }
  return found
}

/**
 * Finds the directory. An end record counts only when it ends the file, but for zeros, and its directory ends exactly
 * at the end record; where there is a ZIP64 record, it stands between them and both agree. Bytes inside a comment that
 * look like an end record do not fit this; an archive with two records that do is refused.
 * Throws `archive.not_zip`, `archive.truncated`, `archive.directory_invalid`, `archive.unsupported`.
 */
export const findDirectory = async (source: ByteSource, signal: AbortSignal): Promise<DirectoryPlace> => {
  const tail = await readTail(source, signal)
  const candidates = signatures(tail).filter((at) => endsTheFile(tail, at))
  const readings = candidates.flatMap((at) => {
    const long = readEnd64(tail, at)
    return long ? [long, readEnd(tail, at)] : [readEnd(tail, at)]
  })
  const places = readings.flatMap((reading) => ('place' in reading ? [reading.place] : []))
  if (places.length > 1) throw damaged('It has two tables of contents.', { found: places.length })
  return places[0] ?? explain(source, tail, readings, signal)
}
