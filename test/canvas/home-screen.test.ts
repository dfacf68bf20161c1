import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import type { Button } from '../../src/canvas/blocks.ts'
import { type Found, homePage, homeRows, NOTHING_FOUND } from '../../src/canvas/browse/home-page.ts'
import { readButton } from '../../src/canvas/buttons.ts'
import type { RecentEntry } from '../../src/canvas/home.ts'
import type { LinkedNow } from '../../src/canvas/linked-packages.ts'
import { NO_LINKS, type PackageLinks } from '../../src/canvas/links.ts'
import { LAST_PAGE, packageTag, stampOf } from '../../src/canvas/route.ts'
import { type HomeScreen, homeScreen } from '../../src/canvas/screens/home.ts'
import { openingScreen } from '../../src/canvas/screens/opening.ts'
import { type EntryState, NEW_ENTRY } from '../../src/packaging/entry-state.ts'
import type { PackageName, TopHash } from '../../src/quilt/types.ts'

const AT = Date.UTC(2026, 10, 23, 13, 20)
const LINKS: PackageLinks = {
  package: (name, bucket = 'lab') => `https://catalog.test/b/${bucket}/packages/${name}`,
  revision: (name, hash, bucket = 'lab') => `https://catalog.test/b/${bucket}/packages/${name}/tree/${hash}/`,
  file: () => null,
  sync: () => null,
  isOurs: () => false,
}
const REVISION = {
  topHash: 'a96bf01be6'.padEnd(64, '0'),
  files: 61,
  bytes: 2_040_109_465,
  publishedAt: AT,
  unchangedAt: null,
}
const FAILURE = {
  code: 'archive.overlap',
  message: 'The export from Benchling is damaged: two *files* claim the same bytes.',
  hint: 'Retry to ask Benchling for a new export.',
  at: AT,
  retryAt: null,
  attempt: 3,
  run: 'r_81',
}
const HANDED_OVER = {
  topHash: null,
  packageName: 'benchling/EXP1',
  messageId: 'm',
  at: AT,
  files: 61,
  bytes: 2_040_109_465,
  facts: { size: 1, hash: '' },
  overdue: false,
}

const nameOf = (displayId: string) => `benchling/${displayId}` as PackageName
const entry = (
  displayId: string,
  state: Partial<EntryState> = { revision: REVISION },
  status: RecentEntry['status'] = 'idle',
): RecentEntry => ({
  entryId: `etr_${displayId}`,
  packageName: nameOf(displayId),
  state: { ...NEW_ENTRY, displayId, packageName: nameOf(displayId), ...state },
  status,
})
const many = (count: number) => Array.from({ length: count }, (_, at) => entry(`EXP${25_000_000 + at}`))
const named = (displayId: string): Found['named'] => ({
  name: nameOf(displayId),
  topHash: REVISION.topHash as TopHash,
})
const LINKED: LinkedNow = { packages: [], complete: true, searching: false, warning: null }

type Given = {
  readonly recent?: readonly RecentEntry[]
  readonly found?: Partial<Found>
  readonly search?: string | null
  readonly page?: number
}
const pageOf = ({ recent = [], found = {}, search = null, page = 0 }: Given) => {
  const all = { ...NOTHING_FOUND, ...found }
  return homePage(homeRows(search, recent, all), all.linked, { screen: 'home', search, page })
}
const screen = (given: Given = {}, more: Partial<HomeScreen> = {}) =>
  homeScreen({
    page: pageOf(given),
    typed: given.search ?? null,
    service: null,
    at: AT,
    links: LINKS,
    bucket: 'lab',
    notice: null,
    footer: 'lab@catalog.test Rev 1.0.0',
    bucketless: false,
    ...more,
  })

