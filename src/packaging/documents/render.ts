import type { JsonObject } from '../../base/json.ts'
import type { LogicalKey } from '../../quilt/types.ts'
import type { Registry } from '../../registry/ports.ts'
import type { ContentFile } from '../content.ts'
import type { Renamed } from '../logical-keys.ts'
import { DOCUMENT_KEYS } from './document-keys.ts'
import { entryMetadata, filesNeedDocument, type MetadataInput } from './entry-metadata.ts'
import { renderFiles } from './files.ts'
import { renderInput } from './input.ts'
import { jsonBytes } from './json.ts'
import { renderLinks } from './links.ts'
import { renderNames } from './names.ts'
import { type ReadmeInput, renderReadme } from './readme.ts'

export type Document = { readonly key: LogicalKey; readonly bytes: Buffer }

export type DocumentsInput = MetadataInput &
  Pick<ReadmeInput, 'tables' | 'fetched' | 'missing'> & {
    readonly registry: Pick<Registry, 'url' | 'bucket'>
    /** `entry_data.json`, rendered before to see whether anything changed. */
    readonly facts: Buffer
    /** Every file of the entry, tables included. */
    readonly files: readonly ContentFile[]
    /** Files of the export archive. */
    readonly exported: number
    readonly renamed: readonly Renamed[]
  }

/**
 * All documents of a package and its metadata. Pure, and free of clocks and deliveries: the same entry, archive and names
 * give the same bytes.
 */
export const renderDocuments = (
  input: DocumentsInput,
): { readonly meta: JsonObject; readonly documents: readonly Document[] } => {
  const { registry } = input
  const meta = entryMetadata(input)
  const beside: Document[] = [
    { key: DOCUMENT_KEYS.entry, bytes: jsonBytes(meta) },
    { key: DOCUMENT_KEYS.entryData, bytes: input.facts },
    { key: DOCUMENT_KEYS.links, bytes: renderLinks(input.entry) },
    { key: DOCUMENT_KEYS.input, bytes: renderInput({ ...input, registry: registry.bucket ?? registry.url }) },
  ]
  if (filesNeedDocument(input.files))
    beside.push({ key: DOCUMENT_KEYS.files, bytes: renderFiles(input.files) })
  if (input.renamed.length > 0) beside.push({ key: DOCUMENT_KEYS.names, bytes: renderNames(input.renamed) })
  const readme = renderReadme({ ...input, registry: registry.url, documents: beside.map(({ key }) => key) })
  return { meta, documents: [...beside, { key: DOCUMENT_KEYS.readme, bytes: readme }] }
}
