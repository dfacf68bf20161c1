import { crc32 } from 'node:zlib'
import { type ZipMember, zipBytes } from '../../support/zip-bytes.ts'
import { deflated, deflatedZeros, storedBlock } from './deflate.ts'
import { ALPHA, BETA, type Fixture, file, refused, stored, zip } from './fixture.ts'

const OVERLAP = 'archive.overlap'

/**
 * Quoted overlap: each member begins with a stored block that holds the local header of the next, and goes on with the
 * next one's data. Every local header is genuine, every size and checksum right, and the kernel is paid for once.
 */
const quoted = (members: number): Buffer => {
  const kernel = deflatedZeros(20_000)
  const names = Array.from({ length: members }, (_, n) => `q${n}`)
  type Built = { packed: Buffer; data: Buffer }
  let inner: Built = { packed: kernel, data: Buffer.alloc(20_000) }
  const built: { name: string; packed: Buffer; data: Buffer; whole: Buffer }[] = []
  for (const name of names.toReversed()) {
    const header = zipBytes([{ name, packed: inner.packed, data: inner.data }]).bytes.subarray(
      0,
      30 + name.length,
    )
    built.unshift({ name, ...inner, whole: Buffer.concat([header, inner.packed]) })
    inner = {
      packed: Buffer.concat([storedBlock(header.length, false), header, inner.packed]),
      data: Buffer.concat([header, inner.data]),
    }
  }
  const outer = built[0]!.whole
  const listed: ZipMember[] = built.map(({ name, packed, data }) => ({
    name,
    packed,
    data,
    onlyListed: true,
    offset: outer.length - 30 - name.length - packed.length,
  }))
  return zipBytes(listed, { prefix: outer }).bytes
}

const inner = zip([file('inner.txt', 'inner')]).bytes

export const overlaps: readonly Fixture[] = [
  refused(
    OVERLAP,
    'full',
    'a bomb: ten records share one kernel and one local header',
    [
      file('aa', '', { packed: deflatedZeros(20_000), data: Buffer.alloc(20_000) }),
      ...Array.from({ length: 9 }, (_, n) => ({
        name: `a${n}`,
        packed: deflatedZeros(20_000),
        data: Buffer.alloc(20_000),
        offset: 0,
        onlyListed: true,
      })),
    ],
    {},
    'CVE-2019-13232',
  ),
  refused(
    OVERLAP,
    'quoted',
    'a bomb: each member quotes the local header of the next in a stored block',
    quoted(8),
    {},
    'CVE-2024-0450',
  ),
  refused(OVERLAP, 'same-local-header-twice', 'one file listed twice', [
    ALPHA,
    { ...ALPHA, offset: 0, onlyListed: true },
  ]),
  refused(OVERLAP, 'same-local-header-three-times', 'one file listed three times', [
    ALPHA,
    { ...ALPHA, offset: 0, onlyListed: true },
    { ...ALPHA, offset: 0, onlyListed: true },
  ]),
  refused(OVERLAP, 'same-place-two-names', 'two names for one place', [
    ALPHA,
    { ...ALPHA, name: 'alphb.csv', offset: 0, onlyListed: true },
  ]),
  refused(OVERLAP, 'by-one-byte', 'a member that reaches one byte into the next', [
    stored('a', 'alpha', { size: 6, compressedSize: 6, crc: crc32('alphaP') }),
    BETA,
  ]),
  refused(OVERLAP, 'member-of-an-archive-inside', 'a record that points into a stored archive', [
    { name: 'in.zip', data: inner, method: 0 },
    file('inner.txt', 'inner', { packed: deflated(Buffer.from('inner')), offset: 36, onlyListed: true }),
  ]),
  refused(OVERLAP, 'folder-inside-a-file', 'a folder whose header lies in the data of a file', [
    { name: 'in.bin', data: zip([stored('d/', '')]).bytes, method: 0 },
    stored('d/', '', { offset: 36, onlyListed: true }),
  ]),
  refused(OVERLAP, 'empty-file-inside-a-file', 'an empty file whose header lies in the data of a file', [
    { name: 'in.bin', data: zip([stored('e', '')]).bytes, method: 0 },
    stored('e', '', { offset: 36, onlyListed: true }),
  ]),
  refused(OVERLAP, 'nameless-records', 'many records without name and data at one place', [
    stored('', ''),
    ...Array.from({ length: 20 }, () => stored('', '', { offset: 0, onlyListed: true })),
  ]),
  refused(OVERLAP, 'listed-backwards', 'an overlap among members that are listed out of order', [
    stored('z', 'zulu'),
    stored('m', 'mike-mike'),
    stored('y', 'ulu', { offset: 1, onlyListed: true }),
  ]),
  refused(
    'archive.member_invalid',
    'local-extra-reaches-into-the-next',
    'a local extra field, which the directory does not know, that covers the next member',
    [stored('a', 'alpha', { localExtraLength: 8 }), BETA],
  ),
  refused('archive.directory_invalid', 'data-reaches-into-directory', 'a member that covers the directory', [
    stored('a', 'alpha', { size: 60, compressedSize: 60 }),
  ]),
  refused(
    'archive.directory_invalid',
    'data-reaches-into-directory-by-one-byte',
    'a member that covers one byte of the directory',
    [stored('a', 'alpha', { size: 6, compressedSize: 6 })],
  ),
  refused('archive.directory_invalid', 'offset-at-the-directory', 'a local header at the directory', [
    ALPHA,
    stored('b', '', { onlyListed: true, offset: zip([ALPHA]).directoryStart }),
  ]),
  refused(
    'archive.directory_invalid',
    'member-offset-behind-the-end',
    'an offset outside the file',
    [{ ...ALPHA, offset: 0x7fffffff }],
    {},
    'yauzl 3.1.3',
  ),
  refused(
    'archive.directory_invalid',
    'offset-at-the-last-32-bit-value',
    'an offset just below the ZIP64 marker',
    [{ ...ALPHA, offset: 0xfffffffe }],
    {},
    'yauzl 3.1.3',
  ),
]
