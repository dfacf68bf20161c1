import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KEY_MAX_BYTES, logicalKeys } from '../../src/packaging/logical-keys.ts'

const RESERVED = new Set(['entry.json', 'README.md', 'names.json', 'tables/'])
const keysOf = (...names: string[]): string[] => logicalKeys(names, RESERVED).keys
const keyOf = (name: string): string => keysOf(name)[0]!
const fold = (key: string): string => key.normalize('NFD').toUpperCase().toLowerCase().normalize('NFC')
/** The key with the digits of its mark replaced, so that expectations can be read. */
const marked = (key: string): string => key.replace(/-[0-9a-f]{8}(?=\.|$)/, '-########')

describe('a name that is safe keeps itself', () => {
  it.each([
    'report.pdf',
    'data/run 1/plate (2).csv',
    'Übersicht.xlsx',
    '日本語/表.csv',
    'no ending',
    '.hidden',
    'a.b.c',
    'sub/README.md',
    'sub/.quilt/x',
    '💡.txt',
    "it's [ok] & fine, #1 +2 = 3; ~@!$.txt",
    `${'x'.repeat(251)}.csv`,
  ])('%s', (name) => expect(logicalKeys([name], RESERVED)).toEqual({ keys: [name], renamed: [] }))
})

describe('a name that is only spelled differently gets no mark', () => {
  it.each([
    ['folder\\sub\\file.txt', 'folder/sub/file.txt'],
    ['/etc/passwd', 'etc/passwd'],
    ['./a//b/./c', 'a/b/c'],
    ['re\u0301sume\u0301.pdf', 'résumé.pdf'],
  ])('%s', (name, key) =>
    expect(logicalKeys([name], RESERVED)).toEqual({
      keys: [key],
      renamed: [{ key, original: name, reason: 'spelling' }],
    }),
  )
})

