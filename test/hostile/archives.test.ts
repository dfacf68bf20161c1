import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ERRORS } from '../../src/base/errors.ts'
import { Fault } from '../../src/base/fault.ts'
import { bytesOf, corpus, everythingInTheFolder } from './archive-corpus.ts'
import { ArchiveLab, limitsOf, type Packaged } from './archive-lab.ts'
import { ARCHIVE_SETTINGS } from './archive-settings.ts'
import { committed, listName, table, toolMade } from './make/committed.ts'
import { fileName, handMade } from './make/hand-made.ts'

/** Nothing that moves a cursor, reorders a line or ends it. */
const UNSHOWABLE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u

const specimens = corpus()
const bad = specimens.filter(({ outcome }) => outcome !== 'good')
const good = specimens.filter(({ outcome }) => outcome === 'good')
const byKey = (a: Packaged, b: Packaged): number => (a.key < b.key ? -1 : 1)

let lab: ArchiveLab
beforeAll(async () => {
  lab = await ArchiveLab.open()
})
afterAll(() => lab[Symbol.asyncDispose]())

/** Those that say most about where bytes come from: the end of the file, cuts, sizes, and one of each way to break. */
const TELLING =
  /zip64-(locator-offset-low|everything)|--(quoted|by-one-byte|full|comment-holds|two-end|appended-byte|stub|bomb-declared|deflate-then|size-high|cut-in|no-bytes|html|empty|name-twice|descriptor-zip64|mac-|symlink|zipcrypto|files)/

/** Sources of one kind: a server that answers ranges, and one that does not. */
const SOURCES = [
  ['read by ranges', {}, specimens],
  ['held in memory', { noRanges: true }, specimens.filter(({ file }) => TELLING.test(file))],
] as const

describe.each(SOURCES)('%s', (_, faults, tried) => {
  const refused = tried.filter(({ outcome }) => outcome !== 'good')
  it.each(refused.map(({ file, outcome }) => [file, outcome]))('%s', async (file, outcome) => {
    const before = await lab.files()
    const end = await lab.packaging(bytesOf({ file }), limitsOf(ARCHIVE_SETTINGS[file]), faults)
    expect(end.fault).toBeInstanceOf(Fault)
    const fault = end.fault as Fault
    expect(`${fault.code}: ${fault.detail}`).toMatch(`${outcome}: `)
    expect(fault.people.length).toBeGreaterThan(20)
    expect(fault.people).not.toMatch(UNSHOWABLE)
    expect(end).toMatchObject({ files: [], notGivenBack: 0 })
    expect(end.mostOverDeclared).toBeLessThanOrEqual(0)
    expect(await lab.files()).toEqual(before)
  })

  describe('a package with exactly what is in it', () => {
    const read = tried.filter(({ outcome }) => outcome === 'good')
    it.concurrent.each(read.map(({ file, files }) => [file, files] as const))('%s', async (file, files) => {
      const end = await lab.packaging(bytesOf({ file }), limitsOf(ARCHIVE_SETTINGS[file]), faults)
      expect(end.fault).toBeUndefined()
      expect(end.files.toSorted(byKey)).toEqual(
        files.map(({ key, size, sha256 }) => ({ key, size, sha256 })).toSorted(byKey),
      )
      expect(end.notGivenBack).toBe(0)
    })
    afterAll(async () =>
      expect((await lab.files()).filter((path) => /\.(partial|staged)/.test(path))).toEqual([]),
    )
  })
})

describe('the corpus', () => {
  it('is large, and every error an archive can end with is in it', () => {
    expect(bad.length).toBeGreaterThan(120)
    expect(good.length).toBeGreaterThan(60)
    const codes = Object.keys(ERRORS).filter((code) => code.startsWith('archive.'))
    expect([...new Set(bad.map(({ outcome }) => outcome)), 'archive.ratio_too_high'].sort()).toEqual(
      codes.sort(),
    )
  })

  it('is what its makers made, to the byte', () => {
    for (const [file, bytes] of committed()) expect(bytesOf({ file }).equals(bytes), file).toBe(true)
  })

  it('has nothing in it that no maker made, and its table names all of it', () => {
    const archives = [...handMade.map(fileName), ...toolMade().map(({ file }) => file)]
    const lists = archives.filter((file) => file.startsWith('good--')).map(listName)
    expect(everythingInTheFolder()).toEqual([...archives, ...lists, 'README.md'].sort())
    expect(bytesOf({ file: 'README.md' }).toString()).toMatch(table())
  })

  it.each([
    'CVE-2018-1002203',
    'CVE-2018-1002204',
    'CVE-2024-0450',
    'CVE-2024-8088',
    'CVE-2025-8291',
    'CVE-2026-31988',
    'CVE-2026-39244',
    'CVE-2026-77301',
    'CVE-2026-92000',
    'yauzl 3.1.3',
  ])('has an archive for %s', (advisory) => {
    expect(table()).toMatch(advisory)
  })

  it('is small', () => {
    const sizes = specimens.map((specimen) => bytesOf(specimen).length)
    expect(Math.max(...sizes)).toBeLessThan(300 * 1024)
    expect(sizes.reduce((a, b) => a + b)).toBeLessThan(3 * 1024 * 1024)
  })
})
