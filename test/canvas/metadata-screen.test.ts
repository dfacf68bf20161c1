import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json } from '../../src/base/json.ts'
import { VALUE_LENGTH } from '../../src/canvas/browse/metadata-lines.ts'
import { MEMBERS_A_PAGE, metadataPage } from '../../src/canvas/browse/metadata-page.ts'
import { TEXT_A_PAGE, textPages } from '../../src/canvas/browse/text-pages.ts'
import { readButton } from '../../src/canvas/buttons.ts'
import { NO_LINKS } from '../../src/canvas/links.ts'
import { ROUTE_DEPTH, type RouteTo, stepTag } from '../../src/canvas/route.ts'
import { metadataScreen } from '../../src/canvas/screens/metadata.ts'
import { runs } from '../fuzz/runs.ts'
import { frame, idsIn, textIn } from './browse-frame.ts'

const TOP: RouteTo<'metadata'> = { screen: 'metadata', of: null, revision: null, path: [], page: 0 }
const at = (keys: readonly string[], page = 0) => ({ ...TOP, path: keys.map(stepTag), page })
const draw = (meta: Json | undefined, route = TOP, more: Parameters<typeof frame>[0] = {}) =>
  metadataScreen(frame(more), metadataPage(meta, route))

const OURS: Json = {
  package_name: 'benchling/EXP1',
  display_id: 'EXP1',
  web_url: 'https://acme.benchling.com/x/etr_1/edit',
  authors: ['Ann Lee <alee@ent_1>', 'Tom Ng <tng@ent_2>'],
  created_at: '2026-01-02T03:04:05.000000+00:00',
  files: { 'EXP1.pdf': { size: 1234 }, 'plate.csv': { size: 99 } },
  links: [{ type: 'custom_entity', id: 'bfi_1', name: 'QB-1.1' }],
  experiment_id: 'EXP1',
}
const nested = (levels: number): Json =>
  Array.from({ length: levels }).reduce<Json>((value) => ({ down: value }), 'bottom')
const PROSE = Array.from({ length: 400 }, (_, n) => `Line ${n + 1} of the protocol.`).join('\n')

const STATES: Record<string, ReturnType<typeof draw>> = {
  'the metadata of an entry': draw(OURS),
  'values inside values': draw({ a: { b: { c: { d: 1 } } }, list: [[1, 2], [], {}], none: null, yes: true }),
  'a long text, cut': draw({ protocol: PROSE, short: 'x' }),
  'the whole of a long text': draw({ protocol: PROSE }, at(['protocol'])),
  'its last page': draw({ protocol: PROSE }, at(['protocol'], 1_000_000)),
  'the second page of many values': draw(
    Object.fromEntries(Array.from({ length: 45 }, (_, n) => [`field ${n + 1}`, n])),
    at([], 1),
  ),
  'an item of a list': draw(OURS, at(['links', '0'])),
  'a single value': draw({ yes: true }, at(['yes'])),
  'nothing at all': draw({}),
  'no metadata': draw(undefined),
  'an empty object inside': draw({ a: {} }, at(['a'])),
  'a value that is gone': draw(OURS, at(['files', 'gone.csv'])),
  'addresses: only the catalog’s is a link': draw({
    ours: 'https://catalog.test/b/lab/packages/x/y',
    foreign: 'https://evil.test/',
    almost: 'https://catalog.test.evil.test/',
    user: 'https://catalog.test@evil.test/',
    plain: 'http://catalog.test/',
    inside: 'see https://catalog.test/ (now)',
    script: 'javascript:alert(1)',
  }),
  'an address too long for a line': draw({ ours: `https://catalog.test/b/lab/${'x'.repeat(300)}` }),
  'the whole of that address': draw({ ours: `https://catalog.test/b/lab/${'x'.repeat(300)}` }, at(['ours'])),
  'a text cut beside a character of two units': draw({ long: `${'x'.repeat(VALUE_LENGTH - 1)}🧪 and more` }),
  'values too deep to be opened': draw(nested(ROUTE_DEPTH + 4), at(Array(ROUTE_DEPTH).fill('down'))),
  'names and values of people who mean no good': draw({
    '**bold** [x](https://evil.test)': '# no heading\n- no list\n> no quote',
    '': '',
    [`k${'e'.repeat(300)}y`]: '<b>',
    __proto__x: { constructor: 'toString' },
  }),
  'a linked package, without a catalog': draw(
    OURS,
    { ...TOP, of: '0a1b2c3d' },
    {
      own: false,
      bucket: 'team-data',
      name: 'team/a_b',
      links: NO_LINKS,
    },
  ),
}

