import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RevisionFacts } from '../../src/canvas/browse/compare-revisions.ts'
import type { RevisionChanges } from '../../src/canvas/browse/revision-changes.ts'
import {
  REVISIONS_A_PAGE,
  type RevisionRow,
  type RevisionsPage,
} from '../../src/canvas/browse/revisions-page.ts'
import { buttonId, readButton } from '../../src/canvas/buttons.ts'
import { follow } from '../../src/canvas/follow.ts'
import { NO_LINKS } from '../../src/canvas/links.ts'
import { stampOf } from '../../src/canvas/route.ts'
import type { BrowseFrame } from '../../src/canvas/screens/browse-frame.ts'
import { revisionsScreen } from '../../src/canvas/screens/revisions.ts'
import type { TopHash } from '../../src/quilt/types.ts'

const AT = Date.UTC(2026, 10, 23, 13, 20) / 1000
const hash = (digit: string) => digit.repeat(64) as TopHash
const NONE = { count: 0, first: [] }
const NOTHING: RevisionChanges = {
  added: NONE,
  changed: NONE,
  removed: NONE,
  metadata: false,
  workflow: false,
}
const FACTS: RevisionFacts = {
  message: 'Updated EXP25000088',
  files: 61,
  bytes: 2_040_109_465,
  changes: 'first',
}

const row = (
  facts: RevisionRow['facts'] | Partial<RevisionFacts>,
  more: Partial<RevisionRow> = {},
): RevisionRow => ({
  at: AT,
  topHash: hash('a'),
  current: false,
  before: AT - 86_400,
  facts: typeof facts === 'string' ? facts : { ...FACTS, ...facts },
  ...more,
})

const screen = (
  revisions: readonly RevisionRow[],
  more: Partial<Omit<RevisionsPage, 'route'>> & { readonly page?: number } = {},
  frame: Partial<BrowseFrame> = {},
) => {
  const { page = 0, ...rest } = more
  const route = { screen: 'revisions', of: null, page } as const
  return revisionsScreen(
    {
      name: 'benchling/EXP25000088',
      bucket: undefined,
      own: true,
      revision: null,
      links: {
        package: (name, bucket = 'lab') => `https://catalog.test/b/${bucket}/packages/${name}`,
        revision: (name, topHash, bucket = 'lab') =>
          `https://catalog.test/b/${bucket}/packages/${name}/tree/${topHash}/`,
        file: () => null,
        sync: () => null,
        isOurs: () => false,
      },
      notice: null,
      footer: 'lab@catalog.test Rev 1.0.0',
      id: (step) => buttonId(step, stampOf(route)),
      ...frame,
    },
    { route, pages: 1, total: revisions.length, latest: hash('a'), revisions, ...rest },
  )
}

const CURRENT = { current: true }
const CHANGES: RevisionChanges = {
  added: { count: 5, first: ['raw/plate 1.csv', 'raw/plate 2.csv', 'raw/plate 3.csv'] },
  changed: { count: 1, first: ['notes.pdf'] },
  removed: { count: 1_204, first: ['old/a', 'old/b', 'old/c'] },
  metadata: true,
  workflow: true,
}
const many = Array.from({ length: REVISIONS_A_PAGE }, (_, i) =>
  row({ changes: NOTHING }, { at: AT - i * 60, topHash: hash(String(i)), before: AT - i * 60 - 60 }),
)

const STATES: Record<string, ReturnType<typeof screen>> = {
  'a first revision': screen([row({}, { ...CURRENT, before: null })]),
  'what changed': screen([
    row({ changes: CHANGES }, CURRENT),
    row({}, { at: AT - 86_400, topHash: hash('b'), before: null }),
  ]),
  'nothing but the message changed, and there is none': screen([
    row({ message: null, changes: NOTHING }, CURRENT),
  ]),
  'the same revision twice': screen([row({ changes: 'same' }, CURRENT)]),
  'revisions that cannot be read': screen([
    row('gone', { topHash: null }),
    row('gone'),
    row('damaged'),
    row('too-large'),
    row({ changes: 'unknown' }),
  ]),
  '`latest` was set back to another page': screen(many, { pages: 3, total: 20, latest: hash('f') }),
  'the last page': screen(many.slice(0, 4), { page: 2, pages: 3, total: 20, latest: hash('0') }),
  'it cannot be told which is current': screen([row({})], { latest: null }),
  'of a linked package, with a notice': screen(
    [row({}, CURRENT)],
    {},
    {
      name: 'team/screen',
      bucket: 'others',
      own: false,
      notice: 'That button belonged to an earlier state.',
    },
  ),
  'without a catalog': screen([row({}, CURRENT)], {}, { links: NO_LINKS }),
}

const buttonsOf = (blocks: ReturnType<typeof screen>) =>
  blocks
    .flatMap((block) => (block.type === 'SECTION' ? block.children : []))
    .filter(({ type }) => type === 'BUTTON')

describe('the screen of revisions', () => {
  it.each(Object.entries(STATES))('shows: %s', (_, blocks) => {
    expect(blocks).toMatchSnapshot()
  })

  it('has an id on every block, each used once, and buttons that are understood', () => {
    for (const blocks of Object.values(STATES)) {
      const ids = blocks.flatMap((block) =>
        block.type === 'SECTION' ? [block.id, ...block.children.map(({ id }) => id)] : [block.id],
      )
      expect(new Set(ids).size).toBe(ids.length)
      for (const { id } of buttonsOf(blocks)) expect(readButton(id).kind).not.toBe('unknown')
    }
  })

  it('opens the files of exactly the revision that a button stands beside', () => {
    const ways = buttonsOf(STATES['`latest` was set back to another page']!).flatMap(({ id }) => {
      const press = readButton(id)
      return press.kind === 'step' && press.step.kind === 'at' ? [press.step] : []
    })
    expect(ways.map((step) => follow({ screen: 'revisions', of: '12345678', page: 1 }, step))).toEqual(
      many.map(({ at }) => ({ screen: 'files', of: '12345678', revision: at, path: [], page: 0 })),
    )
  })

  it('offers no way to files that cannot be read, and no page that there is not', () => {
    const labels = (name: string) =>
      buttonsOf(STATES[name]!).map((one) => [
        (one as { text: string }).text,
        (one as { enabled: boolean }).enabled,
      ])
    expect(
      labels('revisions that cannot be read').filter(([label]) => String(label).startsWith('Browse')),
    ).toHaveLength(1)
    expect(labels('the last page').filter(([label]) => /[«‹›»]/.test(String(label)))).toEqual([
      ['« First', true],
      ['‹ Previous', true],
      ['Next ›', false],
      ['Last »', false],
    ])
    expect(labels('what changed').filter(([label]) => /[«‹›»]/.test(String(label)))).toEqual([])
  })

  it('lets no text from people become markup or a link', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (evil) => {
        const changes = { ...NOTHING, added: { count: 1, first: [evil] } }
        const shown = JSON.stringify(screen([row({ message: evil, changes })]))
        expect(shown).not.toMatch(/[^\\]\]\(https?:\/\/(?!catalog\.test)/)
        expect(shown.isWellFormed()).toBe(true)
      }),
      { numRuns: 100 },
    )
    const [, , first] = screen([row({ message: '[free](https://evil.test) **now**\n# big' })])
    expect(first).toMatchObject({
      value: expect.stringContaining('* Message: \\[free\\](https:\u2060//evil.test) \\*\\*now\\*\\* # big'),
    })
  })
})
