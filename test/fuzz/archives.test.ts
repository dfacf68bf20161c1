import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import yauzl from 'yauzl'
import { Fault } from '../../src/base/fault.ts'
import type { ArchiveLimits } from '../../src/export/archive.ts'
import { LOCAL_HEADER_BYTES } from '../../src/export/extents.ts'
import { openArchive } from '../../src/export/open-archive.ts'
import { noise } from '../export/archives.ts'
import { soundPoint } from '../support/any-point.ts'
import { extraField, unicodePathField, type ZipEnd, type ZipMember, zipBytes } from '../support/zip-bytes.ts'
import { memoryDownload } from './memory-download.ts'
import { PATIENCE_MS, runs } from './runs.ts'

/** Small enough to be met by the archives made here. */
const LIMITS = {
  maxMembers: 8,
  maxBytes: 6_500_000,
  maxBufferBytes: 1 << 20,
  maxRatio: 1100,
} satisfies ArchiveLimits & { maxRatio: number }
const signal = new AbortController().signal

type File = { readonly name: string; readonly data: Buffer }
type Outcome = { readonly files: readonly File[] } | { readonly code: string }

/** Opens and reads everything; checks on the way what holds for any bytes. Anything but a fault of ours passes through. */
const read = async (bytes: Buffer): Promise<Outcome> => {
  const download = memoryDownload(bytes)
  let opened = false
  try {
    using archive = await openArchive(download, LIMITS, signal)
    opened = true
    expect(archive.members.length).toBeLessThanOrEqual(LIMITS.maxMembers)
    const declared = archive.members.reduce((sum, { size }) => sum + size, 0)
    expect(declared).toBeLessThanOrEqual(LIMITS.maxBytes)
    const byOffset = archive.members.toSorted((a, b) => a.localHeaderOffset - b.localHeaderOffset)
    for (const [at, { localHeaderOffset, compressedSize }] of byOffset.entries()) {
      const next = byOffset[at + 1]?.localHeaderOffset ?? bytes.length
      expect(localHeaderOffset + LOCAL_HEADER_BYTES + compressedSize).toBeLessThanOrEqual(next)
    }
    const files: (File & { index: number })[] = []
    for (const span of archive.spans(archive.members)) {
      expect(span.start).toBeLessThanOrEqual(span.end)
      expect(span.end).toBeLessThan(bytes.length)
      for await (const { member, chunks } of archive.read(span, signal)) {
        const pieces: Uint8Array[] = []
        let held = 0
        for await (const chunk of chunks) {
          held += chunk.length
          expect(held).toBeLessThanOrEqual(member.size)
          pieces.push(Buffer.from(chunk)) // a piece is good until the next is asked for
        }
        const data = Buffer.concat(pieces)
        expect([data.length, crc32(data)]).toEqual([member.size, member.crc32])
        files.push({ index: member.index, name: member.name, data })
      }
    }
    expect(files).toHaveLength(archive.members.length)
    // one reading of the file at most, the tail, and a directory larger than it
    expect(download.given).toBeLessThanOrEqual(3 * bytes.length)
    return { files: files.sort((a, b) => a.index - b.index) }
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    expect(thrown.code).toMatch(opened ? /^(archive\.member_invalid|export\.)/ : /^(archive|export)\./)
    expect(thrown.people.isWellFormed()).toBe(true)
    expect(thrown.people).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
    return { code: thrown.code }
  }
}

const data = fc.oneof(
  { weight: 15, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(20_000), fc.nat()).map(([length, seed]) => noise(length, seed)),
  },
  { weight: 2, arbitrary: fc.nat(90_000).map((length) => Buffer.alloc(length, 'lab ')) },
  { weight: 1, arbitrary: fc.constantFrom(noise(1_100_000, 7), Buffer.alloc(1_200_000, 'gel ')) },
)

const plainName = fc.oneof(
  fc.string({ unit: soundPoint, minLength: 1, maxLength: 20 }),
  fc.constantFrom(
    'a/',
    'a/b.txt',
    '../x',
    '/etc/passwd',
    'C:\\x',
    'a\\',
    'PK\x05\x06',
    'nul',
    'x\u202etxt.exe',
  ),
)

