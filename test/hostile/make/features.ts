import { extraField, type ZipMember } from '../../support/zip-bytes.ts'
import { ALPHA, BETA, type Fixture, file, good, refused, stored } from './fixture.ts'

const unix = (mode: number): number => mode * 65_536

const METHODS: readonly [code: number, name: string][] = [
  [1, 'shrunk'],
  [2, 'reduced'],
  [6, 'imploded'],
  [7, 'tokenized'],
  [9, 'deflate64'],
  [10, 'dcl'],
  [12, 'bzip2'],
  [14, 'lzma'],
  [16, 'cmpsc'],
  [19, 'lz77'],
  [20, 'zstd-old'],
  [93, 'zstd'],
  [94, 'mp3'],
  [95, 'xz'],
  [96, 'jpeg'],
  [97, 'wavpack'],
  [98, 'ppmd'],
  [255, 'unknown'],
  [65_535, 'unknown'],
]

const aes = extraField(0x9901, Buffer.from([2, 0, 0x41, 0x45, 3, 8, 0]))
const encrypted: readonly [what: string, attacks: string, member: ZipMember][] = [
  ['zipcrypto', 'the old encryption', { ...ALPHA, flags: 0x0801 }],
  [
    'zipcrypto-with-descriptor',
    'the old encryption of a streamed member',
    { ...ALPHA, flags: 0x0801, descriptor: true },
  ],
  ['strong', 'strong encryption', { ...ALPHA, flags: 0x0841 }],
  ['strong-flag-alone', 'the flag of strong encryption alone', { ...ALPHA, flags: 0x0840 }],
  ['aes', 'AES of WinZip', { ...ALPHA, method: 99, flags: 0x0801, extra: aes }],
  ['aes-without-flag', 'the AES method without the flag', { ...ALPHA, method: 99, extra: aes }],
  ['masked-directory', 'a directory whose values are masked', { ...ALPHA, flags: 0x2841 }],
  ['one-of-two', 'an encrypted member after a plain one', { ...ALPHA, flags: 0x0801 }],
]

const KINDS: readonly [what: string, mode: number, data: string][] = [
  ['symlink', 0o120777, '/etc/passwd'],
  ['symlink-to-parent', 0o120777, '../../outside'],
  ['symlink-empty', 0o120777, ''],
  ['character-device', 0o020666, ''],
  ['block-device', 0o060660, ''],
  ['fifo', 0o010644, ''],
  ['socket', 0o140755, ''],
]

export const features: readonly Fixture[] = [
  ...METHODS.map(([code, name]) =>
    refused('archive.unsupported', `method-${code}-${name}`, `a member packed by method ${code}`, [
      { ...ALPHA, method: code, packed: Buffer.from(String(ALPHA.data)) },
    ]),
  ),
  ...encrypted.map(([what, attacks, member]) =>
    refused('archive.encrypted', what, attacks, what === 'one-of-two' ? [BETA, member] : [member]),
  ),
  ...KINDS.map(([what, mode, data]) =>
    refused(
      'archive.unsupported',
      what,
      `not a file but a ${what.replaceAll('-', ' ')}`,
      [ALPHA, stored('link', data, { attributes: unix(mode) })],
      {},
      what === 'symlink' ? 'CVE-2018-1002203' : undefined,
    ),
  ),
  refused(
    'archive.unsupported',
    'symlink-then-a-file-through-it',
    'a link, then a file that would be written through it',
    [stored('dir', '/tmp', { attributes: unix(0o120777) }), file('dir/evil.txt', 'evil')],
  ),
  refused('archive.unsupported', 'patch-data', 'compressed patch data', [{ ...ALPHA, flags: 0x0820 }]),
  good('setuid-bits', 'setuid, setgid and sticky bits: only the bytes are kept', [
    stored('suid', 'suid', { attributes: unix(0o104755) }),
    stored('sgid', 'sgid', { attributes: unix(0o102755) }),
    stored('sticky', 'sticky', { attributes: unix(0o101777) }),
  ]),
  good('modes-of-every-kind', 'no mode, no permissions, all permissions', [
    stored('none', 'a', { attributes: 0 }),
    stored('no-permissions', 'b', { attributes: unix(0o100000) }),
    stored('all', 'c', { attributes: unix(0o100777) }),
    stored('bits-without-kind', 'd', { attributes: unix(0o644) }),
  ]),
  good('dos-attributes', 'hidden, system, archive and read-only files from Windows', [
    stored('hidden', 'a', { madeBy: 20, attributes: 2 }),
    stored('system', 'b', { madeBy: 20, attributes: 4 }),
    stored('read-only', 'c', { madeBy: 10 << 8, attributes: 0x21 }),
  ]),
  good('folder-attribute-without-slash', 'a file with data whose attribute says folder', [
    stored('data', 'data', { madeBy: 20, attributes: 0x10 }),
  ]),
  good('unusual-flags', 'flags for the speed of deflate, and reserved ones', [
    { ...ALPHA, flags: 0x0806 },
    { ...BETA, flags: 0x0880 },
  ]),
  good('versions', 'made by and needed versions nobody has', [
    { ...ALPHA, madeBy: 0x03ff },
    { ...BETA, madeBy: 0x1300 },
  ]),
]
