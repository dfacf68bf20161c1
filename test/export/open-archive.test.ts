import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import * as yauzl from 'yauzl'
import { ZipFile } from 'yazl'
import { extraField, unicodePathField, type ZipEnd, type ZipMember, zipBytes } from '../support/zip-bytes.ts'
import { type Content, contents, noise, open, readAll, served } from './archives.ts'

const text = (name: string, data: string): ZipMember => ({ name, data })

const good: [string, ZipMember[], ZipEnd][] = [
  ['an empty archive', [], {}],
  ['deflated and stored members', [text('a.txt', 'alpha'), { name: 'b.bin', data: 'beta', method: 0 }], {}],
  [
    'data descriptors',
    [
      { ...text('a', 'alpha'), descriptor: true },
      { ...text('b', 'beta'), descriptor: true },
    ],
    {},
  ],
  ['a stored member with a descriptor', [{ name: 'a', data: 'alpha', method: 0, descriptor: true }], {}],
  [
    'empty members',
    [text('empty', ''), { name: 'stored', method: 0 }, { name: 'nothing', packed: Buffer.alloc(0) }],
    {},
  ],
  ['a comment', [text('a', 'alpha')], { comment: 'made by a test' }],
  ['the longest comment', [text('a', 'alpha')], { comment: 'x'.repeat(0xffff) }],
  ['ZIP64 records', [{ ...text('a', 'alpha'), zip64: true }], { zip64: true }],
  ['a ZIP64 record beside an honest short one', [text('a', 'alpha')], { zip64: true, sentinels: false }],
  [
    'private data in the ZIP64 record',
    [text('a', 'alpha')],
    { zip64: true, extensible: Buffer.alloc(100, 7) },
  ],
  ['bytes before the first member', [text('a', 'alpha')], { prefix: Buffer.from('#!/bin/sh\n') }],
  ['gaps between members', [text('a', 'alpha'), { ...text('b', 'beta'), gap: Buffer.alloc(300) }], {}],
  [
    'a local extra field that the directory lacks',
    [{ ...text('a', 'alpha'), localExtra: extraField(0x5455, Buffer.alloc(9)) }, text('b', 'beta')],
    {},
  ],
  ['padding after the extra fields', [{ ...text('a', 'alpha'), extra: Buffer.alloc(3) }], {}],
  [
    'a comment that holds a whole other archive',
    [text('a', 'alpha')],
    { comment: zipBytes([text('inner', 'x')]).bytes },
  ],
  ['a comment that holds an empty archive', [text('a', 'alpha')], { comment: zipBytes([]).bytes }],
  ['a stored archive inside', [{ name: 'in.zip', method: 0, data: zipBytes([text('x', 'y')]).bytes }], {}],
  [
    'a member comment that looks like a ZIP64 locator',
    [{ ...text('a', 'alpha'), comment: `PK\x06\x07${'\0'.repeat(16)}` }],
    {},
  ],
]

