import fc from 'fast-check'
import { type MarkedToken, marked, type Token } from 'marked'
import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import type { Block } from '../../src/canvas/blocks.ts'
import { filesPage } from '../../src/canvas/browse/files-page.ts'
import { homePage, homeRows, NOTHING_FOUND } from '../../src/canvas/browse/home-page.ts'
import { buttonId } from '../../src/canvas/buttons.ts'
import { type RouteTo, stepTag } from '../../src/canvas/route.ts'
import { filesScreen } from '../../src/canvas/screens/files.ts'
import { homeScreen } from '../../src/canvas/screens/home.ts'
import { packageScreen } from '../../src/canvas/screens/package.ts'
import { troubleScreen } from '../../src/canvas/screens/trouble.ts'
import { renderReadme } from '../../src/packaging/documents/readme.ts'
import { renderTable } from '../../src/packaging/documents/table-csv.ts'
import { NEW_ENTRY } from '../../src/packaging/entry-state.ts'
import type { LogicalKey, PackageName } from '../../src/quilt/types.ts'
import type { Revision } from '../../src/registry/ports.ts'
import { bare } from '../packaging/entries.ts'
import { anyPoint } from '../support/any-point.ts'
import { runs } from './runs.ts'

/** What people could type to make markup, links, addresses or new lines out of a name. */
const evil = fc.oneof(
  fc
    .array(
      fc.constantFrom(
        '[',
        ']',
        '](',
        ')',
        '(',
        '!',
        '<',
        '>',
        '`',
        '```',
        '*',
        '**',
        '_',
        '~',
        '~~',
        '#',
        '# ',
        '- ',
        '+ ',
        '1. ',
        '1) ',
        '===',
        '---',
        '|',
        '\\',
        '&',
        '&#60;',
        '&lt;',
        'http://evil.test/x',
        'https://evil.test',
        'HTTP://EVIL.TEST',
        'ftp://evil.test',
        'www.evil.test',
        'a@evil.test',
        'mailto:a@evil.test',
        'javascript:alert(1)',
        'data:text/html,x',
        '<script>',
        '<img src=x onerror=1>',
        '<!--',
        '</',
        '\n',
        '\n\n',
        '\r',
        '\u2028',
        '\u0085',
        '\t',
        '    ',
        ' ',
        'word',
        'é',
        '\u202e',
        '\ud800',
        ':',
        '://',
        '[a]: ',
        '[^1]',
        '==',
      ),
      { minLength: 1, maxLength: 8 },
    )
    .map((parts) => parts.join('')),
  fc.string({ unit: anyPoint, maxLength: 40 }),
)

const tokensOf = (markdown: string): MarkedToken[] => {
  const found: MarkedToken[] = []
  marked.walkTokens(marked.lexer(markdown), (token: Token) => {
    found.push(token as MarkedToken)
  })
  return found
}

/** The kinds of Markdown constructs in a text, with the addresses of links: what a renderer would make of it. */
const shape = (markdown: string): string[] =>
  tokensOf(markdown)
    .map((token) =>
      token.type === 'link' || token.type === 'image' ? `${token.type} ${token.href}` : token.type,
    )
    .filter((type) => !['text', 'escape', 'space'].includes(type))

const LINKS = {
  package: () => 'https://catalog.test/p',
  file: () => null,
  isOurs: () => false,
  revision: () => 'https://catalog.test/r',
  sync: () => 'https://catalog.test/s',
}

const markdownOf = (blocks: readonly Block[]): string[] =>
  blocks.flatMap((block) => (block.type === 'MARKDOWN' ? [block.value] : []))

const failed = (word: string) => ({
  failure: {
    code: 'workflow.rejected',
    message: word,
    hint: word,
    at: 0,
    retryAt: null,
    attempt: 1,
    run: 'r',
  },
})

const canvas = (word: string) =>
  packageScreen({
    entry: { ...NEW_ENTRY, displayId: word, packageName: 'benchling/EXP1', ...failed(word) },
    status: 'idle',
    links: LINKS,
    notice: word,
    footer: word,
  })

/** What was searched, and an entry whose run failed: all of it in words of people. */
const home = (word: string) => {
  const packageName = 'benchling/EXP1' as PackageName
  const { failure } = failed(word)
  const state = { ...NEW_ENTRY, displayId: word, packageName, failure }
  const rows = homeRows(null, [{ entryId: 'etr_1', packageName, state, status: 'idle' }], NOTHING_FOUND)
  return homeScreen({
    page: homePage(rows, null, { screen: 'home', search: word, page: 0 }),
    typed: word,
    service: null,
    at: 0,
    links: LINKS,
    bucket: null,
    notice: word,
    footer: word,
    bucketless: false,
  })
}

