import type { ArchiveLimits } from './archive.ts'
import { DIRECTORY_MAX_BYTES } from './bounds.ts'
import type { ByteSource } from './byte-source.ts'
import { type DirectoryRecord, RECORD_BYTES, readRecord } from './directory-record.ts'
import { type DirectoryPlace, findDirectory } from './end-record.ts'
import { archiveFault, damaged } from './faults.ts'

export type Directory = { readonly start: number; readonly records: readonly DirectoryRecord[] }

const tooMany = (limit: number): Error =>
  archiveFault('archive.too_many_members', `The limit is ${limit}.`, { limit })

const checkPlace = ({ start, end, count, exact }: DirectoryPlace, limits: ArchiveLimits): void => {
  const bytes = end - start
  if (exact && count > bytes / RECORD_BYTES)
    throw damaged('It counts more files than it can list.', { count })
  if (bytes > DIRECTORY_MAX_BYTES)
    throw exact && count > limits.maxMembers
      ? tooMany(limits.maxMembers)
      : archiveFault('archive.unsupported', 'Its table of contents is too large.', { bytes })
}

/**
 * Finds, reads and checks the directory, except how members lie to each other (`extents.ts`). The count must be exact;
 * without ZIP64 it is stated modulo 65,536, because writers that know no ZIP64 let it overflow.
 * Throws the `archive.*` faults and what the source throws.
 */
export const readDirectory = async (
  source: ByteSource,
  limits: ArchiveLimits,
  signal: AbortSignal,
): Promise<Directory> => {
  const place = await findDirectory(source, signal)
  checkPlace(place, limits)
  const bytes = await source.bytes(place.start, place.end, signal)
  const records: DirectoryRecord[] = []
  let members = 0
  let total = 0
  for (let at = 0; at < bytes.length; ) {
    const record = readRecord(bytes, at, records.length)
    records.push(record)
    at = record.next
    total += record.size
    if (record.kind === 'file' && ++members > limits.maxMembers) throw tooMany(limits.maxMembers)
    if (total > limits.maxBytes)
      throw archiveFault('archive.too_large', `The limit is ${limits.maxBytes} bytes.`, { total })
  }
  if (place.count !== (place.exact ? records.length : records.length % 65_536))
    throw damaged('It lists another number of files than it states.', {
      stated: place.count,
      listed: records.length,
    })
  return { start: place.start, records }
}
