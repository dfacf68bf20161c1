import { crc32, deflateRawSync } from 'node:zlib'

/** A member to write. Everything has an honest default; every field can be made to lie. */
export type ZipMember = {
  readonly name: string | Uint8Array
  readonly data?: Uint8Array | string
  readonly method?: number
  readonly flags?: number
  readonly madeBy?: number
  readonly attributes?: number
  readonly disk?: number
  /** The packed bytes, instead of those that fit `data`. */
  readonly packed?: Uint8Array
  /** True writes the usual descriptor; bytes are written in its place. Either sets the flag. */
  readonly descriptor?: boolean | Uint8Array
  readonly zip64?: boolean
  /** Bytes written before this member's local header. */
  readonly gap?: Uint8Array
  readonly localExtra?: Uint8Array
  /** How long the local header says its extra field is. */
  readonly localExtraLength?: number
  readonly localSignature?: number
  readonly localName?: string | Uint8Array
  readonly localMethod?: number
  readonly localFlags?: number
  readonly localCrc?: number
  readonly localSize?: number
  readonly localCompressedSize?: number
  readonly extra?: Uint8Array
  readonly comment?: string
  /** What the directory says. */
  readonly size?: number
  readonly compressedSize?: number
  readonly crc?: number
  readonly offset?: number
  /** Nothing but the directory record is written. */
  readonly onlyListed?: boolean
}

export type ZipEnd = {
  readonly prefix?: Uint8Array
  readonly comment?: Uint8Array | string
  readonly zip64?: boolean
  readonly suffix?: Uint8Array
  readonly directorySuffix?: Uint8Array
  readonly count?: number
  readonly countHere?: number
  readonly count64?: number
  readonly directorySize?: number
  readonly directoryOffset?: number
  readonly directorySize64?: number
  readonly directoryOffset64?: number
  readonly disk?: number
  readonly disk64?: number
  /** Entries of this disk, where the record states another number of them. */
  readonly countHere64?: number
  /** False leaves the ZIP64 record or its locator out. */
  readonly record64?: boolean
  readonly locator?: boolean
  readonly locatorOffset?: number | bigint
  readonly locatorDisk?: number
  readonly locatorDisks?: number
  readonly recordSignature?: number
  readonly recordSize?: number | bigint
  /** Private data at the end of the ZIP64 record. */
  readonly extensible?: Uint8Array
  /** Whether the short record hides its fields behind maxima when there is a ZIP64 record. Default true. */
  readonly sentinels?: boolean
}

