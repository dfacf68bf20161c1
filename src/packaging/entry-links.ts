import type { Entry, EntryField, EntryLink, EntryNote } from '../benchling/entry.ts'

/** Something an entry points to. `source` as links.json of the known system calls it; a cell of a table is part of its note. */
export type Reference = {
  readonly id: string | null
  /** Benchling's link type: `custom_entity`, `entry`, `user`, `link` (a web address), … */
  readonly type: string
  readonly webUrl: string | null
  readonly source: 'note_link' | 'entity_field'
}

export type ResultsTable = {
  readonly assayResultSchemaId: string
  readonly apiId: string | null
  readonly name: string | null
}

/** Link types that stand for a registered thing (peer-service.md §2.5), and those of newer entity kinds. */
const ENTITY_TYPES: ReadonlySet<string> = new Set([
  'custom_entity',
  'dna_sequence',
  'aa_sequence',
  'batch',
  'entity',
  'mixture',
  'molecule',
])

export const isEntity = (reference: Reference): boolean => ENTITY_TYPES.has(reference.type)

export const notesOf = (entry: Entry): EntryNote[] => (entry.days ?? []).flatMap((day) => day.notes ?? [])

/** Links in text, captions and table cells, in notebook order; the same object or address once (first seen wins). */
export const noteLinks = (entry: Entry): Reference[] =>
  unique(
    notesOf(entry).flatMap((note) => [
      ...(note.links ?? []).map(asReference),
      ...(note.table?.rows ?? []).flatMap((row) =>
        row.cells.flatMap((cell) => (cell.link ? [asReference(cell.link)] : [])),
      ),
    ]),
  )

/** Registered things named by schema fields, in the order of the fields' names. */
export const fieldEntities = (entry: Entry): Reference[] =>
  unique(
    Object.entries(entry.fields ?? {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, field]) => idsOf(field))
      .filter(isEntity),
  )

/** Everything the entry points to: links first, then what only fields name. */
export const allReferences = (entry: Entry): Reference[] =>
  unique([...noteLinks(entry), ...fieldEntities(entry)])

/** Results tables of the notebook; the API gives their schema, not their rows. */
export const resultsTables = (entry: Entry): ResultsTable[] => {
  const seen = new Set<string>()
  return notesOf(entry).flatMap((note) => {
    if (note.type !== 'results_table' || !note.assayResultSchemaId) return []
    const table = {
      assayResultSchemaId: note.assayResultSchemaId,
      apiId: note.apiId ?? null,
      name: note.name ?? null,
    }
    const identity = JSON.stringify([table.apiId, table.assayResultSchemaId])
    if (seen.has(identity)) return []
    seen.add(identity)
    return [table]
  })
}

/** The words in an object's web address: `…/bfi_Yt-batch-test/edit` → `batch-test`; null where there are none. */
export const slugOf = (reference: Reference): string | null => {
  if (!reference.id || !reference.webUrl) return null
  const alike = (text: string) => text.replaceAll('_', '-')
  const start = `${alike(reference.id)}-`
  const segments = reference.webUrl.replace(/[?#].*$/s, '').split('/')
  return segments.find((segment) => alike(segment).startsWith(start))?.slice(start.length) || null
}

const asReference = (link: EntryLink): Reference => ({
  id: link.id || null,
  type: link.type,
  webUrl: link.webURL || null,
  source: 'note_link',
})

const idsOf = (field: EntryField): Reference[] => {
  if (!field.type?.endsWith('_link')) return []
  const type = field.type.slice(0, -'_link'.length)
  const ids = Array.isArray(field.value) ? field.value : [field.value]
  return ids.flatMap((id) =>
    typeof id === 'string' && id !== ''
      ? [{ id, type: type === 'entity' ? kindOf(id) : type, webUrl: null, source: 'entity_field' as const }]
      : [],
  )
}

/** An `entity_link` field does not say which kind it holds; the id does. */
const kindOf = (id: string): string =>
  ({ bfi: 'custom_entity', seq: 'dna_sequence', prtn: 'aa_sequence', mxt: 'mixture', mol: 'molecule' })[
    id.split('_', 1)[0]!
  ] ?? 'entity'

const unique = (references: readonly Reference[]): Reference[] => {
  const seen = new Set<string>()
  return references.filter((reference) => {
    const identity = reference.id ?? reference.webUrl
    if (identity === null) return true
    if (seen.has(identity)) return false
    seen.add(identity)
    return true
  })
}
