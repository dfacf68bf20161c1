import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderTable } from '../../src/packaging/documents/table-csv.ts'
import { notebookTables } from '../../src/packaging/entry-tables.ts'
import { bare, everything } from './entries.ts'

const csv = (rows: string[][], labels: (string | null)[] | null = null): string => {
  const table = {
    name: 'T',
    columnLabels: labels,
    rows: rows.map((cells) => ({ cells: cells.map((text) => ({ text })) })),
  }
  const [only] = notebookTables(bare({ days: [{ notes: [{ type: 'table', table }] }] }))
  return renderTable(only!).toString()
}

describe('a notebook table as CSV', () => {
  it('has the labels as header, letters where there are none, and every row equally wide', () => {
    const [first, second, ...more] = notebookTables(everything())
    expect(renderTable(first!).toString()).toBe(
      [
        'Time (h),B,"Plasmid, ""map""",D',
        '0,-0.05,pUC19,',
        '4,"\'=HYPERLINK(""https://example.org"")",,',
        '8,+/-,"two\nlines",extra',
        '',
      ].join('\r\n'),
    )
    expect(second!.name).toBe('table-2')
    expect(renderTable(second!).toString()).toBe('A,B\r\nµ,β\r\n')
    expect(more).toEqual([])
  })

  it('calls the 27th column AA', () => {
    expect(csv([Array(28).fill('1')]).split('\r\n')[0]).toMatch(/,Y,Z,AA,AB$/)
  })

  it('says where a cell leads that shows no text', () => {
    const link = { type: 'custom_entity', id: 'bfi_1', webURL: 'https://acme.benchling.com/bfi_1' }
    const rows = [{ cells: [{ text: '', link }, { link: { ...link, webURL: null } }] }]
    const [table] = notebookTables(bare({ days: [{ notes: [{ type: 'table', table: { rows } }] }] }))
    expect(table!.rows).toEqual([['https://acme.benchling.com/bfi_1', 'bfi_1']])
  })

  it.each(['-5.2', '+3', '-', '+', '+/-', '-OH', '5 = 4 + 1', '(a)', '1e-3'])(
    'keeps the data %s as it is',
    (text) => {
      expect(csv([[text]])).toBe(`A\r\n${text}\r\n`)
    },
  )

  it.each([
    '=1+1',
    '@SUM(A1)',
    "-cmd|' /C calc'!A0",
    '+HYPERLINK("x")',
    '\t=1',
    '\r=1',
    '\n=1',
    '＝1+1',
    '-1\n=(2)',
  ])('does not let a spreadsheet run %j', (text) => {
    expect(csv([[text]])).toMatch(/^A\r\n"?'/)
  })

  it('gives back any text when read as RFC 4180', () => {
    const cell = fc
      .string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', ' ', 'é', "'") })
      .map((text) => `x${text}`)
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { minLength: 1 }), (rows) => {
        expect(parse(csv(rows)).slice(1)).toEqual(rows)
      }),
    )
  })
})

/** RFC 4180, nothing more. */
const parse = (text: string): string[][] => {
  const rows: string[][] = [[]]
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!)
    if (end === '\r\n') rows.push([])
  }
  return rows.slice(0, -1)
}