export const u16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value & 0xffff)
  return bytes
}
export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}
export const u64 = (value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
const bytesOf = (text: string | Uint8Array): Buffer =>
  typeof text === 'string' ? Buffer.from(text, 'utf8') : Buffer.from(text)

export const extraField = (id: number, data: Uint8Array): Buffer =>
  Buffer.concat([u16(id), u16(data.length), data])

export const unicodePathField = (plain: string | Uint8Array, name: string, crc?: number): Buffer =>
  extraField(0x7075, Buffer.concat([Buffer.from([1]), u32(crc ?? crc32(bytesOf(plain))), Buffer.from(name)]))

/** 1 January 1980, midnight: the first moment a ZIP archive can state. */
const FIRST_DAY = 0x00210000

export type ZipBytes = {
  readonly bytes: Buffer
  /** Offsets where one structure ends and the next begins. */
  readonly boundaries: readonly number[]
  readonly directoryStart: number
  readonly endRecord: number
}

/** Writes a ZIP archive byte by byte. APPNOTE 6.3.10. */
export const zipBytes = (members: readonly ZipMember[], end: ZipEnd = {}): ZipBytes => {
  const parts: Buffer[] = []
  const boundaries: number[] = []
  let at = 0
  const put = (bytes: Uint8Array): void => {
    parts.push(Buffer.from(bytes))
    at += bytes.length
    if (bytes.length > 0) boundaries.push(at)
  }
  put(end.prefix ?? Buffer.alloc(0))
  const records: Buffer[] = []
  for (const member of members) {
    const name = bytesOf(member.name)
    const data = bytesOf(member.data ?? '')
    const method = member.method ?? 8
    const packed = Buffer.from(member.packed ?? (method === 8 ? deflateRawSync(data) : data))
    const flags = (member.flags ?? 0x0800) | (member.descriptor ? 8 : 0)
    const crc = member.crc ?? crc32(data)
    const size = member.size ?? data.length
    const compressedSize = member.compressedSize ?? packed.length
    put(member.gap ?? Buffer.alloc(0))
    const offset = member.offset ?? at
    if (!member.onlyListed) {
      const local = bytesOf(member.localName ?? member.name)
      const extra = member.localExtra ?? Buffer.alloc(0)
      const known = !member.descriptor
      const sizes = [
        u32(member.localCrc ?? (known ? crc : 0)),
        u32(member.localCompressedSize ?? (known ? packed.length : 0)),
        u32(member.localSize ?? (known ? data.length : 0)),
      ]
      put(
        Buffer.concat([
          u32(member.localSignature ?? 0x04034b50),
          u16(20),
          u16(member.localFlags ?? flags),
          u16(member.localMethod ?? method),
          u32(FIRST_DAY),
          ...sizes,
          u16(local.length),
          u16(member.localExtraLength ?? extra.length),
        ]),
      )
      put(Buffer.concat([local, extra]))
      put(packed)
      if (member.descriptor)
        put(
          member.descriptor === true
            ? Buffer.concat([u32(0x08074b50), u32(crc), u32(packed.length), u32(data.length)])
            : member.descriptor,
        )
    }
    const long = member.zip64
      ? extraField(1, Buffer.concat([u64(size), u64(compressedSize), u64(offset)]))
      : Buffer.alloc(0)
    const extra = Buffer.concat([long, member.extra ?? Buffer.alloc(0)])
    const comment = bytesOf(member.comment ?? '')
    records.push(
      Buffer.concat([
        u32(0x02014b50),
        u16(member.madeBy ?? 0x031e),
        u16(20),
        u16(flags),
        u16(method),
        u32(FIRST_DAY),
        u32(crc),
        u32(member.zip64 ? 0xffffffff : compressedSize),
        u32(member.zip64 ? 0xffffffff : size),
        u16(name.length),
        u16(extra.length),
        u16(comment.length),
        u16(member.disk ?? 0),
        u16(0),
        u32(member.attributes ?? 0),
        u32(member.zip64 ? 0xffffffff : offset),
        name,
        extra,
        comment,
      ]),
    )
  }
  const directoryStart = at
  for (const record of records) put(record)
  put(end.directorySuffix ?? Buffer.alloc(0))
  const directorySize = end.directorySize ?? at - directoryStart
  const directoryOffset = end.directoryOffset ?? directoryStart
  const count = end.count ?? members.length
  if (end.zip64) {
    const extensible = end.extensible ?? Buffer.alloc(0)
    const record = at
    const record64 = Buffer.concat([
      u32(end.recordSignature ?? 0x06064b50),
      u64(end.recordSize ?? 44 + extensible.length),
      u16(45),
      u16(45),
      u32(end.disk64 ?? 0),
      u32(end.disk64 ?? 0),
      u64(end.countHere64 ?? end.count64 ?? count),
      u64(end.count64 ?? count),
      u64(end.directorySize64 ?? directorySize),
      u64(end.directoryOffset64 ?? directoryOffset),
      extensible,
    ])
    const locator = Buffer.concat([
      u32(0x07064b50),
      u32(end.locatorDisk ?? 0),
      u64(end.locatorOffset ?? record),
      u32(end.locatorDisks ?? 1),
    ])
    if (end.record64 ?? true) put(record64)
    if (end.locator ?? true) put(locator)
  }
  const hide = end.zip64 && (end.sentinels ?? true)
  const comment = bytesOf(end.comment ?? '')
  const endRecord = at
  put(
    Buffer.concat([
      u32(0x06054b50),
      u16(end.disk ?? 0),
      u16(end.disk ?? 0),
      u16(hide ? 0xffff : (end.countHere ?? count)),
      u16(hide ? 0xffff : count),
      u32(hide ? 0xffffffff : directorySize),
      u32(hide ? 0xffffffff : directoryOffset),
      u16(comment.length),
    ]),
  )
  put(comment)
  put(end.suffix ?? Buffer.alloc(0))
  return { bytes: Buffer.concat(parts), boundaries, directoryStart, endRecord }
}
