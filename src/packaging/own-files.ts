import { z } from 'zod'
import { Fault } from '../base/fault.ts'
import type { Registry, Revision } from '../registry/ports.ts'
import type { OwnFiles } from '../registry/under-prefix.ts'
import { DOCUMENT_KEYS, RESERVED_KEYS } from './documents/document-keys.ts'

/** A files.json has about 100 bytes a file: this is one of 300,000 files. Larger ones are told by their objects' marks. */
const FILES_DOCUMENT_BYTES = 32 * 1024 * 1024

/** What both systems write beside the files of an export. */
const DOCUMENTS = [
  DOCUMENT_KEYS.entry,
  DOCUMENT_KEYS.entryData,
  DOCUMENT_KEYS.links,
  DOCUMENT_KEYS.input,
  DOCUMENT_KEYS.readme,
]

/** `file_count` is in the metadata of this service only. */
const listing = z.looseObject({
  files: z.record(z.string(), z.unknown()),
  files_document: z.string().optional(),
  file_count: z.number().optional(),
})

/**
 * Which files of a revision were made from the entry, as its metadata lists them: the documents, and `files`, in which the
 * known system lists the files of its export under the same names (peer-service.md §2.4). Throws what passes (`store.*`).
 */
export const ownFiles =
  (registry: Pick<Registry, 'open'>): OwnFiles =>
  async (revision, signal) => {
    const meta = listing.safeParse(revision.header.user_meta)
    const files = meta.success ? meta.data.files : {}
    const beside =
      meta.success && meta.data.files_document === DOCUMENT_KEYS.files
        ? await filesDocument(revision, registry, signal)
        : {}
    const documents = meta.success && meta.data.file_count !== undefined ? RESERVED_KEYS : DOCUMENTS
    return new Set([...documents, ...Object.keys(files), ...Object.keys(beside)])
  }

const filesDocument = async (
  { entries }: Revision,
  registry: Pick<Registry, 'open'>,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> => {
  const entry = entries.find(({ logicalKey }) => logicalKey === DOCUMENT_KEYS.files)
  if (!entry || entry.size > FILES_DOCUMENT_BYTES) return {}
  try {
    const bytes = Buffer.concat(await Array.fromAsync(registry.open(entry.physicalKey, signal)))
    const read = listing.safeParse(JSON.parse(bytes.toString()))
    return read.success ? read.data.files : {}
  } catch (thrown) {
    const lasts = thrown instanceof SyntaxError || (thrown instanceof Fault && thrown.entry.class === 'never')
    if (lasts) return {}
    throw thrown
  }
}
