import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type PackageScreen, packageScreen } from '../../src/canvas/screens/package.ts'
import { type EntryState, NEW_ENTRY } from '../../src/packaging/entry-state.ts'

const AT = Date.UTC(2026, 10, 23, 13, 20)
const LINKS = {
  package: (name: string) => `https://catalog.test/b/lab/packages/${name}`,
  revision: (name: string, hash: string) => `https://catalog.test/b/lab/packages/${name}/tree/${hash}/`,
  file: () => null,
  isOurs: () => false,
  sync: (name: string) => `https://catalog.test/redir/${name}`,
}
const ENTRY: EntryState = {
  ...NEW_ENTRY,
  displayId: 'EXP25000088',
  packageName: 'benchling/EXP25000088',
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
  message: 'The export from Benchling is damaged: two files claim the same bytes.',
  hint: 'Retry to ask Benchling for a new export.',
  at: AT,
  retryAt: null,
  attempt: 3,
  run: 'r_81',
}
const PROGRESS = { since: AT, filesDone: 0, filesTotal: 0, bytesDone: 0, bytesTotal: 0 }
const HANDED_OVER = {
  topHash: null,
  packageName: 'benchling/EXP25000088',
  messageId: 'm',
  at: AT,
  files: 61,
  bytes: 2_040_109_465,
  facts: { size: 1, hash: '' },
  overdue: false,
}

const screen = (
  entry: Partial<EntryState>,
  status: PackageScreen['status'] = 'idle',
  more: Partial<PackageScreen> = {},
) =>
  packageScreen({
    entry: { ...ENTRY, ...entry },
    status,
    links: LINKS,
    notice: null,
    footer: 'lab@catalog.test Rev 1.0.0',
    ...more,
  })

const STATES: Record<string, ReturnType<typeof screen>> = {
  'a new entry that nobody asked for': screen({}),
  queued: screen({}, 'queued'),
  'queued again, with an earlier revision': screen({ revision: REVISION }, 'queued'),
  'reading the entry': screen({ progress: { ...PROGRESS, phase: 'reading' } }, 'running'),
  exporting: screen({ progress: { ...PROGRESS, phase: 'exporting' } }, 'running'),
  'uploading 41 of 64': screen(
    {
      progress: {
        phase: 'uploading',
        since: AT,
        filesDone: 41,
        filesTotal: 64,
        bytesDone: 1_395_864_371,
        bytesTotal: 2_147_483_648,
      },
      revision: REVISION,
    },
    'running',
  ),
  publishing: screen({ progress: { ...PROGRESS, phase: 'publishing' } }, 'running'),
  'handed to Quilt': screen({ handedOver: HANDED_OVER }, 'queued'),
  'handed to Quilt, with an earlier revision, while a run looks': screen(
    { handedOver: HANDED_OVER, revision: REVISION, progress: { ...PROGRESS, phase: 'reading' } },
    'running',
  ),
  'handed to Quilt, and exporting anew': screen(
    { handedOver: HANDED_OVER, progress: { ...PROGRESS, phase: 'exporting' } },
    'running',
  ),
  'handed to Quilt, overdue': screen({ handedOver: { ...HANDED_OVER, overdue: true }, revision: REVISION }),
  'handed to Quilt, and failed since': screen({ handedOver: HANDED_OVER, failure: FAILURE }),
  packaged: screen({ revision: REVISION }),
  'unchanged since': screen({ revision: { ...REVISION, unchangedAt: AT + 600_000 } }),
  'failed for good': screen({ failure: FAILURE }),
  'failed, with an earlier revision': screen({ failure: FAILURE, revision: REVISION }),
  'failed and tried again by itself': screen(
    {
      failure: {
        ...FAILURE,
        code: 'benchling.unavailable',
        message: 'Benchling does not answer.',
        retryAt: AT + 120_000,
      },
    },
    'retrying',
  ),
  'waiting for somebody to correct something': screen(
    {
      failure: {
        ...FAILURE,
        code: 'benchling.forbidden',
        message: 'The app may not read this in Benchling.',
        hint: 'Add the app to the project.',
        retryAt: AT + 120_000,
      },
    },
    'retrying',
  ),
  'after an unknown button': screen({ revision: REVISION }, 'idle', {
    notice: 'This button is not known any more.',
  }),
  'without a catalog': screen({ revision: REVISION }, 'idle', {
    links: {
      package: () => null,
      revision: () => null,
      file: () => null,
      sync: () => null,
      isOurs: () => false,
    },
  }),
}

describe('the package screen', () => {
  it.each(Object.entries(STATES))('shows: %s', (_, blocks) => {
    expect(blocks).toMatchSnapshot()
  })

  it('offers Retry only where a run failed for good, and Update always but during a run', () => {
    const buttons = (blocks: ReturnType<typeof screen>) =>
      blocks.flatMap((block) =>
        block.type === 'SECTION' && block.id === 'actions'
          ? block.children.flatMap((b) => (b.type === 'BUTTON' ? [[b.id, b.enabled]] : []))
          : [],
      )
    expect(buttons(STATES['failed for good']!)).toEqual([
      ['update', true],
      ['retry', true],
    ])
    expect(buttons(STATES['failed and tried again by itself']!)).toEqual([['update', true]])
    expect(buttons(STATES['uploading 41 of 64']!)).toEqual([['update', false]])
    expect(buttons(STATES.queued!)).toEqual([['update', true]])
    expect(buttons(STATES['handed to Quilt']!)).toEqual([['update', true]])
    expect(buttons(STATES['handed to Quilt, overdue']!)).toEqual([
      ['update', true],
      ['retry', true],
    ])
  })

  it('has an id on every block, each used once', () => {
    for (const blocks of Object.values(STATES)) {
      const ids = blocks.flatMap((block) =>
        block.type === 'SECTION' ? [block.id, ...block.children.map((b) => b.id)] : [block.id],
      )
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids.every((id) => id.length > 0)).toBe(true)
    }
  })

  it('lets no text from people become markup or a link', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (evil) => {
        const blocks = screen({ displayId: evil, failure: { ...FAILURE, message: evil } })
        const shown = JSON.stringify(blocks)
        expect(shown).not.toMatch(/[^\\]\]\(https?:\/\/(?!catalog\.test)/)
        expect(shown.isWellFormed()).toBe(true)
      }),
      { numRuns: 100 },
    )
    const [title] = screen({ displayId: '[free money](https://evil.test) <img src=x> **now**\n# big' })
    expect(title).toMatchObject({
      value: expect.stringContaining(
        '\\[free money\\](https:\u2060//evil.test) \\<img src=x\\> \\*\\*now\\*\\* # big',
      ),
    })
  })
})
