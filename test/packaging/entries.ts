import { readFileSync } from 'node:fs'
import { type Entry, entrySchema } from '../../src/benchling/entry.ts'
import { renderEntryData } from '../../src/packaging/documents/entry-data.ts'
import type { DocumentsInput } from '../../src/packaging/documents/render.ts'
import type { LogicalKey, PackageName } from '../../src/quilt/types.ts'

const read = (url: URL): Entry => entrySchema.parse(JSON.parse(readFileSync(url, 'utf8')).entry)

/** An entry with every kind of field, note and link this product looks at. */
export const everything = (): Entry => read(new URL('../fixtures/entries/everything.json', import.meta.url))

/** Captured from a real tenant by others; present only beside the repository. */
export const CAPTURED = new URL(
  '../../../shared/vectors/benchling/api/quilt__GET_entries_id__real.json',
  import.meta.url,
)
export const captured = (): Entry => read(CAPTURED)

/** An entry with nothing but what every entry has. */
export const bare = (more: Partial<Entry> = {}): Entry => ({
  id: 'etr_Bare1',
  displayId: 'EXP1',
  name: 'Assay',
  webURL: 'https://acme.benchling.com/x/etr_Bare1-assay/edit',
  createdAt: '2026-01-02T03:04:05.000000+00:00',
  modifiedAt: '2026-01-03T03:04:05.000000+00:00',
  ...more,
})

/** What the documents of an entry are made from, with one exported file, unless told otherwise. */
export const documentsInput = (entry: Entry, more: Partial<DocumentsInput> = {}): DocumentsInput => ({
  entry,
  name: 'benchling/EXP1' as PackageName,
  facts: renderEntryData(entry),
  files: [{ key: 'a.pdf' as LogicalKey, size: 1234 }],
  exported: 1,
  fetched: [],
  missing: [],
  tables: [],
  renamed: [],
  linkNames: new Map(),
  registry: { url: 's3://my-bucket', bucket: 'my-bucket' },
  tenantHost: 'acme.benchling.com',
  pkgKey: 'experiment_id',
  ...more,
})
