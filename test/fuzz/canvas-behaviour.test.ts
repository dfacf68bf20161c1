import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/base/errors.ts'
import { Fault } from '../../src/base/fault.ts'
import { readButton } from '../../src/canvas/buttons.ts'
import { isLocated } from '../../src/canvas/follow.ts'
import { type Route, readRouteData } from '../../src/canvas/route.ts'
import { checkBlocks, flatBlocks } from '../../src/simulator/canvases/block-rules.ts'
import type { CanvasBlock } from '../../src/simulator/page-contract.ts'
import { CANVAS_IDS, type CanvasId, CanvasWorld, ENTRY_ID } from './canvas-world.ts'
import { PATIENCE_MS, runs } from './runs.ts'

type Press = { readonly pick: number; readonly ago: number; readonly twice: boolean }
type Failing = 'benchling' | 'registry' | 'entry' | 'store'
type Act =
  /** Presses before the canvas is drawn again: of one person, or of several who see the same. */
  | { readonly do: 'press'; readonly on: CanvasId; readonly presses: readonly Press[] }
  | { readonly do: 'press old'; readonly on: CanvasId; readonly id: string }
  | { readonly do: 'save' | 'push' | 'scale' }
  | { readonly do: 'forget'; readonly on: CanvasId }
  | { readonly do: 'tell'; readonly which: number }
  | { readonly do: 'crash'; readonly inCalls: number; readonly lastComesToPass: boolean }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'fail'; readonly what: Failing; readonly code: ErrorCode; readonly times: number }

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
const FAULTS: Record<Failing, readonly ErrorCode[]> = {
  benchling: ['benchling.unavailable', 'benchling.rejected', 'benchling.rate_limited', 'internal'],
  registry: ['store.unavailable', 'store.forbidden', 'manifest.invalid', 'package.not_found', 'internal'],
  entry: ['archive.overlap', 'benchling.unavailable', 'export.failed', 'internal'],
  store: ['jobs.store_unavailable'],
}

const on = fc.constantFrom(...CANVAS_IDS)
const press: fc.Arbitrary<Press> = fc.record({
  pick: fc.nat({ max: 40 }),
  ago: fc.constantFrom(0, 0, 0, 700, 4_000),
  twice: fc.boolean(),
})

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('press' as const),
      on,
      presses: fc.array(press, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('press old' as const), on, id: fc.constantFrom(...OLD_IDS) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('save' as const, 'push' as const, 'scale' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('tell' as const), which: fc.nat({ max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), on }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('crash' as const),
      inCalls: fc.nat({ max: 20 }),
      lastComesToPass: fc.boolean(),
    }),
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
    arbitrary: fc.constantFrom<Failing>('benchling', 'registry', 'entry', 'store').chain((what) =>
      fc.record({
        do: fc.constant('fail' as const),
        what: fc.constant(what),
        code: fc.constantFrom(...FAULTS[what]),
        times: fc.constantFrom(1, 1, 3),
      }),
    ),
  },
)