describe('a name that cannot be kept is changed and marked', () => {
  it.each([
    ['../../etc/passwd', 'etc/passwd-########', 'unsafe'],
    ['a/../b.txt', 'a/b-########.txt', 'unsafe'],
    ['..', '_-########', 'unsafe'],
    ['', '_-########', 'unsafe'],
    ['/', '_-########', 'unsafe'],
    ['C:\\Users\\me\\x.csv', 'Users/me/x-########.csv', 'unsafe'],
    ['100%.txt', '100_-########.txt', 'unsafe'],
    ['what?.txt', 'what_-########.txt', 'unsafe'],
    ['a\u0000b\u001f\u007f\u0085.txt', 'a_b___-########.txt', 'unsafe'],
    ['gpj\u202egnp.exe', 'gpj_gnp-########.exe', 'unsafe'],
    ['\ud800.txt', '\u{fffd}-########.txt', 'unsafe'],
    ['trailing. ', 'trailing-########', 'unsafe'],
    ['folder /file', 'folder/file-########', 'unsafe'],
    ['... /x', '_/x-########', 'unsafe'],
    ['CON', '_CON-########', 'unsafe'],
    ['data/nul.tar.gz', 'data/_nul-########.tar.gz', 'unsafe'],
    ['.quilt/packages/abc', '_quilt/packages/abc-########', 'unsafe'],
    ['.QUILT', '_QUILT-########', 'unsafe'],
    ['.\\.quilt\\named_packages\\x', '_quilt/named_packages/x-########', 'unsafe'],
    ['.objects/aa/bb', '_objects/aa/bb-########', 'unsafe'],
    ['.benchling-webhook/x', '_benchling-webhook/x-########', 'unsafe'],
    ['entry.json', 'entry-########.json', 'reserved'],
    ['Entry.JSON', 'Entry-########.JSON', 'reserved'],
    ['readme.md', 'readme-########.md', 'reserved'],
    ['./entry.json', 'entry-########.json', 'reserved'],
    ['entry.json/x.txt', '_entry.json/x-########.txt', 'reserved'],
    ['tables/x.csv', '_tables/x-########.csv', 'reserved'],
    ['Tables/deep/x.csv', '_Tables/deep/x-########.csv', 'reserved'],
    ['tables', 'tables-########', 'reserved'],
    ['quilt_summarize.json', 'quilt_summarize-########.json', 'reserved'],
    ['any/where/ro-crate-metadata.json', 'any/where/ro-crate-metadata-########.json', 'reserved'],
    [`${'x'.repeat(300)}.fastq.gz`, `${'x'.repeat(237)}-########.fastq.gz`, 'too_long'],
    [`${'é'.repeat(200)}.csv`, `${'é'.repeat(121)}-########.csv`, 'too_long'],
  ])('%j', (name, key, reason) => {
    const { keys, renamed } = logicalKeys([name], RESERVED)
    expect(marked(keys[0]!)).toBe(key)
    expect(renamed).toEqual([{ key: keys[0], original: name, reason }])
  })

  it('drops the inner folders of a path that is too deep', () => {
    const key = keyOf(`${'folder name/'.repeat(100)}file.csv`)
    expect(Buffer.byteLength(key)).toBeLessThanOrEqual(KEY_MAX_BYTES)
    expect(marked(key)).toMatch(/^(folder name\/)+file-########\.csv$/)
  })

  it('marks by the original name, so that the mark stays the same for ever', () => {
    expect(keyOf('100%.txt')).toBe('100_-3d2f5264.txt')
  })
})

describe('the longest names a ZIP can hold', () => {
  it.each([
    ['dots in the middle', `${'.'.repeat(60_000)}x`],
    ['spaces in the middle', `con${' '.repeat(60_000)}x`],
    ['dots and spaces between letters', `${' .'.repeat(30_000)}x`],
    ['folders in folders', `${'a/'.repeat(30_000)}x`],
    ['nothing but folders to leave', `${'../'.repeat(20_000)}x`],
  ])('%s: are read once, not once for each character', (_, name) => {
    const begun = performance.now()
    expect(Buffer.byteLength(keyOf(name))).toBeLessThanOrEqual(KEY_MAX_BYTES)
    expect(performance.now() - begun).toBeLessThan(1_000) // three to seven seconds, and a GiB, otherwise
  })
})

describe('names that want the same key', () => {
  it('differing in case: the first in code unit order has it', () => {
    for (const names of [
      ['a.txt', 'A.txt'],
      ['A.txt', 'a.txt'],
    ]) {
      const keys = keysOf(...names)
      expect(keys[names.indexOf('A.txt')]).toBe('A.txt')
      expect(marked(keys[names.indexOf('a.txt')]!)).toBe('a-########.txt')
    }
  })

  it('differing in Unicode form: the composed one has it', () => {
    expect(keysOf('e\u0301', 'é').map(marked)).toEqual(['é-########', 'é'])
  })

  it('differing in what had to be replaced: each has its own mark', () => {
    const keys = keysOf('a?.txt', 'a*.txt', 'a_.txt')
    expect(keys.map(marked)).toEqual(['a_-########.txt', 'a_-########.txt', 'a_.txt'])
    expect(new Set(keys).size).toBe(3)
  })

  it('being equal: the first has it, the others get marks of their own', () => {
    const { keys, renamed } = logicalKeys(['x.txt', 'x.txt', 'x.txt'], RESERVED)
    expect(keys.map(marked)).toEqual(['x.txt', 'x-########.txt', 'x-########.txt'])
    expect(new Set(keys).size).toBe(3)
    expect(renamed.map(({ reason }) => reason)).toEqual(['duplicate', 'duplicate'])
  })

  it('being equal many thousand times: each is hashed once', () => {
    const begun = performance.now()
    const { keys } = logicalKeys(Array(3_000).fill('a/x.txt'), RESERVED)
    expect(new Set(keys).size).toBe(3_000)
    expect(performance.now() - begun).toBeLessThan(2_000) // twelve seconds, were every mark tried from the first again
  })

  it('one being a folder: the folder has it, in any case', () => {
    expect(keysOf('data', 'DATA/x.csv').map(marked)).toEqual(['data-########', 'DATA/x.csv'])
    expect(logicalKeys(['data', 'DATA/x.csv'], RESERVED).renamed[0]?.reason).toBe('folder')
  })

  it('a name that looks like a mark does not take its place', () => {
    const stolen = keyOf('100%.txt')
    const keys = keysOf('100%.txt', stolen)
    expect(keys[1]).toBe(stolen)
    expect(keys[0]).not.toBe(stolen)
  })
})

const piece = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      'a',
      'A',
      'b',
      'data',
      'entry.json',
      'tables',
      '.quilt',
      'e\u0301',
      'é',
      'ß',
      'SS',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '..',
      '.',
      '',
      'CON',
      'x.',
      'x ',
      '%',
      'C:',
      'a?',
      'ro-crate-metadata.json',
      'x.tar.gz',
    ),
  },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom('x', 'é', '💡', ' '), fc.nat(300)).map(([unit, n]) => unit.repeat(n)),
  },
)
const name = fc
  .tuple(
    fc.array(piece, { minLength: 1, maxLength: 6 }),
    fc.constantFrom('/', '/', '\\'),
    fc.constantFrom('', '.csv', '.'),
  )
  .map(([parts, slash, end]) => parts.join(slash) + end)
