import type { NotebookTable } from '../entry-tables.ts'

/**
 * A notebook table as RFC 4180: UTF-8 without a mark, comma, CRLF, one header line. Cells stand as they are, except those
 * that a spreadsheet would run (see `inert`).
 */
export const renderTable = (table: NotebookTable): Buffer =>
  Buffer.from([table.labels, ...table.rows].map((row) => `${row.map(cell).join(',')}\r\n`).join(''))

const cell = (text: string): string => {
  const safe = inert(text.toWellFormed())
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/**
 * A cell that would start a formula gets an apostrophe in front: one that begins with `=`, `@`, a tab or a line
 * end, or with a sign and then holds what calls or refers to something. `-5.2`, `+`, `+/-` and `-OH` are data and stay.
 * Full-width forms count, because spreadsheets of some languages take them for the plain ones (OWASP, CSV injection).
 */
const inert = (text: string): string => (/^[=@＝＠\t\r\n]|^[+\-＋－].*[=(|!]/s.test(text) ? `'${text}` : text)
