import { extraField, type ZipMember } from '../../support/zip-bytes.ts'
import { deflated } from './deflate.ts'
import {
  ALPHA,
  BETA,
  expected,
  type Fixture,
  file,
  good,
  goodBytes,
  refused,
  stored,
  zip,
} from './fixture.ts'

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1')
const tar = Buffer.alloc(1024)
tar.write('alpha.csv')
tar.write('ustar', 257)

const foreign: readonly [what: string, bytes: Buffer][] = [
  ['html', ascii('<!doctype html><title>Sign in</title>')],
  ['xml-error', ascii('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>')],
  ['json', ascii('{"error":{"message":"Export not found"}}')],
  ['gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
  ['7z', Buffer.from([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c, 0, 4])],
  ['rar', ascii('Rar!\x1a\x07\x01\x00')],
  ['tar', tar],
  ['pdf', ascii('%PDF-1.7\n%%EOF\n')],
  ['one-byte', ascii('x')],
  ['zeros', Buffer.alloc(100)],
  ['pk-only-inside', ascii('some text, then PK\x03\x04 and more text')],
]

/**
 * Archive Utility of macOS: sizes behind the data, UTF-8 names in form D without the flag for it, an old Unix field, and
 * an AppleDouble companion for every file with attributes.
 */
const macMember = (name: string, data: string): ZipMember => ({
  name: name.normalize('NFD'),
  data,
  flags: 0,
  madeBy: 0x0315,
  attributes: 0o100644 * 65_536,
  descriptor: true,
  extra: extraField(0x5855, Buffer.alloc(8, 1)),
  localExtra: extraField(0x5855, Buffer.alloc(12, 1)),
})
const appleDouble = '\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        '
const macFiles: readonly [name: string, data: string][] = [
  ['Größe/Übersicht é.csv', 'a,b\n'],
  ['__MACOSX/Größe/._Übersicht é.csv', appleDouble],
  ['Größe/.DS_Store', 'Bud1'],
  ['Größe/plain.txt', 'plain'],
]

const cp932 = (hex: string): Buffer => Buffer.from(hex, 'hex')

export const shapes: readonly Fixture[] = [
  ...foreign.map(([what, bytes]) =>
    refused('archive.not_zip', what, `not an archive: ${what.replaceAll('-', ' ')}`, bytes),
  ),
  refused('archive.truncated', 'no-bytes', 'a file of no bytes', Buffer.alloc(0)),
  refused(
    'archive.truncated',
    'end-record-cut',
    'half of the smallest archive',
    zip([]).bytes.subarray(0, 11),
  ),
  refused(
    'archive.unsupported',
    'first-part-of-a-split-archive',
    'the first part of a split archive, without the rest',
    Buffer.concat([ascii('PK\x07\x08'), zip([ALPHA]).bytes.subarray(0, 60)]),
  ),
  good('empty', 'the smallest archive', []),
  good('empty-zip64', 'no members, with ZIP64 records', [], { zip64: true }),
  good('empty-with-comment', 'no members, with a comment', [], { comment: 'nothing to see' }),
  good('only-folders', 'folders and nothing in them', [stored('a/', ''), stored('a/b/', ''), file('c/', '')]),
  good('one-byte-file', 'a file of one byte', [stored('1', 'x')]),
  goodBytes(
    'spanning-marker',
    'the marker of a split archive in front of one that is not split',
    zip([ALPHA, BETA], { prefix: ascii('PK\x07\x08') }).bytes,
    [expected('alpha.csv', String(ALPHA.data)), expected('notes/beta.txt', 'beta')],
  ),
  goodBytes(
    'temporary-spanning-marker',
    'the marker that an archive might have been split',
    zip([ALPHA], { prefix: ascii('PK00') }).bytes,
    [expected('alpha.csv', String(ALPHA.data))],
  ),
  goodBytes(
    'mac-archive-utility',
    'the form macOS writes: descriptors, UTF-8 without the flag, form D, AppleDouble members',
    zip(macFiles.map(([name, data]) => macMember(name, data))).bytes,
    macFiles.map(([name, data]) => expected(name.normalize('NFD'), data, name.normalize('NFC'))),
  ),
  refused(
    'archive.member_invalid',
    'mac-archive-utility-size-wrapped',
    'a size that wrapped around, as Archive Utility writes beyond 4 GiB (here beyond 64 KiB)',
    [
      {
        ...macMember('large.csv', ''),
        data: Buffer.alloc(70_000, 'a'),
        packed: deflated(Buffer.alloc(70_000, 'a')),
        size: 70_000 - 65_536,
      },
    ],
  ),
  refused(
    'archive.directory_invalid',
    'mac-archive-utility-offset-wrapped',
    'an offset of the directory that wrapped around, as Archive Utility writes beyond 4 GiB (here beyond 256 bytes)',
    [{ ...macMember('large.csv', 'x'), localExtra: Buffer.alloc(300) }],
    {
      directoryOffset: 0x58,
    },
  ),
  goodBytes(
    'windows-backslashes',
    'backslashes between folders, as old .NET writes',
    zip([
      stored('Plate 1\\', '', { madeBy: 0, attributes: 0 }),
      stored('Plate 1\\raw\\', '', { madeBy: 20, attributes: 0x10 }),
      file('Plate 1\\raw\\well.csv', 'A1', { madeBy: 0, flags: 0 }),
    ]).bytes,
    [expected('Plate 1\\raw\\well.csv', 'A1', 'Plate 1/raw/well.csv')],
  ),
  goodBytes(
    'unix-backslash',
    'an empty file from Unix whose name ends in a backslash',
    zip([stored('odd\\', '')]).bytes,
    [expected('odd\\', '', 'odd')],
  ),
  goodBytes(
    'windows-cp437',
    'names in code page 437',
    zip([
      file('', 'x', {
        name: Buffer.from([0x47, 0x72, 0x94, 0xe1, 0x65, 0x2e, 0x74, 0x78, 0x74]),
        madeBy: 0,
        flags: 0,
      }),
    ]).bytes,
    [expected('Größe.txt', 'x')],
  ),
  goodBytes(
    'windows-cp932',
    'names in code page 932 (Japanese) can only be read as 437, a backslash in them included: nothing is lost',
    zip([
      file('', 'x', { name: cp932('836583588367'), madeBy: 0, flags: 0 }),
      file('', 'y', { name: cp932('835c2e747874'), madeBy: 0, flags: 0 }),
    ]).bytes,
    [expected('âeâXâg', 'x'), expected('â\\.txt', 'y', 'â/.txt')],
  ),
]
