import { extraField, type ZipEnd, type ZipMember } from '../../support/zip-bytes.ts'
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

const INVALID = 'archive.directory_invalid'
const both = [ALPHA, BETA]
const plain = zip(both)
const size = plain.endRecord - plain.directoryStart
const ascii = (text: string): Buffer => Buffer.from(text, 'latin1')

/** An end record that says: no members, and a directory of no bytes right here. */
const emptyEndAt = (offset: number): Buffer => {
  const record = Buffer.alloc(22)
  record.write('PK\x05\x06', 'latin1')
  record.writeUInt32LE(offset, 16)
  return record
}

const lies: readonly [what: string, attacks: string, end: ZipEnd][] = [
  ['count-high', 'one member more than listed', { count: 3 }],
  ['count-low', 'one member fewer than listed', { count: 1 }],
  ['count-zero', 'no member, but two are listed', { count: 0 }],
  ['count-65535', 'the ZIP64 marker as a count, and no ZIP64 record', { count: 65_535 }],
  ['size-high', 'a directory one byte larger', { directorySize: size + 1 }],
  ['size-low', 'a directory one byte smaller', { directorySize: size - 1 }],
  ['size-zero', 'a directory of no bytes', { directorySize: 0 }],
  ['size-one-record-low', 'a directory without its last record', { directorySize: size - 46 - 14 }],
  ['size-at-the-maximum', 'the ZIP64 marker as a size, and no ZIP64 record', { directorySize: 0xffffffff }],
  ['offset-high', 'a directory that begins one byte later', { directoryOffset: plain.directoryStart + 1 }],
  ['offset-low', 'a directory that begins one byte sooner', { directoryOffset: plain.directoryStart - 1 }],
  ['offset-zero', 'a directory at the first member', { directoryOffset: 0 }],
  ['offset-behind-the-end', 'a directory outside the file', { directoryOffset: 0x7fffffff }],
  [
    'offset-at-the-maximum',
    'the ZIP64 marker as an offset, and no ZIP64 record',
    { directoryOffset: 0xffffffff },
  ],
  [
    'offset-and-size-fit',
    'offset and size that fit each other but not the records',
    { directoryOffset: plain.directoryStart - 5, directorySize: size + 5 },
  ],
  [
    'prefix-the-offsets-ignore',
    'bytes in front that no offset counts',
    { prefix: ascii('MZ\x90'), directoryOffset: plain.directoryStart },
  ],
  ['appended-byte', 'one byte behind the end record', { suffix: ascii('\n') }],
  [
    'appended-zeros-and-a-byte',
    'a block of zeros and one other byte behind the end record',
    { suffix: Buffer.from([...Buffer.alloc(512), 1]) },
  ],
  [
    'appended-directory',
    'a second directory behind the end record',
    { suffix: plain.bytes.subarray(plain.directoryStart, plain.endRecord) },
  ],
  [
    'gap-before-end-record',
    'bytes between directory and end record',
    { directorySuffix: ascii('junk'), directorySize: size },
  ],
  ['junk-inside', 'bytes inside the directory that are no record', { directorySuffix: ascii('junk') }],
  [
    'digital-signature-record',
    'a record of another kind inside the directory',
    { directorySuffix: ascii('PK\x05\x05\x04\0sign') },
  ],
  [
    'comment-longer-than-stated',
    'a comment that goes on after its stated length',
    { comment: 'made by', suffix: ascii(' hand') },
  ],
]

const [alpha, beta] = [String(ALPHA.data), String(BETA.data)]

/** A whole archive behind another, whose end record counts the first as bytes in front. */
const second = zip([file('second.txt', 'second')], { prefix: plain.bytes })

const commented = (comment: Buffer): Buffer => zip(both, { comment }).bytes
const withEnd = (bytes: Buffer, comment: Buffer): Buffer => {
  const copy = Buffer.concat([bytes, comment])
  copy.writeUInt16LE(comment.length, bytes.length - 2)
  return copy
}

const records: readonly [what: string, attacks: string, members: ZipMember[], end?: ZipEnd][] = [
  [
    'extra-field-passes-its-end',
    'an extra field longer than all of them',
    [{ ...ALPHA, extra: Buffer.from([9, 9, 200, 0, 1]) }],
  ],
  [
    'extra-field-without-length',
    'an extra field of four bytes that promises more',
    [{ ...ALPHA, extra: Buffer.from([1, 0, 8, 0]) }],
  ],
  ['stored-sizes-differ', 'a stored member with two sizes', [{ ...BETA, size: 5 }]],
  ['empty-with-checksum', 'an empty member with a checksum', [file('e', '', { crc: 1 })]],
]

