import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FILES_A_PAGE, filesPage } from '../../src/canvas/browse/files-page.ts'
import { folderTagged, listFolder } from '../../src/canvas/browse/folder-listing.ts'
import { readButton } from '../../src/canvas/buttons.ts'
import { NO_LINKS } from '../../src/canvas/links.ts'
import { ROUTE_DEPTH, type RouteTo, stepTag } from '../../src/canvas/route.ts'
import { filesScreen } from '../../src/canvas/screens/files.ts'
import type { Revision } from '../../src/registry/ports.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { runs } from '../fuzz/runs.ts'
import { MemoryStore } from '../registry/memory-store.ts'
import { draftOf, NAME, signal } from '../registry/support.ts'
import { FakeClock } from '../support/clock.ts'
import { frame, idsIn, textIn } from './browse-frame.ts'

const TOP: RouteTo<'files'> = { screen: 'files', of: null, revision: null, path: [], page: 0 }
const entriesOf = (keys: readonly string[]) =>
  keys.map((logicalKey, at) => ({ logicalKey, size: 1_000 + at })) as unknown as Revision['entries']
const at = (folders: readonly string[], page = 0) => ({ ...TOP, path: folders.map(stepTag), page })
const numbered = (count: number, prefix = '') =>
  Array.from({ length: count }, (_, n) => `${prefix}well-${n + 1}.csv`)

const ENTRY = [
  'EXP1.pdf',
  'README.md',
  'entry.json',
  ...numbered(4, 'plates/01/'),
  ...numbered(20, 'plates/02/'),
]
const draw = (keys: readonly string[], route = TOP, more: Parameters<typeof frame>[0] = {}) =>
  filesScreen(frame(more), filesPage({ entries: entriesOf(keys) }, route))

const STATES: Record<string, ReturnType<typeof draw>> = {
  'the top of a package': draw(ENTRY),
  'a folder of folders': draw(ENTRY, at(['plates'])),
  'the second page of a folder': draw(ENTRY, at(['plates', '02'], 1)),
  'the last page of 10,000 files': draw(numbered(10_000), { ...TOP, page: 1_000_000 }),
  'a folder that is gone': draw(ENTRY, at(['plates', '03'])),
  'of an entry whose display id is known': draw(['x/a.csv'], TOP, { displayId: 'EXP_1' }),
  'a folder of files alone': draw(['x/a.csv', 'x/b.csv'], at(['x'])),
  'a folder of folders alone': draw(['x/a.csv', 'y/b.csv']),
  'an earlier revision': draw(['a.csv'], TOP, { revision: { topHash: 'b'.repeat(64), at: 1_764_000_000 } }),
  'an empty package of the entry': draw([]),
  'an empty package of others': draw([], TOP, { own: false, bucket: 'team-data', name: 'team/empty' }),
  'a linked package in another bucket': draw(
    ['x/a.csv', 'b.csv'],
    { ...TOP, of: '0a1b2c3d' },
    {
      own: false,
      bucket: 'team-data',
      name: 'team/a_b',
    },
  ),
  'without a catalog': draw(['a.csv'], TOP, { links: NO_LINKS }),
  'names of nothing to be seen': draw(['\u200b/\u200b', ' '], TOP),
  'a folder whose name is nothing to be seen': draw(['\u200b/\u200b', ' '], at(['\u200b'])),
  'names of people who mean no good': draw([
    '[click](https://evil.test)/<b>*x*.csv',
    `a&b=c#d ${'long'.repeat(60)}.final.csv`,
    'www.evil.test.csv',
  ]),
}