describe('text of people on the canvas', () => {
  test.each([
    ['the package screen', canvas],
    ['Home', home],
  ])('is text: it adds no markup, no link, no address and no line, wherever it stands on %s', (_, draw) => {
    const plain = markdownOf(draw('word')).map(shape)
    fc.assert(
      fc.property(evil, (text) => {
        const blocks = markdownOf(draw(`x${text}`))
        expect(blocks.map(shape)).toEqual(plain)
        expect(blocks.join('')).not.toMatch(/(?!\n)[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
        expect(blocks.join('').isWellFormed()).toBe(true)
      }),
      runs(300),
    )
  })

  test('is text as the name of a file or folder, too', () => {
    const top: RouteTo<'files'> = { screen: 'files', of: null, revision: null, path: [], page: 0 }
    const drawn = (word: string) => {
      const name = word.replaceAll('/', '∕') || 'x'
      const entries = [`${name}/${name}/x`, `${name}/${name}.csv`, `${name}x`, `x${name}`, `.${name}`].map(
        (logicalKey) => ({ logicalKey, size: 1 }),
      ) as unknown as Revision['entries']
      return [top, { ...top, path: [name].map(stepTag) }].flatMap((route) =>
        filesScreen(
          {
            name: 'benchling/EXP1',
            bucket: undefined,
            own: true,
            revision: { topHash: 'a'.repeat(64), at: null },
            links: { ...LINKS, file: () => 'https://catalog.test/f' },
            notice: `x${word}`,
            footer: 'footer',
            id: (step) => buttonId(step),
          },
          filesPage({ entries }, route),
        ),
      )
    }
    const plain = markdownOf(drawn('word')).map(shape)
    fc.assert(
      fc.property(evil, (text) => {
        const blocks = drawn(text)
        expect(markdownOf(blocks).map(shape)).toEqual(plain)
        expect(JSON.stringify(blocks)).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
        expect(markdownOf(blocks).join('').isWellFormed()).toBe(true)
      }),
      runs(300),
    )
  })

  test('is text when it begins a line, too', () => {
    const plain = markdownOf(
      troubleScreen({ fault: new Fault('workflow.rejected', {}, { detail: 'word' }), footer: 'word' }),
    ).map(shape)
    fc.assert(
      fc.property(evil, (text) => {
        const [title, state, footer] = markdownOf(
          troubleScreen({ fault: new Fault('workflow.rejected', {}, { detail: text }), footer: `${text}x` }),
        )
        expect([title, state, footer].map((block) => shape(block!))).toEqual(plain)
      }),
      runs(300),
    )
  })
})

describe('text of people in README.md', () => {
  const readme = (word: string) =>
    renderReadme({
      entry: bare({
        name: word,
        displayId: word,
        creator: { id: 'ent_1', name: word, handle: word },
        authors: [{ id: 'ent_1', name: word, handle: word }],
        schema: { id: 'ts_1', name: word },
        createdAt: word,
      }),
      name: 'benchling/EXP1' as PackageName,
      registry: 's3://b',
      tenantHost: 'acme.benchling.test',
      files: [{ key: `f/${word}` as LogicalKey, size: 1 }],
      tables: [{ key: 'tables/a.csv' as LogicalKey, name: word, rows: 1 }],
      fetched: [{ key: `attachments/${word}` as LogicalKey, size: 1 }],
      missing: [word],
      documents: [],
    }).toString()

  test('is text: the page has the same shape, whatever the entry is called', () => {
    const plain = shape(readme('x word'))
    fc.assert(
      fc.property(evil, (text) => {
        const page = readme(`x${text}x`)
        expect(shape(page)).toEqual(plain)
        expect(page.split('\n')).toHaveLength(readme('x word').split('\n').length)
      }),
      runs(200),
    )
  })
})

describe('text of people in CSV', () => {
  /** What Excel, LibreOffice and Google Sheets take for the beginning of a formula (OWASP, CSV injection). */
  const runsAsFormula = (cell: string): boolean => /^[=@＝＠\t\r\n]|^[+\-＋－].*[=(|!]/s.test(cell)
  const piece = fc.constantFrom(
    '=',
    '+',
    '-',
    '@',
    '\t',
    '\r',
    '\n',
    '＝',
    '＋',
    '－',
    '＠',
    '|',
    '!',
    '(',
    ')',
    '"',
    ',',
    "'",
    ' ',
    'cmd',
    '1',
    'é',
    '\ud800',
    '\r\n',
  )
  const cell = fc.oneof(
    fc.array(piece, { maxLength: 5 }).map((parts) => parts.join('')),
    fc.string({ unit: anyPoint, maxLength: 6 }),
  )

  test('never begins a formula, and comes back as it was but for the apostrophe', () => {
    const table = fc.integer({ min: 1, max: 4 }).chain((width) => {
      const row = fc.array(cell, { minLength: width, maxLength: width })
      return fc.record({ labels: row, rows: fc.array(row, { maxLength: 4 }) })
    })
    fc.assert(
      fc.property(table, ({ labels, rows }) => {
        const text = renderTable({ name: 'T', labels, rows } as never).toString()
        const read = rfc4180(text)
        const wanted = [labels, ...rows].map((row) => row.map((value) => value.toWellFormed()))
        expect(read.map((row) => row.length)).toEqual(wanted.map((row) => row.length))
        for (const [y, row] of read.entries()) {
          for (const [x, value] of row.entries()) {
            expect(runsAsFormula(value)).toBe(false)
            expect([wanted[y]![x], `'${wanted[y]![x]}`]).toContain(value)
          }
        }
      }),
      runs(300),
    )
  })
})

/** RFC 4180 character by character. */
const rfc4180 = (text: string): string[][] => {
  const rows: string[][] = []
  let row: string[] = []
  for (let at = 0; at < text.length; ) {
    let value = ''
    if (text[at] === '"') {
      for (at++; !(text[at] === '"' && text[at + 1] !== '"'); at++) {
        if (text[at] === '"') at++
        value += text[at]
      }
      at++
    } else while (text[at] !== ',' && !text.startsWith('\r\n', at)) value += text[at++]
    row.push(value)
    if (text[at] === ',') at++
    else {
      rows.push(row)
      row = []
      at += 2
    }
  }
  return rows
}