const shownIn = (world: CanvasWorld, id: CanvasId) => {
  const canvas = world.canvases.shown.get(id)
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

/** Without whose files they are, which only a canvas tells that knows its entry. */
const titleOf = (blocks: readonly CanvasBlock[]): string | null => {
  const value = blocks.find(({ id }) => id === 'title')?.value
  return typeof value === 'string'
    ? (value.split('\n')[0]?.replace(/^(## (?:Files|Metadata|Revisions)) of .*$/, '$1') ?? null)
    : null
}

/** The revision that a screen about the entry's package is about: the current one, or the one its pointer names. */
const shownRevision = ({ registry }: CanvasWorld, route: Route): string => {
  const seconds = 'revision' in route ? route.revision : null
  const at = seconds === null ? -1 : seconds - 1_700_000_000
  return registry.published.at(at)?.topHash ?? ''
}

/** The newest press on a canvas, and the title of the screen that it leads to; null: not known here. */
type Newest = { readonly at: number; readonly title: string | null }

const pressAll = async (
  world: CanvasWorld,
  { on: id, presses }: Extract<Act, { do: 'press' }>,
  before: Newest | undefined,
): Promise<Newest | undefined> => {
  const { canvas, blocks, buttons } = shownIn(world, id)
  const enabled = buttons.filter((each) => each.enabled !== false)
  if (!canvas?.enabled || enabled.length === 0) return before
  let newest = before
  // All of them see the same.
  const now = world.clock.now()
  for (const { pick, ago, twice } of presses) {
    const button = enabled[pick % enabled.length]
    if (!button?.id) continue
    await world.press(id, button.id, { ago: world.clock.now() - now + ago, twice })
    if (newest === undefined || now - ago >= newest.at)
      newest = { at: now - ago, title: leadsTo(button.id, titleOf(blocks)) }
  }
  return newest
}

/** Loses what is known of a canvas when it is at rest; the title of the screen that it still shows, undefined: it is not. */
const forget = async (world: CanvasWorld, id: CanvasId): Promise<string | null | undefined> => {
  await world.clock.advance(5_000)
  const subject = await world.canvas(id)
  const { canvas, blocks } = shownIn(world, id)
  if (!subject || !isLocated(subject.state) || subject.wanted > subject.done || !canvas?.enabled)
    return undefined
  await world.forget(id)
  const title = titleOf(blocks)
  const { screen } = readRouteData(canvas.data) ?? {}
  return screen !== undefined && title === TITLES[screen] ? title : null
}

const perform = async (world: CanvasWorld, acts: readonly Act[]): Promise<ReadonlyMap<CanvasId, Newest>> => {
  const newest = new Map<CanvasId, Newest>()
  for (const one of acts) {
    switch (one.do) {
      case 'press': {
        const now = await pressAll(world, one, newest.get(one.on))
        if (now) newest.set(one.on, now)
        break
      }
      case 'press old':
        if (!shownIn(world, one.on).canvas?.enabled) break
        await world.press(one.on, one.id)
        newest.set(one.on, { at: world.clock.now(), title: null })
        break
      case 'forget': {
        const title = await forget(world, one.on)
        if (title !== undefined) newest.set(one.on, { at: 0, title })
        break
      }
      case 'save':
        await world.save()
        break
      case 'push':
        world.push()
        break
      case 'scale':
        world.scale()
        break
      case 'tell':
        await world.tell(one.which)
        break
      case 'crash':
        world.crash(one.inCalls, one.lastComesToPass)
        break
      case 'wait':
        await world.clock.advance(one.ms)
        break
      case 'fail':
        for (let time = 0; time < one.times; time++) faultsOf(world)[one.what].push(new Fault(one.code))
    }
    await expectTruthOfQuiet(world)
  }
  return newest
}

const faultsOf = (world: CanvasWorld): Record<Failing, Fault[]> => ({
  benchling: world.canvases.faults,
  registry: world.registryFaults,
  entry: world.entryFaults,
  store: world.storeFaults,
})

/** Whatever is going on: a canvas that nobody has anything to do with tells what the record says. */
const expectTruthOfQuiet = async (world: CanvasWorld): Promise<void> => {
  const run = (await world.entry())?.run ?? null
  for (const id of CANVAS_IDS) {
    const subject = await world.canvas(id)
    const { canvas, blocks, buttons } = shownIn(world, id)
    const quiet = subject !== null && subject.wanted <= subject.done
    const [last] = await world.jobs.history.runs({ limit: 1, key: `canvas:${id}` })
    // Where Benchling refused what should be shown, what was there before is still there.
    if (!quiet || last?.summary.shown !== 'screen' || !canvas?.enabled || titleOf(blocks) !== '## EXP1')
      continue
    const update = buttons.find((button) => button.id === 'update')
    expect(update?.enabled, id).toBe(run === null || run.owner === null)
  }
}

/**
 * What nobody foresaw is not tried again by itself before it is known where a canvas is: its button does it. (A new canvas
 * of which Benchling refused every screen for good has none: it is drawn when anything is heard of it.)
 */
const tryAgain = async (world: CanvasWorld, id: CanvasId): Promise<void> => {
  const { state } = (await world.canvas(id))!
  if (state.located || state.entryId !== null) return
  const { blocks, buttons } = shownIn(world, id)
  if (blocks.length > 0) expect(buttons.map((button) => button.id)).toContain('show')
  await world.press(id, 'show')
  await world.rest()
}

const expectTruth = async (world: CanvasWorld, id: CanvasId, newest: string | null): Promise<void> => {
  const { canvas, blocks, buttons, words } = shownIn(world, id)
  const { route } = (await world.canvas(id))!.state
  const entry = (await world.entry())!
  expect(canvas?.enabled).toBe(true)
  expect(() => checkBlocks(blocks)).not.toThrow()
  for (const button of buttons) expect(readButton(button.id ?? '').kind, button.id).not.toBe('unknown')
  expect(readRouteData(canvas?.data ?? null)).toEqual(route)
  if (newest !== null && !words.includes('belonged to an earlier state')) expect(titleOf(blocks)).toBe(newest)
  if (route.screen === 'package') {
    const { failure, revision } = entry.state
    expect(words.includes('**Failed**')).toBe(failure !== null)
    if (revision) expect(words).toContain(revision.topHash.slice(0, 10))
    expect(buttons.find((button) => button.id === 'update')?.enabled).toBe(true)
  } else if ('of' in route && route.of !== null) {
    expect(titleOf(blocks)).toBe('## Not linked to this entry')
  } else {
    expect(words).toContain(shownRevision(world, route).slice(0, 10))
  }
}

describe('whatever people, Benchling, the registry, events and processes do', () => {
  it(
    'canvases end enabled, show where the newest press led, and tell what the record says',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (acts) => {
          const world = new CanvasWorld()
          try {
            await world.insert()
            const newest = await perform(world, acts)
            for (const faults of Object.values(faultsOf(world))) faults.length = 0
            await world.rest()
            await world.save()
            await world.rest()
            for (const id of CANVAS_IDS) await tryAgain(world, id)
            for (const id of CANVAS_IDS) await expectTruth(world, id, newest.get(id)?.title ?? null)
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
