import type { EntryEdit, EntryView, NoteEdit } from '../page-contract.ts'

export type FieldValue = string | number | boolean | null

/** What a person changed and did not save yet. What equals the entry again is no change. */
export type Draft = {
  readonly name?: string
  readonly fields: Readonly<Record<string, FieldValue>>
  readonly notes: readonly NoteEdit[]
}

export const NO_DRAFT: Draft = { fields: {}, notes: [] }

export const isChanged = (draft: Draft): boolean =>
  draft.name !== undefined || draft.notes.length > 0 || Object.keys(draft.fields).length > 0

export const withName = (draft: Draft, entry: EntryView, name: string): Draft => {
  const { name: _, ...rest } = draft
  return name === entry.name ? rest : { ...rest, name }
}

export const withField = (draft: Draft, entry: EntryView, name: string, value: FieldValue): Draft => {
  const { [name]: _, ...others } = draft.fields
  const same = entry.fields.find((field) => field.name === name)?.value === value
  return { ...draft, fields: same ? others : { ...others, [name]: value } }
}

/** Edits of one part add up: a cell changed earlier stays changed. */
export const withNote = (draft: Draft, edit: NoteEdit): Draft => {
  const isSame = (note: NoteEdit) => note.day === edit.day && note.index === edit.index
  const before = draft.notes.find(isSame)
  const cells = [...(before?.cells ?? []), ...(edit.cells ?? [])]
  const merged = { ...before, ...edit, ...(cells.length > 0 ? { cells } : {}) }
  return { ...draft, notes: [...draft.notes.filter((note) => !isSame(note)), merged] }
}

export const editOf = (draft: Draft): EntryEdit => ({
  ...(draft.name === undefined ? {} : { name: draft.name }),
  ...(Object.keys(draft.fields).length > 0 ? { fields: draft.fields } : {}),
  ...(draft.notes.length > 0 ? { notes: draft.notes } : {}),
})
