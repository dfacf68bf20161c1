import type { ByteBudget } from '../base/byte-budget.ts'
import type { ArchiveLimits } from './archive.ts'
import { DIRECTORY_MAX_BYTES } from './bounds.ts'
import type { ByteSource } from './byte-source.ts'
import { type DirectoryRecord, RECORD_BYTES, readRecord, recordEnd } from './directory-record.ts'
import { type DirectoryPlace, findDirectory } from './end-record.ts'
import { archiveFault, damaged } from './faults.ts'

/** Dispose when its records are not needed any more. */
export type Directory = Disposable & { readonly start: number; readonly records: readonly DirectoryRecord[] }

/** Below this many unpacked bytes an archive may be packed as tightly as it likes: small things are no bombs. */
export const RATIO_FLOOR_BYTES = 1024 ** 3

const tooMany = (limit: number): Error =>
  archiveFault('archive.too_many_members', `The limit is ${limit}.`, { limit })

const checkPlace = ({ start, end, count, exact }: DirectoryPlace, limits: ArchiveLimits): void => {
  const bytes = end - start
  if (exact && count > bytes / RECORD_BYTES)
    throw damaged('It counts more files than it can list.', { count })
  if (exact && count > limits.maxMembers) throw tooMany(limits.maxMembers)
  if (bytes > DIRECTORY_MAX_BYTES)
    throw archiveFault('archive.unsupported', 'Its table of contents is too large.', { bytes })
  if (bytes === 0 && start > 0) throw damaged('It says that it is empty, and is not.', { start })
}

/** Records as they come, in lots as large as the pieces the source gives; the directory is never held whole. */
async function* recordsOf(
  source: ByteSource,
  { start, end }: DirectoryPlace,
  signal: AbortSignal,
): AsyncGenerator<DirectoryRecord[], void, undefined> {
  let held = Buffer.alloc(0)
  let index = 0
  for await (const piece of source.stream(start, end, signal)) {
    held = Buffer.concat([held, piece])
    const lot: DirectoryRecord[] = []
    let at = 0
    for (let next = recordEnd(held, at, index); next !== null; next = recordEnd(held, at, index)) {
      lot.push(readRecord(held, at, index++))
      at = next
    }
    held = held.subarray(at)
    yield lot
  }
  if (held.length > 0) throw damaged('The last record is cut off.', { record: index })
}

/**
 * Finds, reads and checks the directory, except how members lie to each other (`extents.ts`). The count must be exact;
 * without ZIP64 it is stated modulo 65,536, because writers that know no ZIP64 let it overflow. Folders count as
 * members, because they cost as much. Its bytes are taken from `memory` until it is disposed. Throws the `archive.*` faults and what the source throws.
 */
export const readDirectory = async (
  source: ByteSource,
  limits: ArchiveLimits,
  memory: ByteBudget,
  signal: AbortSignal,
): Promise<Directory> => {
  const place = await findDirectory(source, signal)
  checkPlace(place, limits)
  const taken = await memory.take(place.end - place.start, signal)
  try {
    const records = await readRecords(source, place, limits, signal)
    return { start: place.start, records, [Symbol.dispose]: () => taken[Symbol.dispose]() }
  } catch (thrown) {
    taken[Symbol.dispose]()
    throw thrown
  }
}

const readRecords = async (
  source: ByteSource,
  place: DirectoryPlace,
  limits: ArchiveLimits,
  signal: AbortSignal,
): Promise<DirectoryRecord[]> => {
  const records: DirectoryRecord[] = []
  let total = 0
  for await (const lot of recordsOf(source, place, signal))
    for (const record of lot) {
      if (records.push(record) > limits.maxMembers) throw tooMany(limits.maxMembers)
      total += record.size
      if (total > limits.maxBytes)
        throw archiveFault('archive.too_large', `The limit is ${limits.maxBytes} bytes.`, { total })
    }
  if (place.count !== (place.exact ? records.length : records.length % 65_536))
    throw damaged('It lists another number of files than it states.', {
      stated: place.count,
      listed: records.length,
    })
  if (total > RATIO_FLOOR_BYTES && total > limits.maxRatio * source.size)
    throw archiveFault('archive.ratio_too_high', `The limit is ${limits.maxRatio} to one.`, {
      total,
      archive: source.size,
    })
  return records
}
