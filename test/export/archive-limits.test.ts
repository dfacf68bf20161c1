import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/base/fault.ts'
import type { ServedFile } from '../support/range-server.ts'
import { type ZipEnd, type ZipMember, zipBytes } from '../support/zip-bytes.ts'
import { contents, type LIMITS, open, served } from './archives.ts'

const MIB = 2 ** 20
const GIB = 2 ** 30

/** An archive of `bytes` bytes that says it unpacks to so many. Only its directory is ever looked at. */
const packedTo = (bytes: number, unpacked: number): Buffer => {
  const members = Math.ceil(unpacked / GIB)
  const overhead = zipBytes(Array.from({ length: members }, () => ({ name: 'x', packed: Buffer.alloc(0) })))
  const packed = Math.floor((bytes - overhead.bytes.length) / members)
  const rest = bytes - overhead.bytes.length - packed * members
  return zipBytes(
    Array.from({ length: members }, (_, n): ZipMember => {
      const size = n === 0 ? unpacked - GIB * (members - 1) : GIB
      return { name: 'x', packed: Buffer.alloc(packed + (n === 0 ? rest : 0)), size, crc: 1 }
    }),
  ).bytes
}

const outcomeOf = (file: ServedFile, limits: Partial<typeof LIMITS> = {}): Promise<unknown> =>
  served(file, {}, ({ download }) =>
    open(download, limits).then(
      (archive) => archive.members.length,
      (thrown: unknown) => thrown,
    ),
  )

describe('how far an archive may unpack', () => {
  const limit = 250
  const archive = 6 * MIB

  it('is exact: as much as the limit is fine, one byte more is not', async () => {
    expect(await outcomeOf(packedTo(archive, limit * archive))).toBe(2)
    expect(await outcomeOf(packedTo(archive, limit * archive + 1))).toMatchObject({
      code: 'archive.ratio_too_high',
      detail: 'The limit is 250 to one.',
    })
  })

  it('is not judged below a GiB: a small table may be as uniform as it likes', async () => {
    expect(await outcomeOf(packedTo(3 * MIB, GIB))).toBe(1)
    expect(await outcomeOf(packedTo(3 * MIB, GIB + 1))).toMatchObject({ code: 'archive.ratio_too_high' })
  })

  it('leaves room for tables that compress a hundred times', async () => {
    expect(await outcomeOf(packedTo(21 * MIB, 2 * GIB))).toBe(2)
  })

  it('is what the operator says, and the hint says where', async () => {
    const file = packedTo(archive, 300 * archive)
    expect(await outcomeOf(file, { maxRatio: 300 })).toBe(2)
    const fault = (await outcomeOf(file)) as Fault
    expect(fault.entry).toMatchObject({ class: 'never', hint: expect.stringMatching('EXPORT_MAX_RATIO') })
  })
})

/** Five GiB of nothing, then a member: an archive too large for 32 bits that takes no room. */
const beyond4GiB = (member: ZipMember, end: ZipEnd): ServedFile => {
  const hole = 5 * GIB
  const tail = zipBytes([{ ...member, offset: hole }], {
    directoryOffset: hole + zipBytes([member]).directoryStart,
    ...end,
  }).bytes
  return {
    size: hole + tail.length,
    chunks: async function* (start, stop) {
      if (start < hole) yield Buffer.alloc(Math.min(stop, hole) - start)
      if (stop > hole) yield tail.subarray(Math.max(0, start - hole), stop - hole)
    },
  }
}

describe('an archive larger than 4 GiB', () => {
  const member: ZipMember = { name: 'last.csv', data: 'at the very end', zip64: true }
  const record = 5 * GIB + zipBytes([member]).endRecord

  it('is read with ZIP64 records', () =>
    served(beyond4GiB(member, { zip64: true, locatorOffset: record }), {}, async ({ download }) => {
      const archive = await open(download)
      expect(archive.members[0]?.localHeaderOffset).toBe(5 * GIB)
      expect(await contents(archive)).toEqual([{ name: 'last.csv', data: Buffer.from('at the very end') }])
    }))

  it('is refused when its offsets wrapped around, as Archive Utility of macOS lets them', async () => {
    const wrapped = { ...member, zip64: false, offset: GIB }
    const file = beyond4GiB(wrapped, { directoryOffset: GIB + zipBytes([wrapped]).directoryStart })
    expect(await outcomeOf(file)).toMatchObject({ code: 'archive.directory_invalid' })
  })
})

describe('a directory', () => {
  it('is refused by its stated count before a byte of it is read', () =>
    served(
      zipBytes(
        Array.from({ length: 300 }, (_, n) => ({ name: `${n}`.padEnd(5000, 'n'), method: 0 })),
        { zip64: true },
      ).bytes,
      {},
      async ({ server, download }) => {
        await expect(open(download, { maxMembers: 299 })).rejects.toMatchObject({
          code: 'archive.too_many_members',
        })
        expect(server.asked).toHaveLength(1)
      },
    ))

  it('may be as large as its longest names make it, and is never held whole', () => {
    const names = Array.from({ length: 40 }, (_, n) => `${n}`.padEnd(65_000, 'n'))
    return served(zipBytes(names.map((name) => ({ name, method: 0 }))).bytes, {}, async ({ download }) => {
      expect((await open(download)).members.map(({ name }) => name)).toEqual(names)
    })
  })
})
