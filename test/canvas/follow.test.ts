import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buttonId, readButton, type Step } from '../../src/canvas/buttons.ts'
import { type CanvasState, NEW_CANVAS } from '../../src/canvas/canvas-state.ts'
import { follow, followButton, followPending } from '../../src/canvas/follow.ts'
import {
  LAST_PAGE,
  PACKAGE_ROUTE,
  ROUTE_DEPTH,
  type Route,
  readRouteData,
  routeData,
  SEARCH_LENGTH,
  stampOf,
  stepTag,
} from '../../src/canvas/route.ts'

const RAW = stepTag('raw')
const about = { of: '0a1b2c3d', revision: 1_764_305_000, path: [RAW], page: 3 }
const FILES: Route = { screen: 'files', ...about }
const METADATA: Route = { screen: 'metadata', ...about }
const REVISIONS: Route = { screen: 'revisions', of: '0a1b2c3d', page: 3 }
const HOME: Route = { screen: 'home', search: 'EXP', page: 3 }
const SCREENS: readonly Route[] = [PACKAGE_ROUTE, FILES, METADATA, REVISIONS, HOME]

const located = (route: Route, more: Partial<CanvasState> = {}): CanvasState => ({
  ...NEW_CANVAS,
  entryId: 'etr_1',
  located: true,
  route,
  ...more,
})
/** Somebody presses the button of a step, drawn on `seen`. */
const pressed = (state: CanvasState, step: Step, seen: Route | null, at = 1): CanvasState =>
  followButton(state, { kind: 'step', step, stamp: seen && stampOf(seen) }, at)

describe('a step', () => {
  const top = (screen: 'files' | 'metadata', from: Route) => ({
    screen,
    of: 'of' in from ? from.of : null,
    revision: 'revision' in from ? from.revision : null,
    path: [],
    page: 0,
  })
  const of = (from: Route) => ('of' in from ? from.of : null)
  const page = (from: Route, n: number) => ('page' in from ? { ...from, page: n } : from)
  const into = stepTag('plate 1')

  test.each<[string, Step, (from: Route) => unknown]>([
    ['show stays', { kind: 'show' }, (from) => from],
    ['package goes to the package', { kind: 'package' }, () => PACKAGE_ROUTE],
    ['files keeps package and revision', { kind: 'files' }, (from) => top('files', from)],
    ['metadata keeps package and revision', { kind: 'metadata' }, (from) => top('metadata', from)],
    [
      'revisions keeps the package',
      { kind: 'revisions' },
      (from) => ({ screen: 'revisions', of: of(from), page: 0 }),
    ],
    ['first goes to page 0', { kind: 'first' }, (from) => page(from, 0)],
    ['previous goes one page back', { kind: 'previous' }, (from) => page(from, 2)],
    ['next goes one page on', { kind: 'next' }, (from) => page(from, 4)],
    ['last goes to the last page', { kind: 'last' }, (from) => page(from, LAST_PAGE)],
    [
      'into goes down where there is a path',
      { kind: 'into', tag: into },
      (from) => ('path' in from ? { ...from, path: [RAW, into], page: 0 } : from),
    ],
    [
      'up goes up where there is a path',
      { kind: 'up' },
      (from) => ('path' in from ? { ...from, path: [], page: 0 } : from),
    ],
    [
      'open goes to the current files of the other package',
      { kind: 'open', tag: 'ffffffff' },
      () => ({ screen: 'files', of: 'ffffffff', revision: null, path: [], page: 0 }),
    ],
    [
      'at goes to the files of that revision',
      { kind: 'at', seconds: 7 },
      (from) => ({ screen: 'files', of: of(from), revision: 7, path: [], page: 0 }),
    ],
    ['search asks', { kind: 'search' }, () => ({ screen: 'home', search: null, page: 0, ask: true })],
    ['clear ends the search', { kind: 'clear' }, () => ({ screen: 'home', search: null, page: 0 })],
  ])('%s, from every screen', (_, step, expected) => {
    for (const from of SCREENS) expect(follow(from, step), from.screen).toEqual(expected(from))
  })

  test('before the first page or past the end of all pages leads nowhere else', () => {
    expect(follow({ ...REVISIONS, page: 0 } as Route, { kind: 'previous' })).toMatchObject({ page: 0 })
    expect(follow({ ...REVISIONS, page: LAST_PAGE } as Route, { kind: 'next' })).toMatchObject({
      page: LAST_PAGE,
    })
  })

  test('below the deepest folder of a route stays', () => {
    const deepest: Route = { screen: 'files', ...about, path: Array(ROUTE_DEPTH).fill(RAW) }
    expect(follow(deepest, { kind: 'into', tag: into })).toBe(deepest)
  })
})

