import { crc32 } from 'node:zlib'
import { deflatedZeros } from './deflate.ts'
import { ALPHA, type Fixture, file, good, refused, stored, zip } from './fixture.ts'

const MIB = 1024 * 1024
const MEMBER = 'archive.member_invalid'
const zeros = (length: number) => ({ packed: deflatedZeros(length), crc: crc32(Buffer.alloc(length)) })

const nested = (depth: number): Buffer =>
  depth === 0
    ? zip([{ name: 'zeros', ...zeros(MIB), size: MIB }]).bytes
    : zip(
        Array.from({ length: 4 }, (_, n) => ({
          name: `${depth}-${n}.zip`,
          data: nested(depth - 1),
          method: 0,
        })),
      ).bytes

/** Its limits are lowered by `settings.ts`. */
export const bombs: readonly Fixture[] = [
  refused(
    MEMBER,
    'bomb-declared-small',
    'ten MiB behind a declared size of 100 bytes',
    [{ name: 'bomb', ...zeros(10 * MIB), size: 100 }],
    {},
    'CVE-2026-77301',
  ),
  refused(MEMBER, 'bomb-declared-one-less', 'ten MiB, declared one byte short', [
    { name: 'bomb', ...zeros(10 * MIB), size: 10 * MIB - 1 },
  ]),
  refused(
    MEMBER,
    'bomb-declared-empty',
    'ten MiB behind a declared size of 0',
    [{ name: 'bomb', ...zeros(10 * MIB), size: 0, crc: 0 }],
    {},
    'CVE-2026-92000',
  ),
  refused(
    MEMBER,
    'bomb-declared-small-everywhere',
    'a hundred members of a MiB that declare a byte each',
    Array.from({ length: 100 }, (_, n) => ({ name: `bomb-${n}`, ...zeros(MIB / 4), size: 1 })),
  ),
  refused(
    'archive.directory_invalid',
    'bomb-declared-4-gib',
    'four GiB declared in 120 bytes',
    [file('bomb', 'x', { size: 0xfffffffe })],
    {},
    'CVE-2026-39244',
  ),
  refused(
    'archive.directory_invalid',
    'bomb-declared-1800-mib',
    '1.8 GB declared in 105 bytes',
    [file('b', 'x', { size: 1_800_000_000 })],
    {},
    'CVE-2026-77301',
  ),
  refused(MEMBER, 'bomb-declared-as-much-as-possible', 'as much declared as its packed bytes could hold', [
    { name: 'bomb', ...zeros(1000), size: 1032 * deflatedZeros(1000).length },
  ]),
  refused('archive.too_large', 'bomb-that-says-so', 'a member beyond the limit, honestly declared', [
    { name: 'bomb', ...zeros(10 * MIB), size: 10 * MIB },
  ]),
  refused(
    'archive.too_large',
    'sum-of-members',
    'members within the limit whose sum is beyond it',
    Array.from({ length: 8 }, (_, n) => ({ name: `part-${n}`, ...zeros(MIB / 4), size: MIB / 4 })),
  ),
  refused(
    'archive.too_large',
    'sum-that-overflows',
    'sizes of 2^52 bytes whose sum a double cannot hold',
    Array.from({ length: 3 }, (_, n) =>
      stored(`huge-${n}`, '', { size: 2 ** 52, compressedSize: 2 ** 52, crc: 1, zip64: true }),
    ),
  ),
  refused(
    'archive.too_many_members',
    'files',
    'one file more than allowed',
    Array.from({ length: 41 }, (_, n) => stored(`${n}`, '')),
  ),
  refused(
    'archive.too_many_members',
    'folders',
    'more folders than allowed: they cost memory too',
    Array.from({ length: 41 }, (_, n) => stored(`${n}/`, '')),
  ),
  refused(
    'archive.too_many_members',
    'nameless',
    'more records without name and data than allowed',
    Array.from({ length: 41 }, () => stored('', '')),
  ),
  good('bomb-within-the-limits', 'a MiB of zeros in a kB: real data can look like this', [
    { name: 'zeros.raw', packed: deflatedZeros(MIB), data: Buffer.alloc(MIB) },
    ALPHA,
  ]),
  good('nested-bomb', 'archives in archives, 64 MiB of zeros inside: an archive in an archive is a file', [
    { name: 'bomb.zip', data: nested(3), method: 0 },
  ]),
  good(
    'many-members',
    'exactly as many members as allowed',
    Array.from({ length: 40 }, (_, n) => stored(`${n}`, '')),
  ),
]
