import { u32, u64, type ZipMember } from '../../support/zip-bytes.ts'
import { deflated } from './deflate.ts'
import { ALPHA, BETA, type Fixture, file, type GoodMember, good, refused, stored, zip } from './fixture.ts'

const MEMBER = 'archive.member_invalid'
/** The gap keeps a member whose local header is shorter than the directory says from being an overlap. */
const two = (first: Partial<ZipMember>): ZipMember[] => [
  { ...ALPHA, ...first },
  { ...BETA, gap: Buffer.alloc(40) },
]
const fine = (first: Partial<GoodMember>): GoodMember[] => [{ ...ALPHA, ...first }, BETA]

const data = Buffer.from('a stream that is long enough to be cut in several places, and a little longer')
const packed = deflated(data)
const changed = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes)
  copy[at]! ^= 0x55
  return copy
}

const streams: readonly [what: string, attacks: string, member: Partial<ZipMember>][] = [
  ['crc-of-a-deflated-member', 'a wrong checksum', { data, crc: 1 }],
  ['crc-of-a-stored-member', 'a wrong checksum', { data, method: 0, crc: 1 }],
  ['crc-zero', 'a checksum of zero, as if not computed', { data, crc: 0 }],
  ['stored-byte-changed', 'a changed byte', { data, method: 0, packed: changed(data, 30) }],
  ['deflated-byte-changed', 'a changed byte in the compressed stream', { data, packed: changed(packed, 30) }],
  ['deflate-ends-early', 'a stream without its last byte', { data, packed: packed.subarray(0, -1) }],
  ['deflate-cut-in-half', 'half a stream', { data, packed: packed.subarray(0, packed.length / 2) }],
  [
    'deflate-without-a-last-block',
    'a stream whose last block does not say so',
    { data, packed: deflated(data, false) },
  ],
  [
    'deflate-of-no-bytes',
    'no packed bytes for a member that has a size',
    { data: 'x', packed: Buffer.alloc(1) },
  ],
  [
    'deflate-continues',
    'a second stream behind the first',
    { data, packed: Buffer.concat([packed, packed]) },
  ],
  [
    'deflate-then-one-byte',
    'one byte behind the stream',
    { data, packed: Buffer.concat([packed, Buffer.alloc(1)]) },
  ],
  [
    'deflate-then-garbage',
    'garbage behind the stream',
    { data, packed: Buffer.concat([packed, Buffer.alloc(200, 0xab)]) },
  ],
  [
    'deflate-block-of-type-3',
    'a block of a kind that does not exist',
    { data, packed: Buffer.alloc(packed.length, 0xff) },
  ],
  [
    'deflate-distance-too-far',
    'a match that reaches before the beginning',
    { data, packed: Buffer.concat([Buffer.from([0x4b, 0x04, 0x12, 0x00]), packed]) },
  ],
  ['deflate-of-stored-data', 'plain data that says it is deflated', { data, packed: data }],
  [
    'deflate-in-a-stored-member',
    'a deflated stream that says it is stored',
    { data: packed, method: 0, crc: 7 },
  ],
  [
    'zlib-header',
    'a zlib stream in place of a raw one',
    { data, packed: Buffer.concat([Buffer.from([0x78, 0x9c]), packed, Buffer.alloc(4)]) },
  ],
  ['size-high', 'a size one above the truth', { data, size: data.length + 1 }],
  ['size-low', 'a size one below the truth', { data, size: data.length - 1 }],
  ['packed-size-low', 'a packed size one below the truth', { data, compressedSize: packed.length - 1 }],
  ['empty-with-packed-bytes', 'an empty member whose stream holds bytes', { data: '', packed }],
]

const crossed = zip(two({})).bytes
const header = zip([ALPHA]).bytes.subarray(0, 30)
const descriptorOf = (
  member: ZipMember,
  form: 'signed' | 'unsigned' | 'zip64' | 'zip64 unsigned',
): Buffer => {
  const whole = zip([member])
  const sizes = whole.directoryStart - 30 - String(member.name).length
  const width = form.startsWith('zip64') ? u64 : u32
  const values = [u32(0x0badcafe), width(sizes), width(String(member.data).length)]
  values[0] = whole.bytes.subarray(14, 18)
  return Buffer.concat(form.endsWith('unsigned') ? values : [u32(0x08074b50), ...values])
}

const streamed = (form: Parameters<typeof descriptorOf>[1]): GoodMember[] =>
  [ALPHA, BETA].map((member) => ({ ...member, descriptor: descriptorOf(member, form) }))

