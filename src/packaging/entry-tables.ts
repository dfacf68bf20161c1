import type { Entry, EntryNote } from '../benchling/entry.ts'
import { notesOf } from './entry-links.ts'

/** A table of the notebook, rectangular: every row has as many cells as there are labels. */
export type NotebookTable = {
  /** As named in the notebook; `table-3` for the third table when it has no name. */
  readonly name: string
  readonly labels: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** The tables of an entry in notebook order; one without a single column is none. */
export const notebookTables = (entry: Entry): NotebookTable[] =>
  notesOf(entry)
    .flatMap((note) => (note.type === 'table' && note.table ? [note.table] : []))
    .map(rectangular)
    .filter((table) => table.labels.length > 0)

const rectangular = (table: NonNullable<EntryNote['table']>, index: number): NotebookTable => {
  const rows = (table.rows ?? []).map((row) => row.cells.map(cellText))
  const labels = table.columnLabels ?? []
  const width = rows.reduce((widest, row) => Math.max(widest, row.length), labels.length)
  const columns = Array.from({ length: width }, (_, column) => column)
  return {
    name: table.name?.trim() || `table-${index + 1}`,
    labels: columns.map((column) => labels[column] || columnLetters(column)),
    rows: rows.map((row) => columns.map((column) => row[column] ?? '')),
  }
}

type Cell = NonNullable<NonNullable<EntryNote['table']>['rows']>[number]['cells'][number]

/** A cell that only holds a link shows nothing else to say than where it leads. */
const cellText = (cell: Cell): string => cell.text || cell.link?.webURL || cell.link?.id || ''

/** What a column without a label is called, as in spreadsheets: A, B, …, Z, AA, … */
const columnLetters = (column: number): string => {
  const last = String.fromCharCode(65 + (column % 26))
  return column < 26 ? last : columnLetters(Math.floor(column / 26) - 1) + last
}