describe('opening an archive', () => {
  it.each(good)('reads %s', async (_, members, end) => {
    const expected = members.map(({ name, data }) => ({ name, data: Buffer.from(data ?? '') }))
    expect(await readAll(zipBytes(members, end).bytes)).toEqual(expected)
  })

  it('takes a small archive with one request and no second for its members', () =>
    served(zipBytes([text('a', 'alpha'), text('b', 'beta')]).bytes, {}, async ({ server, download }) => {
      const archive = await open(download)
      await contents(archive)
      expect(server.asked).toEqual(['bytes=-1048576'])
      expect(archive.requests).toBe(1)
    }))

  it('leaves out folders and records that stand for nothing', async () => {
    const bytes = zipBytes([
      { name: 'folder/', method: 0 },
      { name: 'packed/', method: 8 },
      { name: 'windows\\', method: 0, attributes: 0x10 },
      { name: '', method: 0 },
      text('folder/a', 'alpha'),
    ]).bytes
    expect(await readAll(bytes)).toEqual([{ name: 'folder/a', data: Buffer.from('alpha') }])
  })

  it('keeps an empty file whose name ends in a backslash but is not marked as a folder', async () => {
    expect(await readAll(zipBytes([{ name: 'odd\\', method: 0 }]).bytes)).toHaveLength(1)
  })

  it('reads a directory that is larger than the tail', () => {
    const members = Array.from({ length: 3000 }, (_, i) => ({
      name: `${'deep/'.repeat(80)}${i}.txt`,
      data: `${i}`,
      method: 0,
    }))
    return served(zipBytes(members).bytes, {}, async ({ download }) => {
      const archive = await open(download)
      expect(archive.requests).toBe(2)
      const found = await contents(archive)
      expect(found.map(({ name }) => name)).toEqual(members.map(({ name }) => name))
      expect(found[2999]?.data.toString()).toBe('2999')
    })
  })

  it('loses none of 70,000 members that were counted modulo 65,536', () => {
    const members = Array.from({ length: 70_000 }, (_, i) => ({ name: `${i}`, method: 0 }))
    return served(zipBytes(members).bytes, {}, async ({ download }) => {
      expect((await open(download)).members).toHaveLength(70_000)
    })
  })

  it('reads what yazl writes, as yauzl does', async () => {
    const zip = new ZipFile()
    zip.addBuffer(Buffer.from('plain'), 'plain.txt')
    zip.addBuffer(noise(300_000), 'Übersicht/größe 1.bin', { compress: false })
    zip.addBuffer(Buffer.alloc(3_000_000, 'abc'), 'large.csv')
    zip.addBuffer(Buffer.from('long'), 'forced.txt', { forceZip64Format: true })
    zip.addEmptyDirectory('nothing here')
    zip.end({ forceZip64Format: true, comment: 'a comment' })
    const bytes = await buffer(zip.outputStream)
    const ours = await readAll(bytes)
    expect(ours).toEqual(await secondOpinion(bytes))
    expect(ours.map(({ name }) => name)).toEqual([
      'plain.txt',
      'Übersicht/größe 1.bin',
      'large.csv',
      'forced.txt',
    ])
  })
})

describe('names of members', () => {
  const nameOf = async (member: ZipMember): Promise<string | undefined> =>
    (await readAll(zipBytes([member]).bytes))[0]?.name
  const cp437 = Buffer.from([0x81, 0x62, 0x65, 0x72, 0xe1])

  it('are UTF-8 where flagged', async () => expect(await nameOf(text('日本.txt', 'x'))).toBe('日本.txt'))
  it('are UTF-8 where they are valid, flag or not', async () =>
    expect(await nameOf({ ...text('é.txt', 'x'), flags: 0 })).toBe('é.txt'))
  it('are code page 437 otherwise', async () =>
    expect(await nameOf({ name: cp437, data: 'x', flags: 0 })).toBe('überß'))
  it('are code page 437 when the flag lies', async () =>
    expect(await nameOf({ name: cp437, data: 'x' })).toBe('überß'))
  it('come from the Unicode path field when its checksum fits', async () =>
    expect(await nameOf({ name: cp437, data: 'x', flags: 0, extra: unicodePathField(cp437, 'über💡') })).toBe(
      'über💡',
    ))
  it('ignore a stale Unicode path field', async () =>
    expect(await nameOf({ name: 'plain', data: 'x', extra: unicodePathField('plain', 'stale', 1) })).toBe(
      'plain',
    ))
  it('keep a byte order mark', async () => expect(await nameOf(text('\u{feff}a', 'x'))).toBe('\u{feff}a'))
})

const secondOpinion = async (bytes: Buffer): Promise<Content[]> => {
  const zip = await yauzl.fromBufferPromise(bytes)
  const found: Content[] = []
  for await (const entry of zip.eachEntry())
    if (!entry.fileName.endsWith('/'))
      found.push({ name: entry.fileName, data: await buffer(await zip.openReadStreamPromise(entry)) })
  return found
}