describe('a press', () => {
  test('on a route that nobody remembers moves nothing and says so', () => {
    const after = pressed(located(FILES), { kind: 'next' }, HOME)
    expect(after).toMatchObject({ route: FILES, notice: expect.stringContaining('earlier state') })
  })

  test('on a button nobody knows moves nothing and says so', () => {
    const after = followButton(located(FILES), { kind: 'unknown' }, 1)
    expect(after).toMatchObject({ route: FILES, notice: expect.stringContaining('not known') })
  })

  test('that works takes the sentence of an earlier one away', () => {
    expect(pressed(located(FILES, { notice: 'old' }), { kind: 'next' }, FILES).notice).toBeNull()
  })

  test('meant for the route that another person just left is honoured: the newest wins', () => {
    const first = pressed(located(FILES), { kind: 'next' }, FILES, 1)
    const second = pressed(first, { kind: 'metadata' }, FILES, 2)
    expect(second).toMatchObject({ route: { screen: 'metadata', of: about.of, page: 0 }, notice: null })
  })

  test('that happened before one that was followed does not move the canvas', () => {
    const newer = pressed(located(FILES), { kind: 'next' }, FILES, 2)
    expect(pressed(newer, { kind: 'metadata' }, FILES, 1)).toBe(newer)
    expect(followButton(newer, { kind: 'update', entryId: null }, 1)).toBe(newer)
  })

  test('for a search finds no Home inside an entry, where there is none', () => {
    for (const kind of ['search', 'clear'] as const)
      expect(pressed(located(FILES), { kind }, FILES).route).toEqual(PACKAGE_ROUTE)
  })

  test('that comes at the very time of another takes its place', () => {
    const other = pressed(located(FILES), { kind: 'next' }, FILES, 2)
    expect(pressed(other, { kind: 'metadata' }, FILES, 2).route.screen).toBe('metadata')
  })

  test('on a button nobody knows makes no other press late', () => {
    const after = followButton(located(FILES), { kind: 'unknown' }, 5)
    expect(pressed(after, { kind: 'next' }, FILES, 4).route).toEqual({ ...FILES, page: 4 })
  })

  test('on Update or Retry goes back to the package', () => {
    for (const kind of ['update', 'retry'] as const)
      expect(followButton(located(FILES), { kind, entryId: null }, 1).route).toEqual(PACKAGE_ROUTE)
  })

  test('leaves a trail that is bounded and has no route twice', () => {
    let state = located({ ...FILES, page: 0 } as Route)
    for (let i = 1; i <= 20; i++) state = pressed(state, { kind: 'next' }, state.route, i)
    expect(state.trail).toHaveLength(6)
    state = pressed(state, { kind: 'previous' }, state.route, 21)
    const stamps = [...(state.trail ?? []), state.route].map(stampOf)
    expect(new Set(stamps).size).toBe(stamps.length)
  })
})

describe('back from a package that was opened on the homepage', () => {
  const opened = pressed(located(HOME, { entryId: null }), { kind: 'open', tag: '0a1b2c3d' }, HOME)
  const back = (state: CanvasState) => pressed(state, { kind: 'package' }, state.route, 100).route

  test('returns to the page of the search', () => {
    expect(back(opened)).toEqual(HOME)
  })

  test('returns there after however many pages', () => {
    let state = opened
    for (let i = 2; i <= 20; i++) state = pressed(state, { kind: 'next' }, state.route, i)
    expect(state.trail?.length).toBeLessThanOrEqual(7)
    expect(back(state)).toEqual(HOME)
  })
})