const member: fc.Arbitrary<ZipMember> = fc
  .record({
    name: plainName,
    data,
    method: fc.constantFrom(0, 8),
    descriptor: fc.boolean(),
    zip64: fc.boolean(),
    gap: fc.constantFrom(Buffer.alloc(0), Buffer.from('gap')),
    comment: fc.string({ maxLength: 5 }),
    extra: fc.constantFrom(
      Buffer.alloc(0),
      extraField(0x5455, Buffer.alloc(5)),
      unicodePathField('stale: no such name', 'y'),
    ),
  })
  .map((made) => (/[/\\]$/.test(made.name) ? { ...made, data: Buffer.alloc(0), method: 0 } : made))

const archive = fc.tuple(
  fc.array(member, { maxLength: 5 }),
  fc.record({ zip64: fc.boolean(), comment: fc.string({ maxLength: 30 }) }),
)

const files = (outcome: Outcome): readonly File[] => {
  if ('code' in outcome) throw new Error(`refused with ${outcome.code}`)
  return outcome.files
}

/** What yauzl reads, in the order of the directory; folders left out. */
const second = async (bytes: Buffer): Promise<File[]> => {
  const zip = await yauzl.fromBufferPromise(bytes, { decodeStrings: false, lazyEntries: true })
  const found: File[] = []
  for await (const entry of zip.eachEntry()) {
    const name = Buffer.from(entry.fileName as unknown as Uint8Array).toString()
    if (name.endsWith('/')) continue
    const chunks: Buffer[] = []
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer)
    found.push({ name, data: Buffer.concat(chunks) })
  }
  return found
}

const isFile = ({ name }: ZipMember): boolean => !/[/]$/.test(String(name))

test(
  'a good archive is read as it was made, and as yauzl reads it',
  async () => {
    await fc.assert(
      fc.asyncProperty(archive, async ([members, end]) => {
        const { bytes } = zipBytes(members, end)
        const read_ = files(await read(bytes))
        const wanted = members.filter(isFile)
        expect(read_.map(({ name }) => name)).toEqual(wanted.map(({ name }) => name))
        expect(read_.every((file, i) => file.data.equals(wanted[i]!.data as Buffer))).toBe(true)
        const other = await second(bytes)
        expect(other.map(({ name }) => name)).toEqual(wanted.map(({ name }) => name))
        expect(other.every((file, i) => file.data.equals(read_[i]!.data))).toBe(true)
      }),
      runs(40),
    )
  },
  PATIENCE_MS,
)

const MARKS = ['PK\x01\x02', 'PK\x03\x04', 'PK\x05\x06', 'PK\x06\x06', 'PK\x06\x07', 'PK\x07\x08']
const rubble = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(...MARKS).map((mark) => Buffer.from(mark, 'latin1')),
      fc.constantFrom(0, 0xff).map((byte) => Buffer.alloc(22, byte)),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.concat(parts))

test(
  'any bytes end in members or in a fault of the archive',
  async () => {
    await fc.assert(
      fc.asyncProperty(rubble, async (bytes) => {
        await read(bytes)
      }),
      runs(300),
    )
  },
  PATIENCE_MS,
)

type Change = { readonly kind: string; readonly at: number; readonly more: number; readonly value: number }
const VALUES = [0, 1, 2, 8, 9, 20, 22, 30, 46, 0xffff, 0xfffe, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]

/** Where a change goes: near the end, where all structure is, more often than anywhere. */
const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('byte', 'u16', 'u32', 'u64', 'cut', 'drop', 'double', 'swap', 'insert', 'behead'),
  at: fc.oneof(
    fc.nat(0xffffff),
    fc.nat(400).map((back) => -1 - back),
  ),
  more: fc.nat(80),
  value: fc.oneof(fc.constantFrom(...VALUES), fc.nat(0xffffffff), fc.nat(300)),
})

