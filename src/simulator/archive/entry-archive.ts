import type { StoredEntry } from '../entries/entry-store.ts'
import type { FaultBoard } from '../faults.ts'
import { type ByteSource, bufferSource, makeAll } from './byte-source.ts'
import { entryPdf } from './entry-pdf.ts'
import { overlapping, withHostileNames } from './hostile-archive.ts'
import { packedArchive } from './packed-archive.ts'
import { type VirtualMember, virtualArchive } from './virtual-archive.ts'

/** Above this much content an archive is made while it is read. */
const PACKED_LIMIT = 64 * 1024 * 1024

/**
 * What an export of the entry holds now: its PDF, named as observed in real exports (benchling-platform.md §7), and
 * every attachment that passed the virus scan, under its own name and in the order of the entry.
 */
export const entryArchive = async (
  entry: StoredEntry,
  faults: FaultBoard,
  at: Date,
  signal: AbortSignal,
): Promise<ByteSource> => {
  if (entry.archiveBytes) return damaged(entry.archiveBytes, faults)
  const members = await entryMembers(entry, at)
  if (faults.strikes('hostile-names')) return bufferSource(await withHostileNames(members, at))
  if (faults.strikes('hostile-archive')) {
    const second = { name: 'duplicate.csv', content: bufferSource(Buffer.from('well,value\nA1,1\n')) }
    return bufferSource(overlapping(await packedArchive([...members, second], at)))
  }
  const size = await makeAll(members.map(({ content }) => content))
  const virtual = entry.archive === 'virtual' || (entry.archive !== 'packed' && size > PACKED_LIMIT)
  const archive = virtual
    ? await virtualArchive(members, at, signal)
    : bufferSource(await packedArchive(members, at))
  return damaged(archive, faults)
}

const entryMembers = async (entry: StoredEntry, at: Date): Promise<VirtualMember[]> => {
  const { api, attachments } = entry
  const pdf = await entryPdf({
    entry: api,
    at,
    attachmentName: (id) => attachments.get(id)?.name ?? id,
  })
  const named = api.name.replaceAll(/[/\\]/g, '_')
  return [
    { name: `${named} ${api.createdAt.slice(0, 10)} (${api.id}).pdf`, content: bufferSource(pdf) },
    ...[...attachments.values()]
      .filter((file) => file.scanned)
      .map(({ name, content }) => ({ name, content })),
  ]
}

/** The same bytes with the end missing. */
const damaged = (archive: ByteSource, faults: FaultBoard): ByteSource =>
  faults.strikes('truncated-archive')
    ? { size: Math.floor(archive.size * 0.9), read: (start, end) => archive.read(start, end) }
    : archive