describe('before it is known where the canvas is', () => {
  const unknown: CanvasState = NEW_CANVAS
  const next = pressed(unknown, { kind: 'next' }, FILES)

  test('a press waits for the data, and leads on from there', () => {
    expect(next.route).toEqual(PACKAGE_ROUTE)
    expect(followPending(next, FILES)).toMatchObject({ route: { ...FILES, page: 4 }, notice: null })
    expect(followPending(next, FILES)).not.toHaveProperty('pendingStep')
  })

  test('a press on what the data does not hold stays there and says so', () => {
    expect(followPending(next, HOME)).toMatchObject({
      route: HOME,
      notice: expect.stringContaining('earlier state'),
    })
    expect(followPending(next, null).route).toEqual(PACKAGE_ROUTE)
  })

  test('a press that says all by itself wins over the data', () => {
    const old = readButton('next-page-etr_abc123-p2-s15')
    const went = followButton(unknown, old, 1)
    expect(followPending(went, HOME).route).toMatchObject({ screen: 'files', page: 2 })
    const update = followButton(unknown, { kind: 'update', entryId: null }, 1)
    expect(followPending(update, FILES).route).toEqual(PACKAGE_ROUTE)
    expect(followPending(followButton(next, old, 2), FILES).route).toMatchObject({ of: null, page: 2 })
  })

  test('a look at the canvas takes nothing back that was pressed before it', () => {
    const by = (state: CanvasState, id: string, at: number) => followButton(state, readButton(id), at)
    const data: Route = { screen: 'files', of: null, revision: null, path: [], page: 4 }
    const went = by(by(NEW_CANVAS, 'browse-files-etr_1-p2-s15', 1), 'show', 2)
    expect(followPending(went, data).route).toEqual({ ...data, page: 2 })
    const waiting = by(by(NEW_CANVAS, 'revisions', 1), 'show', 2)
    expect(followPending(waiting, data).route.screen).toBe('revisions')
    expect(followPending(by(NEW_CANVAS, 'show', 1), data).route).toEqual(data)
  })

  test('the data alone says where the canvas was, but for Home inside an entry', () => {
    expect(followPending(unknown, FILES).route).toEqual(FILES)
    expect(followPending({ ...unknown, entryId: 'etr_1' }, HOME).route).toEqual(PACKAGE_ROUTE)
  })

  test('to try again is to go where the press leads that waits', () => {
    const again = pressed(next, { kind: 'show' }, null, 3)
    expect(followPending(again, FILES).route).toEqual({ ...FILES, page: 4 })
    expect(pressed(again, { kind: 'metadata' }, FILES, 2)).toBe(again)
  })

  test('of two presses the newer waits, whichever comes first', () => {
    const metadata = { kind: 'metadata' } as const
    expect(followPending(pressed(next, metadata, FILES, 2), FILES).route.screen).toBe('metadata')
    const other = pressed(unknown, metadata, FILES, 2)
    expect(followPending(pressed(other, { kind: 'next' }, FILES, 1), FILES).route.screen).toBe('metadata')
  })
})

const hex = (length: number) => fc.nat({ max: 2 ** 31 }).map((n) => stepTag(`${n}`).slice(0, length))
const PLAIN = 'show package files metadata revisions first previous next last up search clear'.split(' ')
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom(...PLAIN).map((kind) => ({ kind }) as Step),
  hex(12).map((tag): Step => ({ kind: 'into', tag })),
  hex(8).map((tag): Step => ({ kind: 'open', tag })),
  fc.integer({ min: 1, max: 999_999_999_999 }).map((seconds): Step => ({ kind: 'at', seconds })),
)
const anyOf = fc.option(fc.oneof(hex(8), fc.stringMatching(/^=[A-Za-z0-9_-]{1,500}$/)))
const anyPage = fc.integer({ min: 0, max: LAST_PAGE })
const below = {
  of: anyOf,
  revision: fc.option(fc.integer({ min: 1, max: 999_999_999_999 })),
  path: fc.array(hex(12), { maxLength: ROUTE_DEPTH, size: 'max' }),
  page: anyPage,
}
const anyRoute: fc.Arbitrary<Route> = fc.oneof(
  fc.constant(PACKAGE_ROUTE),
  fc.record({ screen: fc.constant('files' as const), ...below }),
  fc.record({ screen: fc.constant('metadata' as const), ...below }),
  fc.record({ screen: fc.constant('revisions' as const), of: anyOf, page: anyPage }),
  fc.record({
    screen: fc.constant('home' as const),
    search: fc.option(fc.string({ unit: 'binary', maxLength: SEARCH_LENGTH / 2 })),
    page: anyPage,
  }),
)

describe('whatever the route', () => {
  test('the id of a button gives its step back, in at most 26 characters', () => {
    fc.assert(
      fc.property(anyStep, fc.option(anyRoute), (step, route) => {
        const stamp = route && stampOf(route)
        const id = buttonId(step, stamp)
        expect(id.length).toBeLessThanOrEqual(26)
        expect(readButton(id)).toEqual({ kind: 'step', step, stamp })
      }),
    )
  })

  test('the data of a canvas is under 5 kB and gives it back, after any step', () => {
    fc.assert(
      fc.property(anyRoute, anyStep, (route, step) => {
        for (const one of [route, follow(route, step)]) {
          expect(Buffer.byteLength(routeData(one))).toBeLessThan(5_000)
          expect(readRouteData(routeData(one))).toEqual(one)
        }
      }),
    )
  })

  test('data that is not ours is ignored', () => {
    const junk = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((route) => JSON.stringify({ v: 1, route })),
    )
    fc.assert(
      fc.property(junk, (data) => {
        expect(readRouteData(data)).toBeNull()
      }),
    )
    expect(readRouteData(null)).toBeNull()
    expect(readRouteData(JSON.stringify({ v: 2, route: FILES }))).toBeNull()
    expect(readRouteData(JSON.stringify({ v: 1, route: { ...FILES, path: ['../x'] } }))).toBeNull()
  })
})
