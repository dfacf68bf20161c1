import { describe, expect, it } from 'vitest'
import { LAST_PAGE, packageTag, ROUTE_DEPTH, readRouteData, stepTag } from '../../src/canvas/route.ts'

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
