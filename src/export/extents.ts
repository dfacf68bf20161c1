import type { Directory } from './directory.ts'
import type { DirectoryRecord } from './directory-record.ts'
import { archiveFault, damaged, shown } from './faults.ts'

// APPNOTE 6.3.10 §4.3.7 and 4.3.9.
export const LOCAL_HEADER_BYTES = 30
const LOCAL_EXTRA_MAX_BYTES = 0xffff
const DESCRIPTOR_MAX_BYTES = 24

/** By record index: the offset that header, data and descriptor of a member lie before. */
export type Extents = ReadonlyMap<number, number>

/**
 * Checks by sorted offsets that no two members share a byte and that none reaches into the directory, and says where
 * each one ends: at the next member, at the directory, or sooner where a gap follows that it cannot fill.
 * Throws `archive.overlap`, `archive.directory_invalid`.
 */
export const extentsOf = ({ start, records }: Directory): Extents => {
  const sorted = [...records].sort((a, b) => a.localHeaderOffset - b.localHeaderOffset || a.index - b.index)
  const extents = new Map<number, number>()
  sorted.forEach((record, position) => {
    const least = record.localHeaderOffset + LOCAL_HEADER_BYTES + record.nameBytes + record.compressedSize
    if (least > start) throw damaged(`${shown(record.name)} reaches into the table of contents.`)
    const following: DirectoryRecord | undefined = sorted[position + 1]
    if (following && least > following.localHeaderOffset)
      throw archiveFault('archive.overlap', `${shown(record.name)} and ${shown(following.name)}.`, {
        records: [String(record.index), String(following.index)],
      })
    const most = least + LOCAL_EXTRA_MAX_BYTES + DESCRIPTOR_MAX_BYTES
    extents.set(record.index, Math.min(following?.localHeaderOffset ?? start, most))
  })
  return extents
}
