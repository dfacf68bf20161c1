import fc from 'fast-check'
import { marked, type Token } from 'marked'
import { describe, expect, it } from 'vitest'
import type { Json } from '../../src/base/json.ts'
import { metadataPage } from '../../src/canvas/browse/metadata-page.ts'
import { TEXT_A_PAGE, textPages } from '../../src/canvas/browse/text-pages.ts'
import { isAt } from '../../src/canvas/links.ts'
import { type RouteTo, stepTag } from '../../src/canvas/route.ts'
import { metadataScreen } from '../../src/canvas/screens/metadata.ts'
import { runs } from '../fuzz/runs.ts'
import { anyPoint } from '../support/any-point.ts'
import { frame } from './browse-frame.ts'

const TOP: RouteTo<'metadata'> = { screen: 'metadata', of: null, revision: null, path: [], page: 0 }

/** The Markdown of the values, without what stands around them. */
const valuesIn = (meta: Json, keys: readonly string[] = []): string => {
  const page = metadataPage(meta, { ...TOP, path: keys.map(stepTag) })
  const block = metadataScreen(frame(), page).find(({ id }) => id === 'metadata')
  return block?.type === 'MARKDOWN' ? block.value : ''
}

const tokensOf = (markdown: string): Token[] => {
  const found: Token[] = []
  marked.walkTokens(marked.lexer(markdown), (token) => {
    found.push(token)
  })
  return found
}
const shape = (markdown: string): string[] =>
  tokensOf(markdown)
    .map(({ type }) => type)
    .filter((type) => !['text', 'escape', 'space'].includes(type))

/** Where a browser goes that reads the character references in an address, as HTML makes it. */
const hostsIn = (markdown: string): string[] =>
  tokensOf(markdown).flatMap((token) =>
    token.type === 'link' || token.type === 'image'
      ? [
          new URL(token.href.replaceAll('&sol;', '/').replaceAll('&bsol;', '\\').replaceAll('&#64;', '@'))
            .host,
        ]
      : [],
  )

const PIECES =
  '[ ] ]( ) ( ! < > ` ``` * ** _ ~~ # | \\ & &lt; &#60; - + 1. === --- http://evil.test https://evil.test www.evil.test a@evil.test s3://b/k quilt+s3://b#p <b> <!-- : [a]:'.split(
    ' ',
  )
const evil = fc.oneof(
  fc
    .array(fc.constantFrom(...PIECES, '\n', '\n\n', '\r', '\u2028', '\t', '    ', ' ', '\u202e', '\ud800'), {
      minLength: 1,
      maxLength: 8,
    })
    .map((parts) => parts.join('')),
  fc.string({ unit: anyPoint, maxLength: 40 }),
)
const address = fc
  .array(
    fc.constantFrom(
      'https://',
      'http://',
      'HTTPS://',
      'catalog.test',
      'evil.test',
      '/',
      '\\',
      '@',
      ':',
      '.',
      '?',
      '#',
      '%40',
      '&sol;',
      '&bsol;',
      '&#64;',
      '(',
      ')',
      'a',
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''))

describe('keys and values of people', () => {
  it('are text: they add no markup, no link and no line', () => {
    const plain = shape(valuesIn({ key: 'word' }))
    fc.assert(
      fc.property(evil, (word) => {
        const drawn = valuesIn({ [`x${word}`]: `x${word}` })
        expect(shape(drawn)).toEqual(plain)
        expect(drawn.split('\n')).toHaveLength(1)
        expect(drawn.isWellFormed()).toBe(true)
      }),
      runs(300),
    )
  })

  it('are paragraphs of text where a long one is opened', () => {
    fc.assert(
      fc.property(evil, (word) => {
        const kinds = new Set(shape(valuesIn({ long: `${word} and ${word}` }, ['long'])))
        expect(kinds.isSubsetOf(new Set(['paragraph']))).toBe(true)
      }),
      runs(300),
    )
  })
})

describe('addresses of people', () => {
  it.each([
    'https://catalog.test\\@evil.test/',
    'https://evil.test&sol;@catalog.test/',
    'https://someone@catalog.test/',
    'https://catalog.test:444/',
    'https://catalog.test',
    'https://catalog.test/a b',
    'http://catalog.test/',
    's3://catalog.test/',
    'quilt+s3://catalog.test#package=a/b',
  ])('%s is no address of the catalog', (one) => {
    expect(isAt(one, 'https://catalog.test')).toBe(false)
    expect(hostsIn(valuesIn({ key: one }))).toEqual([])
  })

  it('lead to the catalog or nowhere, whoever reads them', () => {
    const prefix = fc.constantFrom('', 'https://', 'https://catalog.test', 'https://catalog.test/')
    fc.assert(
      fc.property(prefix, address, (start, rest) => {
        const drawn = [valuesIn({ key: start + rest }), valuesIn({ key: start + rest }, ['key'])].join('\n\n')
        for (const host of hostsIn(drawn)) expect(host).toBe('catalog.test')
      }),
      runs(500),
    )
  })
})

describe('a text of 900,000 characters', () => {
  it('is cut into pages without going back over it for each', () => {
    const solid = 'x'.repeat(900_000)
    let searched = 0
    const counted = {
      length: solid.length,
      charCodeAt: () => 0,
      slice: (from: number, to = solid.length) => {
        searched += to - from
        return solid.slice(from, to)
      },
    }
    expect(textPages(counted as unknown as string)).toHaveLength(900_000 / TEXT_A_PAGE)
    expect(searched).toBeLessThan(2 * solid.length)
  })
})
