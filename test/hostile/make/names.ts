import { unicodePathField } from '../../support/zip-bytes.ts'
import { type Fixture, file, type GoodMember, good, marked, refused, stored } from './fixture.ts'

/** A name that is kept under a key made of its safe parts and a mark. */
const unsafe = (name: string, folders: string, stem: string, ending: string): GoodMember =>
  stored(name, `data of ${JSON.stringify(name).slice(0, 60)}`, { key: folders + marked(stem, ending, name) })
const raw = (hex: string, as: string, more: Partial<GoodMember> = {}): GoodMember =>
  stored('', 'x', { name: Buffer.from(hex.replaceAll(' ', ''), 'hex'), as, ...more })

const ZIP_SLIP = 'CVE-2018-1002203, CVE-2018-1002204'

const DOCUMENTS = [
  'entry.json',
  'entry_data.json',
  'links.json',
  'input.json',
  'README.md',
  'files.json',
  'names.json',
]

const reserved = (name: string): GoodMember => {
  const dot = name.lastIndexOf('.')
  return unsafe(name, '', name.slice(0, dot), name.slice(dot))
}

const long = 'n'.repeat(65_535 - 4)
const plain = Buffer.from([0x81, 0x62, 0x65, 0x72])

export const names: readonly Fixture[] = [
  good(
    'name-dotdot',
    'names that lead out of the package',
    [
      unsafe('../evil.txt', '', 'evil', '.txt'),
      unsafe('../../../../etc/passwd', 'etc/', 'passwd', ''),
      unsafe('a/../../b.txt', 'a/', 'b', '.txt'),
      unsafe('a/..', '', 'a', ''),
    ],
    {},
    ZIP_SLIP,
  ),
  good(
    'name-dotdot-backslash',
    'names that lead out of the package on Windows',
    [
      unsafe('..\\evil.txt', '', 'evil', '.txt'),
      unsafe('a\\..\\..\\b.txt', 'a/', 'b', '.txt'),
      unsafe('a/..\\../c.txt', 'a/', 'c', '.txt'),
    ],
    {},
    ZIP_SLIP,
  ),
  good(
    'name-absolute',
    'absolute names',
    [
      stored('/etc/passwd', 'root', { key: 'etc/passwd' }),
      stored('//server/share.txt', 'unc', { key: 'server/share.txt' }),
      stored('///x', 'three', { key: 'x' }),
    ],
    {},
    ZIP_SLIP,
  ),
  good('name-drive', 'drive letters, device paths and network shares', [
    unsafe('C:\\Windows\\system.ini', 'Windows/', 'system', '.ini'),
    unsafe('c:relative.txt', '', 'relative', '.txt'),
    unsafe('\\\\?\\C:\\x.txt', '_/C_/', 'x', '.txt'),
    stored('\\\\server\\share\\y.txt', 'unc', { key: 'server/share/y.txt' }),
  ]),
  good('name-nul', 'a NUL that ends the name for some', [unsafe('safe.txt\0.exe', '', 'safe.txt_', '.exe')]),
  good('name-control', 'control characters', [
    unsafe('a\nb.txt', '', 'a_b', '.txt'),
    unsafe('\u001b[2Jterminal.txt', '', '_[2Jterminal', '.txt'),
    unsafe('del\u007f.txt', '', 'del_', '.txt'),
    unsafe('c1\u0085.txt', '', 'c1_', '.txt'),
    unsafe('line\u2028.txt', '', 'line_', '.txt'),
  ]),
  good('name-bidi', 'marks that reorder text: an .exe that looks like a .png', [
    unsafe('report\u202egnp.exe', '', 'report_gnp', '.exe'),
    unsafe('\u2066isolated\u2069.txt', '', '_isolated_', '.txt'),
  ]),
  good('name-dots', 'names of dots and spaces', [
    unsafe('...', '', '_', ''),
    unsafe('.', '', '_', ''),
    unsafe('..', '', '_', ''),
    unsafe('   ', '', '_', ''),
    unsafe('.../x.txt', '_/', 'x', '.txt'),
  ]),
  good('name-trailing-dots', 'dots and spaces that Windows drops', [
    stored('x.txt', 'one'),
    unsafe('x.txt.', '', 'x', '.txt'),
    unsafe('x.txt ', '', 'x', '.txt'),
    unsafe('folder. /y', 'folder/', 'y', ''),
  ]),
  good('name-devices', 'devices of Windows', [
    unsafe('CON', '', '_CON', ''),
    unsafe('aux.txt', '', '_aux', '.txt'),
    unsafe('com1/x', '_com1/', 'x', ''),
    stored('console.txt', 'no device'),
  ]),
  good('name-special', 'characters that mean something to shells, catalogues and pages', [
    unsafe('100%.txt', '', '100_', '.txt'),
    unsafe('<b>x</b>.html', '_b_x_/', 'b_', '.html'),
    unsafe('a:stream.txt', '', 'stream', '.txt'),
    unsafe('what?*.txt', '', 'what__', '.txt'),
    unsafe('"quoted"|pipe', '', '_quoted__pipe', ''),
    stored("$(rm -rf ~) `x` 'y' & [z](http:).md", 'shell', {
      key: marked("$(rm -rf ~) `x` 'y' & [z](http_)", '.md', "$(rm -rf ~) `x` 'y' & [z](http:).md"),
    }),
    stored('=cmd(A1).csv', 'formula'),
    stored('-rf', 'option'),
  ]),
  good('name-65535-bytes', 'the longest name', [
    stored(`${long}.txt`, 'long', { key: marked('n'.repeat(255 - 13), '.txt', `${long}.txt`) }),
  ]),
  good('name-1025-bytes', 'a path longer than a key of S3', [
    stored(`${'folder/'.repeat(146)}x`, 'deep', {
      key: `${'folder/'.repeat(77)}${marked('x', '', `${'folder/'.repeat(146)}x`)}`,
    }),
  ]),
  good('name-256-bytes', 'a file name one byte longer than a file system takes', [
    stored(`${'ü'.repeat(126)}.txt`, 'just fits? 256 bytes', {
      key: marked('ü'.repeat(121), '.txt', `${'ü'.repeat(126)}.txt`),
    }),
    stored(`${'n'.repeat(251)}.csv`, 'fits: 255 bytes'),
  ]),
  good('name-invalid-utf8', 'the UTF-8 flag over bytes that are not', [
    raw('61 ff 2e 74 78 74', 'a\u00a0.txt'),
    raw('c3 28', '├('),
  ]),
  good('name-overlong-utf8', 'a slash and dots in too many bytes', [
    raw('2e 2e c0 af 78', '..└»x'),
    raw('e0 80 ae e0 80 ae 2f 79', 'αÇ«αÇ«/y'),
  ]),
  good('name-surrogates-in-utf8', 'halves of characters written as UTF-8', [raw('ed a0 80 2e 74', 'φáÇ.t')]),
  good('name-utf8-without-flag', 'UTF-8 that does not say so', [
    stored('Größe µ 日本 💡.txt', 'x', { flags: 0 }),
  ]),
  good('name-byte-order-mark', 'a byte order mark in front of a name', [
    stored('\u{feff}a.txt', 'x'),
    stored('a.txt', 'y'),
  ]),
  good('name-unicode-path', 'a Unicode path field whose checksum fits', [
    raw('81 62 65 72', 'über 💡.txt', { flags: 0, extra: unicodePathField(plain, 'über 💡.txt') }),
  ]),
  good('name-unicode-path-stale', 'a Unicode path field of an older name', [
    stored('renamed.txt', 'x', { flags: 0, extra: unicodePathField('renamed.txt', 'old.txt', 1) }),
  ]),
  good('name-unicode-path-of-version-2', 'a Unicode path field of an unknown version', [
    stored('plain.txt', 'x', {
      flags: 0,
      extra: Buffer.from(unicodePathField('plain.txt', 'other.txt')).fill(2, 4, 5),
    }),
  ]),
  good('name-unicode-path-empty', 'a Unicode path field without a name', [
    stored('plain.txt', 'x', { flags: 0, extra: unicodePathField('plain.txt', '') }),
  ]),
  good(
    'name-unicode-path-traversal',
    'a Unicode path field that leads out where the plain name does not',
    [
      stored('plain.txt', 'x', {
        as: '../../evil.txt',
        key: marked('evil', '.txt', '../../evil.txt'),
        flags: 0,
        extra: unicodePathField('plain.txt', '../../evil.txt'),
      }),
    ],
    {},
    ZIP_SLIP,
  ),
  good('name-forms-c-and-d', 'one name in two Unicode forms', [
    stored('é.txt'.normalize('NFD'), 'decomposed', { key: marked('é', '.txt', 'é.txt'.normalize('NFD')) }),
    stored('é.txt'.normalize('NFC'), 'composed'),
  ]),
  good(
    'name-case',
    'names that differ in case',
    [stored('Data.csv', 'first'), stored('DATA.csv', 'second'), stored('data.csv', 'third')].map((member) =>
      member.name === 'DATA.csv'
        ? member
        : { ...member, key: marked(String(member.name).slice(0, 4), '.csv', String(member.name)) },
    ),
  ),
  good('name-our-documents', 'names of the documents we write', DOCUMENTS.map(reserved)),
  good('name-our-documents-spelled-otherwise', 'names of our documents in other spellings', [
    unsafe('ENTRY.JSON', '', 'ENTRY', '.JSON'),
    unsafe('./readme.MD', '', 'readme', '.MD'),
    unsafe('entry.json/inside.txt', '_entry.json/', 'inside', '.txt'),
    unsafe('entry.json ', '', 'entry', '.json'),
  ]),
  good('name-quilt', 'names that mean something to Quilt', [
    unsafe('quilt_summarize.json', '', 'quilt_summarize', '.json'),
    unsafe('.quilt/named_packages/x/latest', '_quilt/named_packages/x/', 'latest', ''),
    unsafe('.objects/aa', '_objects/', 'aa', ''),
    unsafe('sub/ro-crate-metadata.json', 'sub/', 'ro-crate-metadata', '.json'),
    stored('tables/plate.csv', 'free'),
  ]),
  good(
    'name-file-and-folder',
    'a file that is the folder of another',
    [
      stored('a', 'file', { key: marked('a', '', 'a') }),
      stored('a/b', 'inside'),
      stored('a/b/c', 'deeper'),
    ].map((member) => (member.name === 'a/b' ? { ...member, key: `a/${marked('b', '', 'a/b')}` } : member)),
  ),
  good('name-twice', 'one name for two files', [
    stored('same.csv', 'first'),
    stored('same.csv', 'second', { key: marked('same', '.csv', 'same.csv') }),
  ]),
  good('name-three-times', 'one name for three files, two of them alike', [
    stored('same.csv', 'first'),
    stored('same.csv', 'second', { key: marked('same', '.csv', 'same.csv') }),
    stored('same.csv', 'second', { key: marked('same', '.csv', 'same.csv', 1) }),
  ]),
  good('name-one-after-normalisation', 'names that become one', [
    stored('a/b.txt', 'exact'),
    stored('a//b.txt', 'doubled slash', { key: `a/${marked('b', '.txt', 'a//b.txt')}` }),
    stored('./a/b.txt', 'dot', { key: `a/${marked('b', '.txt', './a/b.txt')}` }),
    stored('a\\b.txt', 'backslash', { key: `a/${marked('b', '.txt', 'a\\b.txt')}` }),
  ]),
  good(
    'name-slashes',
    'names of slashes, for readers that walk up their folders for ever',
    [
      stored('//', ''),
      stored('/', ''),
      stored('a//', ''),
      stored('/a//b.txt', 'x', { key: 'a/b.txt' }),
      stored('d/./../', ''),
    ],
    {},
    'CVE-2024-8088',
  ),
  good('name-nameless-and-empty', 'a record without name and data stands for nothing', [
    stored('', ''),
    stored('a', 'x'),
  ]),
  refused('archive.name_invalid', 'folder-with-data', 'a name like a folder, with data', [
    file('folder/', 'data'),
  ]),
  refused('archive.name_invalid', 'folder-with-data-stored', 'a name like a folder, with stored data', [
    stored('a/b/', 'data'),
  ]),
  refused(
    'archive.name_invalid',
    'windows-folder-with-data',
    'a folder by its attribute and its backslash, with data',
    [stored('folder\\', 'data', { madeBy: 20, attributes: 0x10 })],
  ),
  refused('archive.name_invalid', 'no-name', 'data without a name', [stored('', 'data')]),
  refused(
    'archive.name_invalid',
    'folder-with-a-loud-name',
    'a name with control and direction marks in a message to people',
    [stored('\u202eevil\u0007\u001b[31m\u200f\u061c/', 'data')],
  ),
]
