import { crc32 } from 'node:zlib'
import { type ByteSource, bufferSource, concatSources } from './byte-source.ts'

export type VirtualMember = { readonly name: string; readonly content: ByteSource }

const U16 = 0xffff
const U32 = 0xffffffff
/** PKWARE APPNOTE 6.3.9: version 4.5 is the first with ZIP64. */
const VERSION_ZIP64 = 45
const VERSION_PLAIN = 20
const UTF8_NAMES = 0x0800

/**
 * A ZIP of stored members whose bytes are made while they are read: an archive of many gigabytes costs the memory of
 * its directory. ZIP64 records are written where sizes, offsets or counts need them. Layout: PKWARE APPNOTE 6.3.9.
 * Checksums are computed once, in slices, so that the process stays responsive.
 */
export const virtualArchive = async (
  members: readonly VirtualMember[],
  date: Date,
  signal?: AbortSignal,
): Promise<ByteSource> => {
  const stamp = dosTime(date)
  const parts: ByteSource[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content } of members) {
    const facts: Facts = {
      name: Buffer.from(name, 'utf8'),
      size: content.size,
      crc: await checksum(content, signal),
      offset,
      stamp,
    }
    const local = localHeader(facts)
    parts.push(bufferSource(local), content)
    directory.push(directoryHeader(facts))
    offset += local.length + content.size
  }
  const records = Buffer.concat(directory)
  parts.push(bufferSource(records), bufferSource(endRecords(members.length, records.length, offset)))
  return concatSources(parts)
}

type Facts = { name: Buffer; size: number; crc: number; offset: number; stamp: number }

const checksums = new WeakMap<ByteSource, number>()
const SLICE = 8 * 1024 * 1024

const checksum = async (source: ByteSource, signal?: AbortSignal): Promise<number> => {
  const known = checksums.get(source)
  if (known !== undefined) return known
  let crc = 0
  for (let at = 0; at < source.size; at += SLICE) {
    for (const chunk of source.read(at, Math.min(source.size, at + SLICE))) crc = crc32(chunk, crc)
    await new Promise((resolve) => setImmediate(resolve))
    signal?.throwIfAborted()
  }
  checksums.set(source, crc)
  return crc
}

const localHeader = ({ name, size, crc, stamp }: Facts): Buffer => {
  const big = size >= U32
  const extra = big ? zip64Extra([size, size]) : Buffer.alloc(0)
  const head = Buffer.alloc(30)
  head.writeUInt32LE(0x04034b50, 0)
  head.writeUInt16LE(big ? VERSION_ZIP64 : VERSION_PLAIN, 4)
  head.writeUInt16LE(UTF8_NAMES, 6)
  head.writeUInt32LE(stamp, 10)
  head.writeUInt32LE(crc, 14)
  head.writeUInt32LE(big ? U32 : size, 18)
  head.writeUInt32LE(big ? U32 : size, 22)
  head.writeUInt16LE(name.length, 26)
  head.writeUInt16LE(extra.length, 28)
  return Buffer.concat([head, name, extra])
}

const directoryHeader = ({ name, size, crc, offset, stamp }: Facts): Buffer => {
  const bigSize = size >= U32
  const bigOffset = offset >= U32
  const extra =
    bigSize || bigOffset
      ? zip64Extra([...(bigSize ? [size, size] : []), ...(bigOffset ? [offset] : [])])
      : Buffer.alloc(0)
  const head = Buffer.alloc(46)
  head.writeUInt32LE(0x02014b50, 0)
  head.writeUInt16LE(VERSION_ZIP64, 4)
  head.writeUInt16LE(extra.length > 0 ? VERSION_ZIP64 : VERSION_PLAIN, 6)
  head.writeUInt16LE(UTF8_NAMES, 8)
  head.writeUInt32LE(stamp, 12)
  head.writeUInt32LE(crc, 16)
  head.writeUInt32LE(bigSize ? U32 : size, 20)
  head.writeUInt32LE(bigSize ? U32 : size, 24)
  head.writeUInt16LE(name.length, 28)
  head.writeUInt16LE(extra.length, 30)
  head.writeUInt32LE(bigOffset ? U32 : offset, 42)
  return Buffer.concat([head, name, extra])
}

const zip64Extra = (values: readonly number[]): Buffer => {
  const extra = Buffer.alloc(4 + 8 * values.length)
  extra.writeUInt16LE(0x0001, 0)
  extra.writeUInt16LE(8 * values.length, 2)
  values.forEach((value, i) => {
    extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i)
  })
  return extra
}

const endRecords = (count: number, size: number, offset: number): Buffer => {
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(Math.min(count, U16), 8)
  end.writeUInt16LE(Math.min(count, U16), 10)
  end.writeUInt32LE(Math.min(size, U32), 12)
  end.writeUInt32LE(Math.min(offset, U32), 16)
  if (count < U16 && size < U32 && offset < U32) return end
  const record = Buffer.alloc(56)
  record.writeUInt32LE(0x06064b50, 0)
  record.writeBigUInt64LE(44n, 4)
  record.writeUInt16LE(VERSION_ZIP64, 12)
  record.writeUInt16LE(VERSION_ZIP64, 14)
  record.writeBigUInt64LE(BigInt(count), 24)
  record.writeBigUInt64LE(BigInt(count), 32)
  record.writeBigUInt64LE(BigInt(size), 40)
  record.writeBigUInt64LE(BigInt(offset), 48)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(0x07064b50, 0)
  locator.writeBigUInt64LE(BigInt(offset + size), 8)
  locator.writeUInt32LE(1, 16)
  return Buffer.concat([record, locator, end])
}

/** MS-DOS time and date as one little-endian number, in UTC, two seconds exact. */
const dosTime = (date: Date): number => {
  const time = (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1)
  const day = ((date.getUTCFullYear() - 1980) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate()
  return ((day << 16) | time) >>> 0
}