describe('the metadata screen', () => {
  it.each(Object.keys(STATES))('shows: %s', (state) => {
    expect(STATES[state]).toMatchSnapshot()
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

  it('stays small and quick, whatever the metadata', () => {
    let deep: Json = 'bottom'
    for (let level = 0; level < 10_000; level++) deep = { down: deep }
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`k${n}`, { v: n }]))
    const long = 'word '.repeat(200_000)
    const metas: Json[] = [{ deep }, wide, { long }, { wide }, { list: Object.values(wide) }]
    for (const meta of metas) expect(textIn(draw(meta)).length).toBeLessThan(20_000)
    expect(textIn(draw({ long }, at(['long'], 100))).length).toBeLessThan(TEXT_A_PAGE * 2)
    expect(textIn(draw({ deep }, at(['deep', ...Array<string>(ROUTE_DEPTH - 1).fill('down')])))).toContain(
      'down',
    )
  })
})

const anyJson = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constant('long text '.repeat(VALUE_LENGTH)),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie('value'), { maxLength: MEMBERS_A_PAGE + 5 }),
    fc.dictionary(fc.string({ maxLength: 4 }), tie('value'), { maxKeys: 8 }),
  ),
})).value
const anyMeta = fc.dictionary(fc.string({ maxLength: 4 }), anyJson, { maxKeys: 8 })

/** All that can be seen by opening whatever can be opened. */
const seenIn = (meta: Json): string[] => {
  const seen: string[] = []
  const visit = (route: RouteTo<'metadata'>): void => {
    const { pages } = metadataPage(meta, route)
    for (let page = 0; page < pages; page++) {
      const { shown } = metadataPage(meta, { ...route, page })
      if (shown.kind === 'text') seen.push(shown.text)
      if (shown.kind !== 'members') continue
      for (const { lines, tag } of shown.members) {
        if (tag !== null) visit({ ...route, path: [...route.path, tag], page: 0 })
        else for (const { value } of lines) if (value && value.kind !== 'more') seen.push(value.text)
      }
    }
  }
  visit(TOP)
  return seen
}

const scalarsOf = (value: Json): string[] => {
  if (typeof value === 'string') return [value === '' ? 'empty' : value]
  if (typeof value !== 'object' || value === null) return [String(value)]
  const members = Object.values(value)
  return members.length === 0 ? ['empty'] : members.flatMap(scalarsOf)
}

describe('any metadata', () => {
  it('can be read whole by opening what can be opened', () => {
    fc.assert(
      fc.property(anyMeta, (meta) => {
        const seen = new Set(seenIn(meta))
        const whole = [...seen].join('\u0000')
        for (const scalar of Object.values(meta).flatMap(scalarsOf))
          expect(
            scalar.length > VALUE_LENGTH
              ? textPages(scalar).every((part) => whole.includes(part))
              : seen.has(scalar),
          ).toBe(true)
      }),
      runs(60),
    )
  })

  it('has a screen for any route, which leads to the same screen again', () => {
    fc.assert(
      fc.property(anyMeta, fc.array(fc.string({ maxLength: 4 })), fc.nat(), (meta, keys, page) => {
        const drawn = metadataPage(meta, at(keys.slice(0, ROUTE_DEPTH), page))
        expect(metadataPage(meta, drawn.route)).toEqual({ ...drawn, lost: false })
      }),
      runs(100),
    )
  })

  it('is cut into pages without losing or splitting a character', () => {
    const text = fc
      .array(fc.constantFrom('a', ' ', '\n', '🧪', 'é', 'x'.repeat(400), 'word '.repeat(300)), {
        maxLength: 60,
      })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, (whole) => {
        const pages = textPages(whole)
        expect(pages.join('')).toBe(whole)
        for (const page of pages) {
          expect(page.length).toBeLessThanOrEqual(TEXT_A_PAGE)
          expect(page.isWellFormed()).toBe(true)
        }
      }),
      runs(100),
    )
  })
})
