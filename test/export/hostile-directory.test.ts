import { describe, expect, it } from 'vitest'
import type { ArchiveLimits } from '../../src/export/archive.ts'
import { extraField, type ZipEnd, type ZipMember, zipBytes } from '../support/zip-bytes.ts'
import { open, served } from './archives.ts'

const a: ZipMember = { name: 'a.txt', data: 'alpha alpha alpha' }
const b: ZipMember = { name: 'b.txt', data: 'beta' }
const end = (comment: string): Buffer => Buffer.from(comment, 'latin1')
/** An end record that says: no members, and a directory of no bytes right here. */
const emptyEndAt = (offset: number): Buffer => {
  const record = Buffer.alloc(22)
  record.write('PK\x05\x06', 'latin1')
  record.writeUInt32LE(offset, 16)
  return record
}

type Case = [what: string, code: string, members: ZipMember[], end?: ZipEnd, limits?: Partial<ArchiveLimits>]

const cases: Case[] = [
  ['a directory that starts elsewhere', 'archive.directory_invalid', [a], { directoryOffset: 3 }],
  ['a directory larger than it is', 'archive.directory_invalid', [a], { directorySize: 1000 }],
  ['one record more than stated', 'archive.directory_invalid', [a, b], { count: 1 }],
  ['one record fewer than stated', 'archive.directory_invalid', [a], { count: 2 }],
  [
    'an exact count that is off by 65,536',
    'archive.directory_invalid',
    [a],
    { zip64: true, count64: 65_537 },
  ],
  [
    'a ZIP64 count that the short record denies',
    'archive.directory_invalid',
    [a],
    { zip64: true, count: 2, count64: 1, sentinels: false },
  ],
  ['a ZIP64 record elsewhere', 'archive.directory_invalid', [a], { zip64: true, locatorOffset: 1 }],
  [
    'a ZIP64 record beyond the file',
    'archive.directory_invalid',
    [a],
    { zip64: true, locatorOffset: 2 ** 52 },
  ],
  ['a ZIP64 record of the wrong length', 'archive.directory_invalid', [a], { zip64: true, recordSize: 45 }],
  ['a ZIP64 directory elsewhere', 'archive.directory_invalid', [a], { zip64: true, directoryOffset64: 0 }],
  ['bytes after the end record', 'archive.directory_invalid', [a], { suffix: end('trailing') }],
  [
    'bytes between directory and end record',
    'archive.directory_invalid',
    [a],
    { directorySuffix: end('junk') },
  ],
  [
    'bytes before the archive that its offsets ignore',
    'archive.directory_invalid',
    [a],
    { prefix: end('MZ'), directoryOffset: 0 },
  ],
  [
    'a large size that is announced but not stated',
    'archive.directory_invalid',
    [{ ...a, size: 0xffffffff }],
  ],
  [
    'a ZIP64 field that is too short',
    'archive.directory_invalid',
    [{ ...a, offset: 0xffffffff, extra: extraField(1, Buffer.alloc(4)) }],
  ],
  [
    'an impossible size',
    'archive.directory_invalid',
    [{ ...a, size: 0xffffffff, extra: extraField(1, Buffer.alloc(8, 0xff)) }],
  ],
  [
    'an extra field that passes its end',
    'archive.directory_invalid',
    [{ ...a, extra: Buffer.from([9, 9, 200, 0, 1]) }],
  ],
  ['a stored member whose sizes differ', 'archive.directory_invalid', [{ ...a, method: 0, size: 5 }]],
  ['more bytes than deflate can pack', 'archive.directory_invalid', [{ ...a, size: 1_000_000 }]],
  ['an empty member with a checksum', 'archive.directory_invalid', [{ name: 'e', crc: 1 }]],
  [
    'a member that reaches into the directory',
    'archive.directory_invalid',
    [{ ...a, method: 0, size: 60, compressedSize: 60 }],
  ],
  ['a member behind the directory', 'archive.directory_invalid', [{ ...a, offset: 10_000 }]],
  ['two members at one place', 'archive.overlap', [a, { ...b, offset: 0, onlyListed: true }]],
  [
    'a member that reaches into the next',
    'archive.overlap',
    [{ name: 'a', data: 'alpha', method: 0, size: 40, compressedSize: 40 }, b],
  ],
  [
    'a member hidden in another',
    'archive.overlap',
    [
      { name: 'a', data: zipBytes([b]).bytes, method: 0 },
      { ...b, offset: 31, onlyListed: true },
    ],
  ],
  [
    'a folder that overlaps a file',
    'archive.overlap',
    [a, { name: 'folder/', offset: 10, onlyListed: true, method: 0 }],
  ],
  ['an encrypted member', 'archive.encrypted', [{ ...a, flags: 0x0801 }]],
  ['strong encryption', 'archive.encrypted', [{ ...a, flags: 0x0840 }]],
  ['AES', 'archive.encrypted', [{ ...a, method: 99 }]],
  ['a masked directory', 'archive.encrypted', [{ ...a, flags: 0x2800 }]],
  ['bzip2', 'archive.unsupported', [{ ...a, method: 12 }]],
  ['deflate64', 'archive.unsupported', [{ ...a, method: 9 }]],
  ['patch data', 'archive.unsupported', [{ ...a, flags: 0x0820 }]],
  [
    'a symbolic link',
    'archive.unsupported',
    [{ name: 'link', data: '/etc/passwd', attributes: 0o120777 * 65_536 }],
  ],
  ['a device', 'archive.unsupported', [{ name: 'null', attributes: 0o020666 * 65_536 }]],
  ['a member on another disk', 'archive.unsupported', [{ ...a, disk: 1 }]],
  ['the last part of a split archive', 'archive.unsupported', [a], { disk: 1 }],
  ['the last part of a split ZIP64 archive', 'archive.unsupported', [a], { zip64: true, disk64: 1 }],
  ['a folder that holds data', 'archive.name_invalid', [{ name: 'folder/', data: 'data' }]],
  ['data without a name', 'archive.name_invalid', [{ name: '', data: 'data' }]],
  ['too many members', 'archive.too_many_members', [a, b], {}, { maxMembers: 1 }],
  ['too many bytes', 'archive.too_large', [a, b], {}, { maxBytes: 20 }],
  [
    'a bomb that states its size',
    'archive.too_large',
    [{ name: 'bomb', data: Buffer.alloc(10_000_000) }],
    {},
    { maxBytes: 1_000_000 },
  ],
]