const changed = (bytes: Buffer, { kind, at: where, more, value }: Change): Buffer => {
  if (bytes.length === 0) return bytes
  const at = where < 0 ? Math.max(0, bytes.length + where) : where % bytes.length
  const end = Math.min(bytes.length, at + more)
  const join = (...parts: Buffer[]) => Buffer.concat(parts)
  const over = (width: number): Buffer => {
    const copy = Buffer.from(bytes)
    const whole = Buffer.alloc(8)
    whole.writeBigUInt64LE(
      width === 8 && value > 0x7fffffff ? 0xffff_ffff_ffff_ffffn - BigInt(value) : BigInt(value),
    )
    whole.copy(copy, at, 0, Math.min(width, bytes.length - at))
    return copy
  }
  switch (kind) {
    case 'cut':
      return bytes.subarray(0, at)
    case 'behead':
      return bytes.subarray(end)
    case 'drop':
      return join(bytes.subarray(0, at), bytes.subarray(end))
    case 'double':
      return join(bytes.subarray(0, end), bytes.subarray(at))
    case 'swap': {
      const other = Math.min(bytes.length, end + (end - at))
      return join(
        bytes.subarray(0, at),
        bytes.subarray(end, other),
        bytes.subarray(at, end),
        bytes.subarray(other),
      )
    }
    case 'insert':
      return join(
        bytes.subarray(0, at),
        Buffer.from(MARKS[value % MARKS.length]!, 'latin1'),
        bytes.subarray(at),
      )
    default:
      return over({ byte: 1, u16: 2, u32: 4, u64: 8 }[kind]!)
  }
}

test(
  'a good archive that was changed ends in files whose checksums hold, or in a fault of the archive',
  async () => {
    const changes = fc.array(change, { minLength: 1, maxLength: 3 })
    const outcomes = { read: 0, refused: 0 }
    await fc.assert(
      fc.asyncProperty(archive, changes, async ([members, end], list) => {
        const outcome = await read(list.reduce(changed, zipBytes(members, end).bytes))
        outcomes['files' in outcome ? 'read' : 'refused']++
      }),
      runs(250),
    )
    expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(3)
  },
  PATIENCE_MS,
)

/** One or two of the properties: more lies at once would hide each other. */
const few = <T extends object>(all: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<T> =>
  fc
    .array(
      fc.oneof(
        ...Object.entries(all).map(([key, value]) => value.map((chosen: unknown) => ({ [key]: chosen }))),
      ),
      { minLength: 1, maxLength: 2 },
    )
    .map((lies) => Object.assign({}, ...lies) as T)

test(
  'a field of a directory record, local header or end record that lies is found, or does not matter',
  async () => {
    const lie = few<Partial<ZipMember>>({
      size: fc.constantFrom(...VALUES),
      compressedSize: fc.constantFrom(...VALUES),
      crc: fc.constantFrom(...VALUES),
      offset: fc.oneof(fc.constantFrom(...VALUES), fc.nat(200)),
      flags: fc.nat(0xffff),
      method: fc.constantFrom(0, 1, 8, 9, 12, 14, 93, 95, 99),
      attributes: fc.constantFrom(0, 0o120777 * 65536, 0o100644 * 65536, 0x10),
      disk: fc.nat(2),
      localSignature: fc.constantFrom(0x04034b50, 0x02014b50, 0),
      localName: plainName,
      onlyListed: fc.boolean(),
      packed: fc.uint8Array({ maxLength: 20 }),
    })
    const end = few<ZipEnd>({
      zip64: fc.boolean(),
      count: fc.constantFrom(...VALUES),
      countHere: fc.nat(3),
      count64: fc.constantFrom(...VALUES),
      directorySize: fc.constantFrom(...VALUES),
      directoryOffset: fc.constantFrom(...VALUES),
      directorySize64: fc.constantFrom(...VALUES),
      directoryOffset64: fc.constantFrom(...VALUES, 2 ** 53, 2 ** 60),
      locatorOffset: fc.constantFrom(...VALUES, 2 ** 53),
      recordSize: fc.constantFrom(...VALUES),
      suffix: fc.uint8Array({ maxLength: 3 }),
      prefix: fc.uint8Array({ maxLength: 3 }),
      directorySuffix: fc.uint8Array({ maxLength: 3 }),
      sentinels: fc.boolean(),
    })
    const lying = fc.array(
      fc.tuple(member, fc.option(lie)).map(([honest, lies]): ZipMember => ({ ...honest, ...lies })),
      { maxLength: 4 },
    )
    await fc.assert(
      fc.asyncProperty(lying, fc.oneof(fc.constant({}), end), async (members, ends) => {
        await read(zipBytes(members, ends).bytes)
      }),
      runs(250),
    )
  },
  PATIENCE_MS,
)