export const directories: readonly Fixture[] = [
  ...lies.map(([what, attacks, end]) => refused(INVALID, what, attacks, both, end)),
  ...records.map(([what, attacks, members, end]) => refused(INVALID, what, attacks, members, end)),
  refused(
    INVALID,
    'empty-end-record-over-members',
    'an end record that denies the members before it',
    [ALPHA],
    {
      count: 0,
      directorySize: 0,
      directoryOffset: zip([ALPHA]).endRecord,
    },
  ),
  refused(
    INVALID,
    'two-end-records-both-fit',
    'a comment that is a second end record, with an empty directory that fits it',
    withEnd(plain.bytes, emptyEndAt(plain.bytes.length)),
  ),
  refused(
    INVALID,
    'two-archives-both-fit',
    'a comment that is a second archive, with offsets that fit it',
    withEnd(
      plain.bytes,
      zip([file('second.txt', 'second')], { prefix: plain.bytes }).bytes.subarray(plain.bytes.length),
    ),
  ),
  refused(
    INVALID,
    'two-end-records-before-zeros',
    'a comment that is a second end record, with an empty directory that fits it, then zeros',
    Buffer.concat([withEnd(plain.bytes, emptyEndAt(plain.bytes.length)), Buffer.alloc(100)]),
  ),
  refused(INVALID, 'beginning-missing', 'an archive without its first ten bytes', plain.bytes.subarray(10)),
  refused(
    'archive.truncated',
    'comment-shorter-than-stated',
    'a comment that stops early',
    commented(ascii('a comment')).subarray(0, -3),
  ),
  refused('archive.unsupported', 'last-part-of-a-split-archive', 'an end record on the second disk', both, {
    disk: 1,
  }),
  refused('archive.unsupported', 'count-on-this-disk', 'fewer members on this disk than in all', both, {
    countHere: 1,
  }),
  refused('archive.unsupported', 'member-on-another-disk', 'a member in another part', [
    { ...ALPHA, disk: 1 },
    BETA,
  ]),
  good('comment-holds-an-end-record', 'a comment with an end record that fits nothing', both, {
    comment: emptyEndAt(3),
  }),
  good('comment-holds-an-archive', 'a comment that is a whole other archive', both, {
    comment: zip([file('inner.txt', 'inner')]).bytes,
  }),
  good('comment-full-of-end-records', 'a comment of a hundred end records', both, {
    comment: Buffer.concat(Array.from({ length: 100 }, () => emptyEndAt(0))),
  }),
  good('comment-of-65535-bytes', 'the longest comment', both, { comment: Buffer.alloc(65_535, 'x') }),
  good('stub-in-front', 'a program in front that the offsets count (self-extracting)', both, {
    prefix: Buffer.concat([ascii('#!/bin/sh\nexec unzip -q "$0"\n'), Buffer.alloc(300, 0x90)]),
  }),
  goodBytes(
    'archive-behind-an-archive',
    'two archives one after the other: the last end record counts',
    second.bytes,
    [expected('second.txt', 'second')],
  ),
  good('appended-zeros', 'a block of zeros behind the end record, as libarchive writes to a pipe', both, {
    suffix: Buffer.alloc(512),
  }),
  good('appended-zeros-after-a-comment', 'zeros behind a comment that ends in zeros', both, {
    comment: 'made by hand\0\0',
    suffix: Buffer.alloc(3),
  }),
  good('gap-between-members', 'bytes between members, as after an update in place', [
    ALPHA,
    { ...BETA, gap: Buffer.alloc(300, 0xee) },
  ]),
  good('deleted-member', 'a member that is no longer listed', [
    ALPHA,
    { ...BETA, gap: zip([file('gone', 'gone')]).bytes.subarray(0, 38) },
  ]),
  good('listed-out-of-order', 'a directory in another order than the members', [
    { ...BETA, gap: zip([ALPHA]).bytes.subarray(0, zip([ALPHA]).directoryStart) },
    { ...ALPHA, offset: 0, onlyListed: true },
  ]),
  good('padding-after-extra-fields', 'up to three bytes of padding, as alignment tools write', [
    { ...ALPHA, extra: Buffer.alloc(3) },
    { ...BETA, extra: Buffer.concat([extraField(0x5455, Buffer.alloc(5)), Buffer.alloc(2)]) },
  ]),
  good(
    'ntfs-time-field',
    'NTFS times of every length, complete and cut off',
    [4, 8, 12, 24, 28, 31, 32, 33].map((length) =>
      stored(`ntfs-${length}.txt`, 'time', {
        extra: extraField(
          10,
          Buffer.concat([Buffer.from([0, 0, 0, 0, 1, 0, 24, 0]), Buffer.alloc(40, 0xff)]).subarray(0, length),
        ),
      }),
    ),
    {},
    'CVE-2026-31988',
  ),
  good('unknown-extra-fields', 'private extra fields with nothing in them and with much', [
    {
      ...ALPHA,
      extra: Buffer.concat([extraField(0xcafe, Buffer.alloc(0)), extraField(0xfb4a, Buffer.alloc(1000, 1))]),
    },
    BETA,
  ]),
  good('impossible-times', 'dates with month 15 and second 62 do not matter', [
    stored('a', alpha, { extra: extraField(0x5455, Buffer.alloc(5, 0xff)) }),
    stored('b', beta),
  ]),
]