describe('the files screen', () => {
  it.each(Object.keys(STATES))('shows: %s', (state) => {
    expect(STATES[state]).toMatchSnapshot()
  })

  it('sorts as people do: folders first, 2 before 10, regardless of case', () => {
    const { folders, files } = listFolder(
      entriesOf(['b/x', 'B2/x', 'a10.csv', 'a2.csv', 'A1.csv', 'c/1', 'c/2']),
      '',
    )
    expect(folders.map(({ name, files: count }) => [name, count])).toEqual([
      ['b', 1],
      ['B2', 1],
      ['c', 2],
    ])
    expect(files.map(({ name }) => name)).toEqual(['A1.csv', 'a2.csv', 'a10.csv'])
  })

  it.each([
    [['É2', 'e10', 'e1', 'z', 'Ärzte', 'b']],
    [['scan_01', 'scan_1', 'scan_2']],
    [['99', '100000000000000000000', '900000000000000000000']],
    [['0', '00', '1', '007', '7a']],
  ])('sorts %j alike, however it comes', (names) => {
    const sorted = (all: readonly string[]) => listFolder(entriesOf(all), '').files.map(({ name }) => name)
    expect(sorted(names)).toEqual(sorted(names.toReversed()))
    expect(sorted(names)).toMatchSnapshot()
  })

  it('is sorted once for all pages of a revision that a registry remembers', async () => {
    const registry = createRegistry(new MemoryStore(), new FakeClock(), { workflow: null })
    const { topHash } = await registry.publish(
      await draftOf(registry, { 'a.csv': 'a', 'b/c.csv': 'c' }),
      signal,
    )
    const listing = async () => listFolder((await registry.revision(NAME, topHash, signal)).entries, '')
    expect(await listing()).toMatchObject({ filesBelow: 2 })
    expect(await listing()).toBe(await listing())
  })

  it('finds a folder among 100,000 by its step', () => {
    const listing = listFolder(entriesOf(Array.from({ length: 100_000 }, (_, n) => `f${n}/x`)), '')
    expect(folderTagged(listing, stepTag('f99999'))).toMatchObject({ name: 'f99999', files: 1 })
    expect(folderTagged(listing, stepTag('f100000'))).toBeUndefined()
  })

  it('stays small, however long the names: they are cut, their links are whole', () => {
    const long = 'é&'.repeat(340)
    const keys = Array.from({ length: 40 }, (_, n) => `${long}${n}.csv`)
    const [first = '', ...more] = textIn(draw(keys))
      .split('\n')
      .filter((line) => line.startsWith('* **'))
    expect(more).toHaveLength(FILES_A_PAGE - 1)
    expect(first).toContain('0.csv** ·')
    expect(first).toContain(encodeURIComponent(keys[0]!))
    expect(textIn(draw(keys, TOP, { links: NO_LINKS })).length).toBeLessThan(5_000)
    const deep = Array.from({ length: ROUTE_DEPTH }, (_, n) => `${'_'.repeat(500)}${n}`)
    expect(textIn(draw([`${deep.join('/')}/x`], at(deep), { links: NO_LINKS })).length).toBeLessThan(5_000)
  })

  it('has buttons that are all known, with ids of their own', () => {
    for (const [state, blocks] of Object.entries(STATES)) {
      const ids = idsIn(blocks)
      expect(new Set(ids).size, state).toBe(ids.length)
      for (const block of blocks)
        if (block.type === 'SECTION')
          for (const { id } of block.children)
            expect(readButton(id).kind, `${state}: ${id}`).not.toBe('unknown')
    }
  })

  it('leads deeper than a route can by longer names', () => {
    const deep = Array.from({ length: ROUTE_DEPTH + 5 }, (_, n) => `d${n}`)
    const page = filesPage({ entries: entriesOf([`${deep.join('/')}/x.csv`]) }, at(deep))
    expect(page.route.path).toHaveLength(ROUTE_DEPTH)
    expect(page.files.map(({ name }) => name)).toEqual(['d32/d33/d34/d35/d36/x.csv'])
  })
})

const name = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'A', '10', '9', '__proto__', 'constructor', 'é', '🧪', '.', ' '),
  fc.string({ minLength: 1, maxLength: 5 }).map((text) => text.replaceAll('/', '_')),
)
const keys = fc.uniqueArray(
  fc.array(name, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/')),
  { maxLength: 60 },
)

describe('any package', () => {
  it('shows each file exactly once, by its folders and pages', () => {
    fc.assert(
      fc.property(keys, (all) => {
        const revision = { entries: entriesOf(all) }
        const seen: string[] = []
        const visit = (route: RouteTo<'files'>) => {
          const { pages } = filesPage(revision, route)
          for (let page = 0; page < pages; page++) {
            const drawn = filesPage(revision, { ...route, page })
            expect(drawn.folders.length + drawn.files.length).toBeLessThanOrEqual(FILES_A_PAGE)
            seen.push(...drawn.files.map(({ logicalKey }) => logicalKey))
            for (const { tag } of drawn.folders) visit({ ...route, path: [...route.path, tag], page: 0 })
          }
        }
        visit(TOP)
        expect(seen.toSorted()).toEqual(all.toSorted())
      }),
      runs(100),
    )
  })

  it('has a screen for any route, which leads to the same screen again', () => {
    const route = fc.record({
      path: fc.array(fc.oneof(name.map(stepTag), fc.constant('000000000000')), { maxLength: 6 }),
      page: fc.nat({ max: 1_000_000 }),
    })
    fc.assert(
      fc.property(keys, route, (all, wanted) => {
        const revision = { entries: entriesOf(all) }
        const drawn = filesPage(revision, { ...TOP, ...wanted })
        expect(filesPage(revision, drawn.route)).toEqual({ ...drawn, lost: false })
      }),
      runs(200),
    )
  })
})
