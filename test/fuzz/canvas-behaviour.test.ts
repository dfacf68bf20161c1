import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/base/errors.ts'
import { Fault } from '../../src/base/fault.ts'
import { readButton } from '../../src/canvas/buttons.ts'
import { type Route, readRouteData } from '../../src/canvas/route.ts'
import { checkBlocks, flatBlocks } from '../../src/simulator/canvases/block-rules.ts'
import type { CanvasBlock } from '../../src/simulator/page-contract.ts'
import { CANVAS_ID, CanvasWorld, ENTRY_ID } from './canvas-world.ts'
import { PATIENCE_MS, runs } from './runs.ts'

type Act =
  | { readonly do: 'press'; readonly pick: number; readonly ago: number; readonly twice: boolean }
  | { readonly do: 'press old'; readonly id: string }
  | { readonly do: 'save' | 'push' | 'crash' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'fail'; readonly what: 'benchling' | 'registry' | 'entry'; readonly code: ErrorCode }

const OLD_IDS = [
  `update-package-${ENTRY_ID}`,
  `browse-files-${ENTRY_ID}-p1-s15`,
  `view-metadata-${ENTRY_ID}-p0-s15`,
  `back-to-package-${ENTRY_ID}`,
  `browse-linked-${ENTRY_ID}-pkg-other--package-p0-s15`,
  'next~000000',
  'into.000000000000~000000',
  'open.00000000',
  'nonsense',
]
const FAULTS: Record<'benchling' | 'registry' | 'entry', readonly ErrorCode[]> = {
  benchling: ['benchling.unavailable', 'benchling.rejected', 'benchling.rate_limited', 'internal'],
  registry: ['store.unavailable', 'store.forbidden', 'manifest.invalid', 'package.not_found', 'internal'],
  entry: ['archive.overlap', 'benchling.unavailable', 'export.failed', 'internal'],
}

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('press' as const),
      pick: fc.nat({ max: 40 }),
      ago: fc.constantFrom(0, 0, 0, 4_000),
      twice: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('press old' as const), id: fc.constantFrom(...OLD_IDS) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('save' as const, 'push' as const, 'crash' as const) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(0, 10, 900, 2_500, 40_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom('benchling' as const, 'registry' as const, 'entry' as const).chain((what) =>
      fc.record({
        do: fc.constant('fail' as const),
        what: fc.constant(what),
        code: fc.constantFrom(...FAULTS[what]),
      }),
    ),
  },
)

const shownIn = (world: CanvasWorld) => {
  const canvas = world.canvases.shown.get(CANVAS_ID)
  const blocks = (canvas?.blocks ?? []) as unknown as CanvasBlock[]
  const buttons = flatBlocks(blocks).filter(({ type }) => type === 'BUTTON')
  return { canvas, blocks, buttons, words: JSON.stringify(blocks) }
}

const TITLES: Readonly<Record<string, string>> = {
  files: '## Files',
  metadata: '## Metadata',
  revisions: '## Revisions',
}

/** What a press on a drawn button leads to, told from its id and the screen it stood on; null: not known here. */
const leadsTo = (id: string, title: string | null): string | null => {
  const press = readButton(id)
  if (press.kind === 'update' || press.kind === 'retry') return '## EXP1'
  if (press.kind !== 'step') return null
  const { kind } = press.step
  if (kind === 'package') return '## EXP1'
  if (kind === 'show') return null
  return TITLES[kind] ?? (kind === 'at' ? '## Files' : title)
}

const titleOf = (blocks: readonly CanvasBlock[]): string | null => {
  const value = blocks.find(({ id }) => id === 'title')?.value
  return typeof value === 'string' ? (value.split('\n')[0] ?? null) : null
}

/** The revision that a screen about the entry's package is about: the current one, or the one its pointer names. */
const shownRevision = ({ registry }: CanvasWorld, route: Route): string => {
  const seconds = 'revision' in route ? route.revision : null
  const at = seconds === null ? -1 : seconds - 1_700_000_000
  return registry.published.at(at)?.topHash ?? ''
}

const perform = async (world: CanvasWorld, acts: readonly Act[]): Promise<{ newest: string | null }> => {
  /** Title of the screen that the newest press leads to. */
  let newest: { readonly at: number; readonly title: string | null } | null = null
  for (const one of acts) {
    switch (one.do) {
      case 'press': {
        const { canvas, blocks, buttons } = shownIn(world)
        const enabled = buttons.filter((each) => each.enabled !== false)
        const button = enabled[one.pick % Math.max(1, enabled.length)]
        if (!canvas?.enabled || !button?.id) break
        const at = world.clock.now() - one.ago
        await world.press(button.id, { ago: one.ago, twice: one.twice })
        if (newest === null || at >= newest.at) newest = { at, title: leadsTo(button.id, titleOf(blocks)) }
        break
      }
      case 'press old':
        if (!shownIn(world).canvas?.enabled) break
        await world.press(one.id)
        newest = { at: world.clock.now(), title: null }
        break
      case 'save':
        await world.save()
        break
      case 'push':
        world.push()
        break
      case 'crash':
        world.crash()
        break
      case 'wait':
        await world.clock.advance(one.ms)
        break
      case 'fail':
        ;({ benchling: world.canvases.faults, registry: world.registryFaults, entry: world.entryFaults })[
          one.what
        ].push(new Fault(one.code))
    }
  }
  return { newest: newest?.title ?? null }
}

describe('whatever people, Benchling, the registry and processes do', () => {
  it(
    'the canvas ends enabled, shows where the newest press led, and tells what the record says',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (acts) => {
          const world = new CanvasWorld()
          try {
            await world.insert()
            const { newest } = await perform(world, acts)
            for (const faults of [world.canvases.faults, world.registryFaults, world.entryFaults])
              faults.length = 0
            await world.rest()
            await world.save()
            await world.rest()

            const { canvas, blocks, buttons, words } = shownIn(world)
            const state = await world.canvas()
            const entry = (await world.entry())!
            expect(canvas?.enabled).toBe(true)
            expect(() => checkBlocks(blocks)).not.toThrow()
            for (const { id } of buttons) expect(readButton(id ?? '').kind, id).not.toBe('unknown')
            expect(readRouteData(canvas?.data ?? null)).toEqual(state.route)
            if (newest !== null && !words.includes('belonged to an earlier state'))
              expect(titleOf(blocks)).toBe(newest)
            if (state.route.screen === 'package') {
              const { failure, revision } = entry.state
              expect(words.includes('**Failed**')).toBe(failure !== null)
              if (revision) expect(words).toContain(revision.topHash.slice(0, 10))
              expect(buttons.find(({ id }) => id === 'update')?.enabled).toBe(true)
            } else if ('of' in state.route && state.route.of !== null) {
              expect(titleOf(blocks)).toBe('## Not linked to this entry')
            } else {
              expect(words).toContain(shownRevision(world, state.route).slice(0, 10))
            }
          } finally {
            await world.close()
          }
        }),
        runs(40),
      )
    },
    PATIENCE_MS,
  )
})
