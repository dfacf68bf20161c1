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
  const known = files.filter((file) => file !== null)
  const present = inArchive(known, members)
  return {
    lacking: known
      .filter((file) => !present.has(file))
      .map((file) => ({ id: file.id, name: fileName(file), size: file.size })),
    missing: ids.filter((_, index) => files[index] === null),
  }
}

type Candidate = { readonly name: string; readonly size: number }

/**
 * Which of these files the archive holds; each takes one of its members, those with a name first. Of files without a name
 * and with equal size nobody can say which ones lack when some do: then all of them do, because twice is better than lost.
 */
const inArchive = (files: readonly ExternalFile[], members: readonly Member[]): ReadonlySet<ExternalFile> => {
  const unclaimed = new Set(members.map(({ name, size }): Candidate => ({ name: baseName(name), size })))
  const present = new Set<ExternalFile>()
  for (const file of files.filter(({ name }) => name !== null)) {
    const same = unclaimed.values().find((candidate) => isSame(file, candidate))
    if (!same || !unclaimed.delete(same)) continue
    present.add(file)
  }
  const nameless = Map.groupBy(
    files.filter(({ name, size }) => name === null && size !== null),
    ({ size }) => size,
  )
  for (const [size, alike] of nameless) {
    const candidates = unclaimed.values().filter((candidate) => candidate.size === size)
    if ([...candidates].length >= alike.length) for (const file of alike) present.add(file)
  }
  return present
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

/** By base name, and by size where Benchling gives one. */
const isSame = ({ name, size }: ExternalFile, candidate: Candidate): boolean =>
  name !== null && baseName(name) === candidate.name && (size === null || size === candidate.size)

const baseName = (path: string): string => path.normalize('NFC').split(/[/\\]/).at(-1)!

const fileName = (file: ExternalFile): string => file.name?.replaceAll(/[/\\]/g, '_') || file.id
