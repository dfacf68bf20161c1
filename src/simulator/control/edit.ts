import { badRequest } from '../api-error.ts'
import type { ApiDay, ApiNote } from '../entries/api-entry.ts'
import type { EntryChange, StoredEntry } from '../entries/entry-store.ts'
import { textNote } from '../entries/sample.ts'
import type { EntryEdit, NewNote, NoteEdit } from '../page-contract.ts'

/** A person's edit as a change of the entry. Throws 400 for a part that is not there or cannot be edited. */
export const changeOf = (entry: StoredEntry, edit: EntryEdit): EntryChange => ({
  ...(edit.name === undefined ? {} : { name: edit.name }),
  ...(edit.fields === undefined ? {} : { fields: edit.fields }),
  ...(edit.notes === undefined && edit.append === undefined
    ? {}
    : { days: appended(edited(entry.api.days, edit.notes ?? []), edit.append ?? []) }),
})

const edited = (days: readonly ApiDay[], edits: readonly NoteEdit[]): ApiDay[] => {
  const next = days.map((day) => ({ ...day, notes: [...day.notes] }))
  for (const edit of edits) {
    const notes = next[edit.day]?.notes
    const note = notes?.[edit.index]
    if (!notes || !note) throw badRequest(`There is no part ${edit.index} in day ${edit.day}.`)
    notes[edit.index] = {
      ...note,
      ...(edit.text === undefined ? {} : { text: edit.text }),
      ...(edit.checked === undefined ? {} : { checked: edit.checked }),
      ...(edit.cells === undefined ? {} : { table: withCells(note, edit.cells) }),
    }
  }
  return next
}

const withCells = (note: ApiNote, cells: NonNullable<NoteEdit['cells']>) => {
  if (!note.table) throw badRequest('This part is not a table.')
  const rows = note.table.rows.map((row) => ({ cells: [...row.cells] }))
  for (const { row, column, text } of cells) {
    const cell = rows[row]?.cells[column]
    if (!cell) throw badRequest(`There is no cell in row ${row}, column ${column}.`)
    rows[row]!.cells[column] = cell.text === text ? cell : { text }
  }
  return { ...note.table, rows }
}

const appended = (days: readonly ApiDay[], notes: readonly NewNote[]): ApiDay[] => {
  const last = days.at(-1)
  if (!last) throw badRequest('The entry has no day.')
  return [...days.slice(0, -1), { ...last, notes: [...last.notes, ...notes.map(noteOf)] }]
}

const noteOf = (note: NewNote): ApiNote =>
  note.kind === 'text'
    ? textNote(note.text)
    : {
        type: 'table',
        indentation: 0,
        text: '',
        links: [],
        table: {
          name: note.name,
          columnLabels: note.columns,
          rows: note.rows.map((row) => ({ cells: row.map((text) => ({ text })) })),
        },
      }