export const locals: readonly Fixture[] = [
  ...streams.map(([what, attacks, member]) =>
    refused(MEMBER, what, attacks, [BETA, { name: 'm', ...member }]),
  ),
  refused(
    MEMBER,
    'local-header-missing',
    'no local header where the directory says',
    two({ localSignature: 0 }),
  ),
  refused(
    MEMBER,
    'local-header-is-a-directory-record',
    'another kind of record where the directory says',
    two({ localSignature: 0x02014b50 }),
  ),
  refused(MEMBER, 'local-name-longer', 'a local name of another length', two({ localName: 'alpha-2.csv' })),
  refused(MEMBER, 'local-name-shorter', 'a local name of another length', two({ localName: 'a' })),
  refused(MEMBER, 'local-name-empty', 'no local name', two({ localName: '' })),
  refused(MEMBER, 'offset-one-high', 'an offset one byte behind the header', two({ offset: 1 })),
  refused(
    MEMBER,
    'offsets-crossed',
    'two members that point to each other',
    [
      { ...ALPHA, name: 'a', offset: 0, onlyListed: true },
      { ...ALPHA, name: 'b', data: 'beta', offset: 1000, onlyListed: true },
    ],
    { prefix: Buffer.concat([crossed, Buffer.alloc(2000 - crossed.length)]) },
  ),
  refused(MEMBER, 'data-replaced-by-a-header', 'a header in place of the data', [
    { ...stored('h', ''), data: 'x'.repeat(30), packed: header },
  ]),
  good(
    'local-name-of-the-same-length',
    'a local name that differs: the directory counts',
    fine({ localName: 'omega.csv' }),
  ),
  good(
    'local-name-traversal',
    'a local name that leads out: the directory counts',
    fine({ localName: '../../etc' }),
    {},
    'CVE-2018-1002204',
  ),
  good(
    'local-sizes-zero',
    'local sizes of zero without the flag for it: the directory counts',
    fine({ localSize: 0, localCompressedSize: 0 }),
  ),
  good(
    'local-sizes-huge',
    'local sizes at their maximum without a ZIP64 field: the directory counts',
    fine({ localSize: 0xffffffff, localCompressedSize: 0xffffffff }),
  ),
  good('local-crc', 'a local checksum that is wrong: the directory counts', fine({ localCrc: 0xdeadbeef })),
  good('local-method', 'a local header that says stored: the directory counts', fine({ localMethod: 0 })),
  good(
    'local-method-unknown',
    'a local header with an unknown method: the directory counts',
    fine({ localMethod: 77 }),
  ),
  good(
    'local-flags-encrypted',
    'a local header that says encrypted over plain data: the directory counts',
    fine({ localFlags: 0x0801 }),
  ),
  good(
    'local-flags-descriptor',
    'a local header that promises a descriptor there is not: the directory counts',
    fine({ localFlags: 0x0808 }),
  ),
  good(
    'local-extra-only',
    'a local extra field that the directory lacks',
    fine({ localExtra: Buffer.from([0x55, 0x54, 5, 0, 1, 0, 0, 0, 0]) }),
  ),
  good(
    'local-extra-damaged',
    'a local extra field that promises more than there is',
    fine({ localExtra: Buffer.from([1, 0, 200, 0, 0]) }),
  ),
  good('local-extra-aligned', 'data aligned to 4 kB by zeros in the local extra field (zipalign)', [
    stored('aligned.bin', 'aligned', { localExtra: Buffer.alloc(4096 - 30 - 11) }),
    BETA,
  ]),
  good('descriptor-signed', 'data descriptors with signature', streamed('signed')),
  good('descriptor-unsigned', 'data descriptors without signature', streamed('unsigned')),
  good('descriptor-zip64', 'data descriptors of 24 bytes', streamed('zip64')),
  good('descriptor-zip64-unsigned', 'data descriptors of 20 bytes', streamed('zip64 unsigned')),
  good(
    'descriptor-absent',
    'the flag for a descriptor, and none',
    [ALPHA, BETA].map((member) => ({ ...member, flags: 0x0808 })),
  ),
  good(
    'descriptor-wrong',
    'a descriptor of nonsense: the directory counts',
    fine({ descriptor: Buffer.alloc(16, 0xee) }),
  ),
  good('descriptor-in-stored-data', 'stored data that holds the signature of a descriptor and of a member', [
    stored('trap.bin', 'PK\x07\x08............PK\x03\x04................', { descriptor: true }),
    BETA,
  ]),
  good('deflated-empty', 'empty members, deflated in two bytes and in none', [
    file('two-bytes', ''),
    file('no-bytes', '', { packed: Buffer.alloc(0) }),
    stored('stored', ''),
  ]),
  good('deflated-in-many-blocks', 'a deflate stream of several blocks, empty ones among them', [
    file('blocks', 'alphaalpha', {
      packed: Buffer.concat([
        Buffer.from([0, 5, 0, 0xfa, 0xff]),
        Buffer.from('alpha'),
        Buffer.from([0, 0, 0, 0xff, 0xff]),
        Buffer.from([1, 5, 0, 0xfa, 0xff]),
        Buffer.from('alpha'),
      ]),
    }),
  ]),
]
