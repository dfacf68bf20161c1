import { damaged } from './faults.ts'

/** Up to this many bytes after the last field are padding (alignment tools write them). */
const PADDING_BYTES = 3

/**
 * Extra fields of a directory record by their id, the first of each. APPNOTE 6.3.10 §4.5.1. Of two ZIP64 fields that
 * differ, programs take the first or the last, and so read different archives: refused as `archive.directory_invalid`.
 */
export const extraFields = (bytes: Buffer): ReadonlyMap<number, Buffer> => {
  const fields = new Map<number, Buffer>()
  let at = 0
  while (bytes.length - at > PADDING_BYTES) {
    const id = bytes.readUInt16LE(at)
    const end = at + 4 + bytes.readUInt16LE(at + 2)
    if (end > bytes.length) throw damaged('An extra field passes the end of its record.')
    const field = bytes.subarray(at + 4, end)
    const first = fields.get(id)
    if (!first) fields.set(id, field)
    else if (id === ZIP64_FIELD && !first.equals(field)) throw damaged('A large size is stated twice.')
    at = end
  }
  return fields
}

export const ZIP64_FIELD = 0x0001
export const UNICODE_PATH_FIELD = 0x7075
