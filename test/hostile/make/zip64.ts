import { extraField, u32, u64, type ZipEnd, type ZipMember } from '../../support/zip-bytes.ts'
import { ALPHA, BETA, type Fixture, good, refused, zip } from './fixture.ts'

const MAX = 0xffffffff
const INVALID = 'archive.directory_invalid'
const both = [ALPHA, BETA]
const { directoryStart, endRecord } = zip(both)
const directorySize = endRecord - directoryStart

const ends: readonly [what: string, attacks: string, end: ZipEnd, advisory?: string][] = [
  ['count-high', 'a ZIP64 count above the truth', { count64: 3 }],
  ['count-low', 'a ZIP64 count below the truth', { count64: 1 }],
  ['count-off-by-65536', 'a ZIP64 count that is right only modulo 65,536', { count64: 2 + 65_536 }],
  ['count-huge', 'a ZIP64 count of more members than fit into the directory', { count64: 2 ** 40 }],
  ['directory-size-high', 'a ZIP64 directory size above the truth', { directorySize64: directorySize + 1 }],
  ['directory-size-low', 'a ZIP64 directory size below the truth', { directorySize64: directorySize - 1 }],
  ['directory-size-huge', 'a ZIP64 directory size of 4 EiB', { directorySize64: 2 ** 62 }],
  [
    'directory-offset-high',
    'a ZIP64 directory offset above the truth',
    { directoryOffset64: directoryStart + 1 },
  ],
  [
    'directory-offset-low',
    'a ZIP64 directory offset below the truth',
    { directoryOffset64: directoryStart - 1 },
  ],
  ['directory-offset-huge', 'a ZIP64 directory offset of 8 EiB', { directoryOffset64: 2 ** 63 }],
  [
    'directory-moved-both-lies-fit',
    'a ZIP64 offset and size that fit each other but not the records',
    { directoryOffset64: directoryStart - 10, directorySize64: directorySize + 10 },
  ],
  ['short-count-high', 'a short count above the ZIP64 one', { sentinels: false, count: 3, count64: 2 }],
  ['short-count-low', 'a short count below the ZIP64 one', { sentinels: false, count: 1, count64: 2 }],
  [
    'short-size-differs',
    'a short directory size that is not the ZIP64 one',
    { sentinels: false, directorySize: directorySize - 46, directorySize64: directorySize },
  ],
  [
    'short-offset-differs',
    'a short directory offset that is not the ZIP64 one',
    { sentinels: false, directoryOffset: 0, directoryOffset64: directoryStart },
  ],
  [
    'locator-offset-low',
    'a locator that points before the record',
    { locatorOffset: endRecord - 1 },
    'CVE-2025-8291',
  ],
  [
    'locator-offset-high',
    'a locator that points behind the record',
    { locatorOffset: endRecord + 1 },
    'CVE-2025-8291',
  ],
  ['locator-offset-zero', 'a locator that points to the first member', { locatorOffset: 0 }, 'CVE-2025-8291'],
  [
    'locator-offset-behind-the-end',
    'a locator that points outside the file',
    { locatorOffset: 2 ** 40 },
    'CVE-2025-8291',
  ],
  [
    'locator-offset-2-to-the-63',
    'a locator offset that overflows',
    { locatorOffset: 2n ** 63n },
    'CVE-2025-8291',
  ],
  [
    'locator-offset-2-to-the-64',
    'a locator offset of all ones',
    { locatorOffset: 2n ** 64n - 1n },
    'CVE-2025-8291',
  ],
  ['record-missing', 'a locator without a record', { record64: false }, 'CVE-2025-8291'],
  ['locator-missing', 'a record without a locator', { locator: false }],
  ['both-missing', 'maxima in the end record, and no ZIP64 record', { locator: false, record64: false }],
  ['record-signature', 'a record with another signature', { recordSignature: 0x06064b51 }],
  ['record-size-short', 'a record shorter than its fields', { recordSize: 43 }],
  ['record-size-long', 'a record longer than the room before its locator', { recordSize: 45 }],
  ['record-size-zero', 'a record of no bytes', { recordSize: 0 }],
  ['record-size-2-to-the-64', 'a record size that overflows', { recordSize: 2n ** 64n - 12n }],
]

/** The short record is honest and complete, and the ZIP64 records beside it lead to another directory. */
const twoDirectories = (): Buffer => {
  const other = zip([{ ...ALPHA, name: 'other.csv', offset: 0, onlyListed: true }])
  return zip(both, {
    zip64: true,
    sentinels: false,
    directorySuffix: other.bytes.subarray(0, other.endRecord),
    directorySize,
    locatorOffset: endRecord,
  }).bytes
}

const long = (...values: number[]): Buffer => extraField(1, Buffer.concat(values.map((value) => u64(value))))
const packed = zip([ALPHA]).directoryStart - 30 - ALPHA.name.length
const size = String(ALPHA.data).length
const onlyAlpha = (more: Partial<ZipMember>): ZipMember[] => [{ ...ALPHA, ...more }]