const SOME = [entry('EXP3'), entry('EXP2'), entry('EXP1')]
const STATES: Record<string, ReturnType<typeof screen>> = {
  'before the first drawing': openingScreen('lab@catalog.test Rev 1.0.0'),
  'nothing yet': screen(),
  'some packages': screen({ recent: SOME }),
  'the first of several pages': screen({ recent: many(34) }),
  'the last of several pages': screen({ recent: many(34), page: LAST_PAGE }),
  'one under way, one for the first time, one queued': screen({
    recent: [
      entry('EXP3', { revision: REVISION }, 'running'),
      entry('EXP2', {}, 'running'),
      entry('EXP1', { revision: REVISION }, 'queued'),
    ],
  }),
  'one failed, one tried again, one without a package': screen({
    recent: [
      entry('EXP3', { revision: REVISION, failure: FAILURE }),
      entry('EXP2', { failure: { ...FAILURE, retryAt: AT + 60_000 } }, 'retrying'),
      entry('EXP1', {}),
    ],
  }),
  'one handed to Quilt, one that Quilt did not make': screen({
    recent: [
      entry('EXP2', { handedOver: HANDED_OVER }),
      entry('EXP1', { revision: REVISION, handedOver: { ...HANDED_OVER, overdue: true } }),
    ],
  }),
  'a search with results': screen({
    recent: SOME,
    search: 'exp',
    found: {
      linked: { ...LINKED, packages: [{ bucket: 'other', name: 'x/y' as PackageName, topHash: null }] },
    },
  }),
  'a search that finds an old package by its name': screen({
    recent: SOME,
    search: 'EXP0',
    found: { named: named('EXP0'), linked: LINKED },
  }),
  'a search without results': screen({ recent: SOME, search: '*nothing*', found: { linked: LINKED } }),
  'a search that is under way': screen({
    search: 'EXP9',
    found: { linked: { ...LINKED, complete: false, searching: true } },
  }),
  'a search that cannot be made': screen({
    search: 'EXP9',
    found: { linked: { ...LINKED, warning: new Fault('query.failed', { database: 'secret_views' }) } },
  }),
  'no package bucket': screen({}, { bucketless: true }),
  'no catalog': screen({ recent: SOME }, { links: NO_LINKS }),
  'the service starts': screen({ recent: SOME }, { service: 'starting' }),
  'the service stops': screen({ recent: SOME }, { service: 'stopping' }),
  'the role is refused': screen(
    { recent: SOME },
    { service: new Fault('aws.role_refused', {}, { detail: 'arn:aws:iam::123456789012:role/x' }) },
  ),
  'a notice': screen({ recent: SOME }, { notice: 'That button is *old*.' }),
}

const buttonsOf = (blocks: ReturnType<typeof screen>): Button[] =>
  blocks.flatMap((block) =>
    block.type === 'SECTION' ? block.children.filter((child) => child.type === 'BUTTON') : [],
  )

describe('Home', () => {
  it.each(Object.keys(STATES))('shows: %s', (state) => {
    expect(STATES[state]).toMatchSnapshot()
  })

  it('has in every state one search line, buttons that mean something, and no id twice', () => {
    for (const [state, blocks] of Object.entries(STATES)) {
      const ids = blocks.flatMap((b) => [
        b.id,
        ...(b.type === 'SECTION' ? b.children.map(({ id }) => id) : []),
      ])
      expect(new Set(ids).size, state).toBe(ids.length)
      for (const { id } of buttonsOf(blocks)) expect(readButton(id).kind, `${state}: ${id}`).toBe('step')
      expect(JSON.stringify(blocks), state).not.toMatch(/arn:|123456789012|secret_views|"update/)
    }
  })

  it('opens packages that exist, each by its tag on this very screen', () => {
    const given = { recent: [entry('EXP2'), entry('EXP1', {})] }
    const opens = buttonsOf(screen(given)).filter(({ id }) => id.startsWith('open'))
    const tag = packageTag({ bucket: 'lab', name: 'benchling/EXP2' })
    expect(opens).toMatchObject([{ id: `open.${tag}~${stampOf(pageOf(given).route)}`, text: 'Browse EXP2' }])
  })

  it('keeps what was typed in its line', () => {
    const input = (typed: string | null) =>
      screen({}, { typed }).flatMap((block) => (block.type === 'SECTION' ? block.children : []))[0]
    expect(input('EXP 4')).toMatchObject({ type: 'TEXT_INPUT', value: 'EXP 4' })
    expect(input(null)).toMatchObject({ type: 'TEXT_INPUT', value: null })
  })
})

describe('what Home lists', () => {
  const ids = (given: Given) => pageOf(given).rows.map(({ displayId }) => displayId)

  it('is found by a part of the display id, whatever its case, the exact name first', () => {
    const recent = [entry('EXP10'), entry('OTHER1'), entry('exp1')]
    expect(ids({ recent, search: 'Exp1' })).toEqual(['EXP10', 'exp1'])
    expect(ids({ recent, search: 'exp1', found: { named: named('exp1') } })).toEqual(['exp1', 'EXP10'])
    expect(ids({ recent, search: 'EXP1', found: { named: named('EXP1') } })).toEqual([
      'EXP1',
      'EXP10',
      'exp1',
    ])
  })

  it('is ten packages a page, and the last page whichever is asked for beyond it', () => {
    expect(pageOf({ recent: many(10) })).toMatchObject({ pages: 1, total: 10 })
    expect(pageOf({ recent: many(11), page: 7 })).toMatchObject({ pages: 2, route: { page: 1 } })
    expect(ids({ recent: many(11), page: 1 })).toEqual(['EXP25000010'])
  })

  it('is each package once: of two entries that claim it, the one that has it', () => {
    const thief = { ...entry('EXP1', { failure: FAILURE }), entryId: 'etr_thief' }
    const rows = pageOf({ recent: [thief, entry('EXP1'), entry('EXP2')] }).rows
    expect(rows.map(({ entryId }) => entryId)).toEqual(['etr_EXP1', 'etr_EXP2'])
    expect(pageOf({ recent: [thief] }).rows).toMatchObject([{ entryId: 'etr_thief', topHash: null }])
  })
})