const faultOf = (file: Uint8Array, limits: Partial<ArchiveLimits> = {}): Promise<unknown> =>
  served(file, {}, ({ download }) =>
    open(download, limits).then(
      () => 'opened',
      (fault) => fault,
    ),
  )

describe('a directory is refused before a member is read', () => {
  it.each(cases)('%s: %s', async (_, code, members, end = {}, limits = {}) => {
    expect(await faultOf(zipBytes(members, end).bytes, limits)).toMatchObject({ code })
  })

  it('two end records that both fit are one too many', async () => {
    const inner = zipBytes([a]).bytes.length
    const file = zipBytes([a], { comment: emptyEndAt(inner) }).bytes
    expect(await faultOf(file)).toMatchObject({
      code: 'archive.directory_invalid',
      detail: 'It has two tables of contents.',
    })
  })

  it('a link is named in words a person understands', async () => {
    const file = zipBytes([{ name: 'evil\u202egnp.\u0007', data: 'x', attributes: 0o120777 * 65_536 }]).bytes
    expect(await faultOf(file)).toMatchObject({
      detail: '“evil\u{fffd}gnp.\u{fffd}” is a symbolic link or a device, not a file.',
    })
  })

  it.each([
    ['nothing at all', '', 'archive.truncated'],
    ['an HTML page', '<!doctype html><title>Sign in</title>', 'archive.not_zip'],
    ['a gzip file', '\x1f\x8b\x08\0\0\0\0\0', 'archive.not_zip'],
    ['an error document', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', 'archive.not_zip'],
    ['the first bytes of an archive', 'PK\x03\x04 and then', 'archive.truncated'],
  ])('%s', async (_, content, code) => {
    expect(await faultOf(Buffer.from(content, 'latin1'))).toMatchObject({ code })
  })
})

describe('an archive that was cut off', () => {
  const members = [
    a,
    { ...b, descriptor: true },
    { name: 'c', data: 'stored', method: 0 },
    { name: 'f/', method: 0 },
  ]
  it.each([
    ['short', {}],
    ['ZIP64', { zip64: true }],
    ['commented', { comment: 'a comment' }],
  ])('is noticed at every boundary and every byte beside one (%s)', async (_, form) => {
    const { bytes, boundaries } = zipBytes(members, form)
    const cuts = new Set(boundaries.flatMap((at) => [at - 1, at, at + 1]).filter((at) => at < bytes.length))
    for (const cut of cuts)
      expect(await faultOf(bytes.subarray(0, cut)), `cut at ${cut}`).toMatchObject({
        code: 'archive.truncated',
      })
  })

  it('is noticed when the beginning is missing', async () => {
    const { bytes } = zipBytes(members)
    expect(await faultOf(bytes.subarray(10))).toMatchObject({ code: 'archive.directory_invalid' })
  })
})
