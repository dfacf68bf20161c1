import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buttonId, readButton, type Step } from '../../src/canvas/buttons.ts'
import {
  LAST_PAGE,
  packageTag,
  ROUTE_DEPTH,
  type Route,
  readRouteData,
  routeData,
  SEARCH_LENGTH,
  stampOf,
  stepTag,
} from '../../src/canvas/route.ts'

/** What Benchling takes as the data of a canvas. */
const DATA_BYTES = 5_000

const hex = (length: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((text) => text.length === length)
const page = fc.nat({ max: LAST_PAGE })
const of = fc.option(fc.oneof(hex(8), fc.stringMatching(/^=[A-Za-z0-9_-]{1,500}$/)))
const revision = fc.option(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }))
const path = fc.array(hex(12), { maxLength: ROUTE_DEPTH, size: 'max' })
const search = fc.option(fc.string({ unit: 'binary', maxLength: SEARCH_LENGTH, size: 'max' }))

const route: fc.Arbitrary<Route> = fc.oneof(
  fc.constant<Route>({ screen: 'package' }),
  fc.record({
    screen: fc.constantFrom('files' as const, 'metadata' as const),
    of,
    revision,
    path,
    page,
  }) as fc.Arbitrary<Route>,
  fc.record({ screen: fc.constant('revisions' as const), of, page }),
  fc.record({ screen: fc.constant('home' as const), search, page }),
)

const plain = [
  ...['show', 'package', 'files', 'metadata', 'revisions', 'first', 'previous', 'next', 'last', 'up'],
  ...['search', 'clear'],
] as const
const step = fc.oneof(
  fc.constantFrom(...plain).map((kind) => ({ kind }) as Step),
  fc.record({ kind: fc.constant('into' as const), tag: hex(12) }),
  fc.record({ kind: fc.constant('open' as const), tag: hex(8) }),
  fc.record({ kind: fc.constant('at' as const), seconds: fc.integer({ min: 1, max: 99_999_999_999 }) }),
)

describe('any route', () => {
  it('is read back from the data of its canvas, which Benchling takes, and is the same for its buttons', () => {
    fc.assert(
      fc.property(route, (given) => {
        const data = routeData(given)
        expect(Buffer.byteLength(data)).toBeLessThan(DATA_BYTES)
        const read = readRouteData(data)
        expect(read).toEqual(given)
        expect(read && stampOf(read)).toBe(stampOf(given))
      }),
    )
  })

  it('and any step on it make an id that is short, says no name, and is understood', () => {
    fc.assert(
      fc.property(route, step, fc.boolean(), (given, one, stamped) => {
        const stamp = stamped ? stampOf(given) : null
        const id = buttonId(one, stamp)
        expect(id.length).toBeLessThanOrEqual(24)
        expect(readButton(id)).toEqual({ kind: 'step', step: one, stamp })
      }),
    )
  })
})

describe('the data of a canvas', () => {
  const files = { screen: 'files', of: null, revision: null, path: [], page: 0 }
  const holding = (change: object) => JSON.stringify({ v: 1, route: { ...files, ...change } })

  it.each([
    ['nothing', null],
    ['an empty text', ''],
    ['no JSON', '{"v":1'],
    ['what another app wrote', '{"cart":[1,2]}'],
    ['a list', '[]'],
    ['a number', '7'],
    ['a route of a later version', '{"v":2,"route":{"screen":"package"}}'],
    ['a screen that there is not', '{"v":1,"route":{"screen":"admin"}}'],
    ['a page before the first', holding({ page: -1 })],
    ['a page beyond all', holding({ page: LAST_PAGE + 1 })],
    ['half a page', holding({ page: 0.5 })],
    ['a name for a step', holding({ path: ['secret plans'] })],
    ['too many steps', holding({ path: Array.from({ length: ROUTE_DEPTH + 1 }, () => '0a1b2c3d4e5f') })],
    ['a package by its name', holding({ of: 'benchling/EXP1' })],
    ['a revision that never was', holding({ revision: 0 })],
    ['more than a route has', holding({ bucket: 'theirs' })],
    ['a search without an end', `{"v":1,"route":{"screen":"home","search":"${'x'.repeat(101)}","page":0}}`],
  ])('that is %s holds no route', (_, data) => {
    expect(readRouteData(data)).toBeNull()
  })

  it('may hold more beside the route, from a later version', () => {
    expect(readRouteData(JSON.stringify({ v: 1, route: files, more: true }))).toEqual(files)
  })
})

describe('tags', () => {
  it('tell packages of one name in two buckets apart, and a step from a package', () => {
    const here = packageTag({ bucket: 'a', name: 'x/y' })
    expect(here).not.toBe(packageTag({ bucket: 'b', name: 'x/y' }))
    expect(here).not.toBe(packageTag({ bucket: null, name: 'x/y' }))
    expect(stepTag('x/y')).toMatch(/^[0-9a-f]{12}$/)
  })
})
