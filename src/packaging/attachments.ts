import { mapConcurrent } from '../base/concurrency.ts'
import { Fault } from '../base/fault.ts'
import type { Entry } from '../benchling/entry.ts'
import type { Benchling, ExternalFile } from '../benchling/ports.ts'
import type { Member } from '../export/archive.ts'
import { notesOf } from './entry-links.ts'

/** Questions about attachments under way at once, for one entry. */
const ASKED_AT_ONCE = 4
/**
 * Each question is a request out of the 300 in 30 s that the app has. With more attachments than this, an archive that
 * holds exactly one file for each of them beside the entry's own document counts as complete without asking.
 */
const ASKED_ALWAYS = 100

/** An attachment to fetch: its name has no folder, its size in bytes as Benchling says it. */
export type Attachment = { readonly id: string; readonly name: string; readonly size: number | null }

export type Attachments = {
  /** Named by the entry, absent from the archive. */
  readonly lacking: readonly Attachment[]
  /** Ids the entry names and Benchling does not know any more. */
  readonly missing: readonly string[]
}

/**
 * Compares the attachments the entry names with what the archive holds. Benchling leaves files out of an export, for
 * example while they are scanned for viruses. Throws the `benchling.*` faults, except that an attachment which is gone
 * is reported as missing and does not keep the rest of the entry from being packaged.
 */
export const compareAttachments = async (
  entry: Entry,
  members: readonly Member[],
  benchling: Benchling,
  signal: AbortSignal,
): Promise<Attachments> => {
  const ids = attachmentIds(entry)
  if (ids.length > ASKED_ALWAYS && members.filter(isBeside(entry)).length === ids.length)
    return { lacking: [], missing: [] }
  const files = await mapConcurrent(
    ids,
    ASKED_AT_ONCE,
    (id, inner) => benchling.externalFile(entry.id, id, inner).catch(unlessGone),
    signal,
  )
  const unclaimed = new Set(members.map(({ name, size }) => ({ name: baseName(name), size })))
  const lacking = files.flatMap((file) => {
    if (file === null) return []
    const same = unclaimed.values().find((candidate) => isSame(file, candidate))
    if (!same) return [{ id: file.id, name: fileName(file), size: file.size }]
    unclaimed.delete(same)
    return []
  })
  return { lacking, missing: ids.filter((_, index) => files[index] === null) }
}

const unlessGone = (thrown: unknown): null => {
  if (thrown instanceof Fault && thrown.code === 'benchling.not_found') return null
  throw thrown
}

const attachmentIds = (entry: Entry): string[] => [
  ...new Set(
    notesOf(entry).flatMap((note) =>
      note.type === 'external_file' && note.externalFileId ? [note.externalFileId] : [],
    ),
  ),
]

/** The entry's own document ends in `({entry id}).pdf` (benchling-platform.md §7). */
const isBeside =
  (entry: Entry) =>
  ({ name }: Member): boolean =>
    !/\.(pdf|html)$/i.test(name) || !name.includes(`(${entry.id})`)

/** By base name and size; by the one that is known when Benchling gives only one. */
const isSame = (file: ExternalFile, candidate: { name: string; size: number }): boolean =>
  (file.name !== null || file.size !== null) &&
  (file.size === null || file.size === candidate.size) &&
  (file.name === null || baseName(file.name) === candidate.name)

const baseName = (path: string): string => path.normalize('NFC').split(/[/\\]/).at(-1)!

const fileName = (file: ExternalFile): string => file.name?.replaceAll(/[/\\]/g, '_') || file.id