const names = fc.array(name, { maxLength: 25 })

describe('a name that has room in a key until it gets digits', () => {
  it('loses folders, and its key is its own key', () => {
    const folders = ['a', 'b', 'c'].map((letter) => letter.repeat(255))
    const { keys } = logicalKeys([[...folders, `${'x'.repeat(31)}.`].join('/')], RESERVED)
    expect(keys[0]).toMatch(/^a{255}\/b{255}\/x{31}-[0-9a-f]{8}$/)
    expect(logicalKeys(keys, RESERVED)).toEqual({ keys, renamed: [] })
  })
})

describe('any names', () => {
  it('get keys that are valid, and different to every file system', () =>
    fc.assert(
      fc.property(names, (all) => {
        const { keys } = logicalKeys(all, RESERVED)
        expect(keys).toHaveLength(all.length)
        expect(new Set(keys.map(fold)).size).toBe(all.length)
        const folders = new Set(
          keys.flatMap((key) =>
            key
              .split('/')
              .slice(0, -1)
              .map((_, i, parts) => fold(parts.slice(0, i + 1).join('/'))),
          ),
        )
        for (const key of keys) {
          expect(Buffer.byteLength(key)).toBeLessThanOrEqual(KEY_MAX_BYTES)
          expect(key.isWellFormed() && key === key.normalize('NFC')).toBe(true)
          for (const part of key.split('/')) {
            expect(['', '.', '..']).not.toContain(part)
            expect(Buffer.byteLength(part)).toBeLessThanOrEqual(255)
            expect(part).not.toMatch(/[\p{Cc}\\%<>:"|?*]|[ .]$/u)
          }
          expect(key).not.toMatch(/^\.(quilt|objects|benchling-webhook)(\/|$)/i)
          expect(folders.has(fold(key))).toBe(false)
          expect(RESERVED.has(key)).toBe(false)
          expect(key.startsWith('tables/')).toBe(false)
        }
      }),
      { numRuns: 300 },
    ))

  it('get keys that are their own keys', () =>
    fc.assert(
      fc.property(names, (all) => {
        const { keys } = logicalKeys(all, RESERVED)
        expect(logicalKeys(keys, RESERVED)).toEqual({ keys, renamed: [] })
      }),
      { numRuns: 200 },
    ))

  it('get the same keys in any order', () =>
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 15 }), fc.infiniteStream(fc.nat()), (all, order) => {
        const shuffled = all.map((each) => ({ each, at: order.next().value })).sort((a, b) => a.at - b.at)
        const before = new Map(logicalKeys(all, RESERVED).keys.map((key, index) => [all[index], key]))
        const after = logicalKeys(
          shuffled.map(({ each }) => each),
          RESERVED,
        ).keys
        expect(after).toEqual(shuffled.map(({ each }) => before.get(each)))
      }),
      { numRuns: 100 },
    ))

  it('are listed as renamed exactly when they are', () =>
    fc.assert(
      fc.property(names, (all) => {
        const { keys, renamed } = logicalKeys(all, RESERVED)
        expect(renamed.map(({ original, key }) => [original, key])).toEqual(
          all.map((each, index) => [each, keys[index]]).filter(([each, key]) => each !== key),
        )
      }),
      { numRuns: 100 },
    ))
})
