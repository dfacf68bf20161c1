import type { Cursor } from './cursor.ts'
import type { DirectoryRecord } from './directory-record.ts'
import { LOCAL_HEADER_BYTES } from './extents.ts'
import { archiveFault, shown } from './faults.ts'

// APPNOTE 6.3.10 §4.3.7.
const SIGNATURE = 0x04034b50

/**
 * Moves the cursor over the local header of a member to its data. Only the signature and the length of the name are
 * believed enough to be checked, and the lengths to find the data; everything else stands in the directory.
 * `end`: what header and data may reach to. Throws `archive.member_invalid`.
 */
export const passLocalHeader = async (
  cursor: Cursor,
  record: DirectoryRecord,
  end: number,
): Promise<void> => {
  const wrong = (detail: string): never => {
    throw archiveFault('archive.member_invalid', `${shown(record.name)} ${detail}`, { record: record.index })
  }
  await cursor.skipTo(record.localHeaderOffset)
  const header = await cursor.take(LOCAL_HEADER_BYTES)
  if (header.readUInt32LE(0) !== SIGNATURE) wrong('is not where the table of contents says.')
  const nameBytes = header.readUInt16LE(26)
  if (nameBytes !== record.nameBytes) wrong('has another name at its place.')
  const data = record.localHeaderOffset + LOCAL_HEADER_BYTES + nameBytes + header.readUInt16LE(28)
  if (data + record.compressedSize > end) wrong('reaches into the next file.')
  await cursor.skipTo(data)
}