const fields: readonly [what: string, attacks: string, members: ZipMember[]][] = [
  ['size-announced-not-stated', 'a size of 0xffffffff and no ZIP64 field', onlyAlpha({ size: MAX })],
  [
    'packed-size-announced-not-stated',
    'a packed size of 0xffffffff and no ZIP64 field',
    onlyAlpha({ compressedSize: MAX }),
  ],
  ['offset-announced-not-stated', 'an offset of 0xffffffff and no ZIP64 field', onlyAlpha({ offset: MAX })],
  ['disk-announced-not-stated', 'a disk of 0xffff and no ZIP64 field', onlyAlpha({ disk: 0xffff })],
  [
    'field-of-4-bytes',
    'a ZIP64 field too short for one value',
    onlyAlpha({ size: MAX, extra: extraField(1, u32(size)) }),
  ],
  [
    'field-with-one-of-two',
    'a ZIP64 field that holds one of two announced values',
    onlyAlpha({ size: MAX, compressedSize: MAX, extra: long(size) }),
  ],
  [
    'field-empty',
    'a ZIP64 field without a value',
    onlyAlpha({ size: MAX, extra: extraField(1, Buffer.alloc(0)) }),
  ],
  [
    'size-2-to-the-64',
    'a ZIP64 size of all ones',
    onlyAlpha({ size: MAX, extra: extraField(1, Buffer.alloc(8, 0xff)) }),
  ],
  [
    'size-2-to-the-53',
    'a ZIP64 size that a double cannot hold',
    onlyAlpha({ size: MAX, extra: extraField(1, u64(2n ** 53n + 1n)) }),
  ],
  ['size-high', 'a ZIP64 size no such stream can have', onlyAlpha({ size: MAX, extra: long(2 ** 40) })],
  [
    'packed-size-high',
    'a ZIP64 packed size larger than the file',
    onlyAlpha({ compressedSize: MAX, extra: long(2 ** 40) }),
  ],
  ['offset-high', 'a ZIP64 offset outside the file', onlyAlpha({ offset: MAX, extra: long(2 ** 40) })],
  [
    'field-twice',
    'two ZIP64 fields that differ: readers take the first or the last',
    onlyAlpha({ size: MAX, extra: Buffer.concat([long(size), long(3)]) }),
  ],
]

const member = (outcome: 'archive.member_invalid', what: string, attacks: string, more: Partial<ZipMember>) =>
  refused(outcome, `zip64-${what}`, attacks, onlyAlpha(more))

export const zip64: readonly Fixture[] = [
  ...ends.map(([what, attacks, end, advisory]) =>
    refused(INVALID, `zip64-${what}`, attacks, both, { zip64: true, ...end }, advisory),
  ),
  refused(
    INVALID,
    'zip64-another-directory-than-the-short-record',
    'both end records are complete and lead to different directories',
    twoDirectories(),
    {},
    'CVE-2025-8291',
  ),
  ...fields.map(([what, attacks, members]) => refused(INVALID, `zip64-${what}`, attacks, members)),
  member('archive.member_invalid', 'size-low', 'a ZIP64 size below the truth', {
    size: MAX,
    extra: long(size - 1),
  }),
  member('archive.member_invalid', 'size-one-high', 'a ZIP64 size above the truth', {
    size: MAX,
    extra: long(size + 1),
  }),
  member('archive.member_invalid', 'packed-size-low', 'a ZIP64 packed size below the truth', {
    compressedSize: MAX,
    extra: long(packed - 1),
  }),
  member(
    'archive.member_invalid',
    'values-in-the-wrong-order',
    'a ZIP64 field with packed size before size',
    {
      size: MAX,
      compressedSize: MAX,
      extra: long(packed, size),
    },
  ),
  refused('archive.unsupported', 'zip64-disk-number', 'a ZIP64 record on another disk', both, {
    zip64: true,
    disk64: 1,
  }),
  refused('archive.unsupported', 'zip64-locator-disk', 'a locator that looks on another disk', both, {
    zip64: true,
    locatorDisk: 1,
  }),
  refused('archive.unsupported', 'zip64-two-disks', 'a locator that counts two disks', both, {
    zip64: true,
    locatorDisks: 2,
  }),
  refused('archive.unsupported', 'zip64-count-on-this-disk', 'fewer members on this disk than in all', both, {
    zip64: true,
    countHere64: 1,
  }),
  good('zip64-all-maxima', 'every field of the short record at its maximum', both, { zip64: true }),
  good('zip64-honest-short-record', 'a short record that states all values beside the ZIP64 one', both, {
    zip64: true,
    sentinels: false,
  }),
  good('zip64-no-disks-counted', 'a locator that counts no disks, as some writers do', both, {
    zip64: true,
    locatorDisks: 0,
  }),
  good('zip64-private-data', 'private data at the end of the ZIP64 record', both, {
    zip64: true,
    extensible: Buffer.alloc(100, 7),
  }),
  good(
    'zip64-fields-in-a-short-archive',
    'ZIP64 fields for sizes and offsets of ordinary members, without ZIP64 records',
    both.map((each) => ({ ...each, zip64: true })),
  ),
  good(
    'zip64-everything',
    'ZIP64 wherever it can be',
    both.map((each) => ({ ...each, zip64: true })),
    { zip64: true },
  ),
  good('zip64-field-not-needed', 'a ZIP64 field though no value announces one (Commons Compress)', [
    { ...ALPHA, extra: long(size, packed) },
  ]),
  good('zip64-field-with-surplus', 'a ZIP64 field longer than what was announced', [
    { ...ALPHA, size: MAX, extra: long(size, packed, 0) },
  ]),
  good('zip64-disk-in-the-field', 'the number of the disk in the ZIP64 field', [
    { ...ALPHA, disk: 0xffff, extra: extraField(1, u32(0)) },
  ]),
  good('zip64-field-after-others', 'a ZIP64 field behind two others', [
    {
      ...ALPHA,
      size: MAX,
      extra: Buffer.concat([
        extraField(0x5455, Buffer.alloc(5)),
        extraField(0x7875, Buffer.alloc(11)),
        long(size),
      ]),
    },
  ]),
  good('zip64-looks-like-a-locator', 'the comment of a member that looks like a locator', [
    { ...ALPHA, comment: `PK\x06\x07${'\0'.repeat(16)}` },
  ]),
]
