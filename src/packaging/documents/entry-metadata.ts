import type { JsonObject } from '../../base/json.ts'
import type { Entry } from '../../benchling/entry.ts'
import type { PackageName } from '../../quilt/types.ts'
import type { ContentFile } from '../content.ts'
import { allReferences, type Reference, slugOf } from '../entry-links.ts'
import { DOCUMENT_KEYS } from './document-keys.ts'
import { flatFields } from './field-values.ts'
import { authorTexts, personText } from './people.ts'
import { cutText, portableText } from './portable.ts'
import { withinBytes } from './within-bytes.ts'

/**
 * `user_meta` is one line of the manifest and may have 1,000,000 bytes (quilt-formats.md §2.3). Each part that can grow
 * has its share; together with the fixed keys they stay under METADATA_BYTES, counted as entry.json stands in the
 * package, which is more than any line of it.
 */
export const METADATA_BYTES = 900_000
const SHARES = {
  files: { bytes: 200_000, count: 1_000 },
  fields: { bytes: 250_000, count: 1_000 },
  links: { bytes: 250_000, count: 1_000 },
  linkNames: { bytes: 100_000, count: 1_000 },
  authors: { bytes: 40_000, count: 200 },
} as const
/** Longest of the fixed texts, in bytes. */
const TEXT_BYTES = 2_048

export type MetadataInput = {
  readonly entry: Entry
  readonly name: PackageName
  readonly files: readonly ContentFile[]
  /** Names of linked objects by id; absent or null where none is known. */
  readonly linkNames: ReadonlyMap<string, string | null>
  readonly tenantHost: string
  /** The metadata key by which other packages name their entry; this one carries it too. */
  readonly pkgKey: string
}

/** What makes a package findable: its `user_meta`, which is `entry.json` (docs/package-layout.md has every key). */
export const entryMetadata = (input: MetadataInput): JsonObject => {
  const { entry } = input
  const own = {
    package_name: input.name,
    entry_id: entry.id,
    display_id: text(entry.displayId),
    name: text(entry.name),
    web_url: text(entry.webURL),
    creator: text(personText(entry.creator)),
    ...authorsOf(entry),
    created_at: text(entry.createdAt),
    modified_at: text(entry.modifiedAt),
    benchling_base_url: `https://${input.tenantHost}`,
    ...filesOf(input.files),
    ...linksOf(allReferences(entry), input.linkNames),
    schema: entry.schema ? { id: text(entry.schema.id), name: text(entry.schema.name ?? '') } : null,
    ...fieldsOf(entry),
  }
  return Object.hasOwn(own, input.pkgKey) ? own : { ...own, [input.pkgKey]: own.display_id }
}

/** True when `files` in the metadata only points to files.json. */
export const filesNeedDocument = (files: readonly ContentFile[]): boolean =>
  withinBytes(files, SHARES.files, fileJson).length < files.length

const text = (value: string): string => cutText(portableText(value), TEXT_BYTES)

const fileJson = (file: ContentFile): JsonObject => ({ [file.key]: { size: file.size } })

/** All or none: half a list would be taken for the whole. */
const filesOf = (files: readonly ContentFile[]): JsonObject =>
  filesNeedDocument(files)
    ? { files: {}, file_count: files.length, files_document: DOCUMENT_KEYS.files }
    : {
        files: Object.fromEntries(files.map(({ key, size }) => [key, { size }])),
        file_count: files.length,
      }

const authorsOf = (entry: Entry): JsonObject => {
  const all = authorTexts(entry.authors)
  const kept = withinBytes(all.map(text), SHARES.authors, (author) => author)
  return { authors: kept, ...left('authors_left_out', all.length - kept.length) }
}

const linksOf = (
  references: readonly Reference[],
  names: ReadonlyMap<string, string | null>,
): { links: readonly JsonObject[]; link_names: readonly string[]; links_left_out?: number } => {
  const links = references.map((reference) => ({
    type: text(reference.type),
    id: reference.id === null ? null : text(reference.id),
    name: nullable(reference.id === null ? null : (names.get(reference.id) ?? null)),
    slug: nullable(slugOf(reference)),
  }))
  const kept = withinBytes(links, SHARES.links, (link) => link)
  const named = [...new Set(links.flatMap((link) => (link.name === null ? [] : [link.name])))]
  return {
    links: kept,
    link_names: withinBytes(named, SHARES.linkNames, (name) => name),
    ...left('links_left_out', links.length - kept.length),
  }
}

const nullable = (value: string | null): string | null => (value === null ? null : text(value))

const fieldsOf = (entry: Entry): JsonObject => {
  const { values, cut } = flatFields(entry)
  const kept = withinBytes(values, SHARES.fields, ([name, value]) => ({ [name]: value }))
  return {
    fields: Object.fromEntries(kept),
    ...left('fields_cut', cut),
    ...left('fields_left_out', values.length - kept.length),
  }
}

const left = (key: string, count: number): JsonObject => (count > 0 ? { [key]: count } : {})
