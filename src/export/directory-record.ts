import type { Member } from './archive.ts'
import { extraFields, UNICODE_PATH_FIELD, ZIP64_FIELD } from './extra-fields.ts'
import { archiveFault, damaged, shown } from './faults.ts'
import { MAX_U16, MAX_U32, u64 } from './little-endian.ts'
import { memberName } from './member-name.ts'

// APPNOTE 6.3.10 §4.3.12.
const SIGNATURE = 0x02014b50
export const RECORD_BYTES = 46
/** Deflate codes at most 258 bytes in two bits. */
const DEFLATE_MAX_RATIO = 1032
const FLAGS_OF_ENCRYPTION = 0x2041
const FLAG_PATCH = 0x0020
const METHODS: ReadonlyMap<number, Member['method']> = new Map([
  [0, 'stored'],
  [8, 'deflated'],
])
const METHOD_AES = 99
const MODE_KINDS = 0o170000
const MODE_FILE = 0o100000
const MODE_PIPE = 0o010000
const MODE_FOLDER = 0o040000
const DOS_FOLDER = 0x10
/** Who made the archive, by its file system: FAT, NTFS as two programs count it, VFAT. */
const WINDOWS_HOSTS = [0, 10, 11, 14]

/** A record of the directory: the member it describes, and how long its name is in bytes (the local header repeats it). */
export type DirectoryRecord = Member & {
  readonly nameBytes: number
  /** `none` has neither a name nor data, and stands for nothing. */
  readonly kind: 'file' | 'folder' | 'none'
}

/** Sizes, offset and disk; those at their maximum stand in the ZIP64 field, in this order (APPNOTE §4.5.3). */
const readPlace = (
  bytes: Buffer,
  at: number,
  field: Buffer | undefined,
): { size: number; compressedSize: number; localHeaderOffset: number; disk: number } => {
  let used = 0
  const long = (short: number, marker: number, width: 4 | 8): number => {
    if (short !== marker) return short
    if (!field || used + width > field.length) throw damaged('A large size is announced but not stated.')
    used += width
    return width === 8 ? u64(field, used - 8) : field.readUInt32LE(used - 4)
  }
  const size = long(bytes.readUInt32LE(at + 24), MAX_U32, 8)
  const compressedSize = long(bytes.readUInt32LE(at + 20), MAX_U32, 8)
  const localHeaderOffset = long(bytes.readUInt32LE(at + 42), MAX_U32, 8)
  const disk = long(bytes.readUInt16LE(at + 34), MAX_U16, 4)
  return { size, compressedSize, localHeaderOffset, disk }
}

/** Info-ZIP gives what was piped into it the mode of the pipe; one without data stands for the pipe itself. */
const isPlain = (modeKind: number, size: number): boolean =>
  [0, MODE_FILE, MODE_FOLDER].includes(modeKind) || (modeKind === MODE_PIPE && size > 0)

/** Windows programs write folders with a backslash, and old .NET does so without the attribute; see APPNOTE §4.4.2.2. */
const isWindowsFolder = (name: string, size: number, host: number, attributes: number): boolean =>
  name.endsWith('\\') && ((attributes & DOS_FOLDER) !== 0 || (size === 0 && WINDOWS_HOSTS.includes(host)))

const kindOf = (name: string, size: number, host: number, attributes: number): DirectoryRecord['kind'] => {
  const named = name.endsWith('/') || isWindowsFolder(name, size, host, attributes)
  if (!named && name !== '') return 'file'
  if (size === 0) return named ? 'folder' : 'none'
  throw named
    ? archiveFault('archive.name_invalid', `${shown(name)} is named like a folder but holds data.`)
    : archiveFault('archive.name_invalid', 'A file has no name.')
}

/** Where the record ends that begins here, or null when not all of it is there. Throws `archive.directory_invalid`. */
export const recordEnd = (bytes: Buffer, at: number, index: number): number | null => {
  if (at + RECORD_BYTES > bytes.length) return null
  if (bytes.readUInt32LE(at) !== SIGNATURE)
    throw damaged('A record is not where it should be.', { record: index })
  const end =
    at +
    RECORD_BYTES +
    bytes.readUInt16LE(at + 28) +
    bytes.readUInt16LE(at + 30) +
    bytes.readUInt16LE(at + 32)
  return end > bytes.length ? null : end
}

/**
 * Reads one record that is there in full. Everything that can be wrong with it alone is found here.
 * Throws `archive.directory_invalid`, `archive.encrypted`, `archive.unsupported`, `archive.name_invalid`.
 */
export const readRecord = (bytes: Buffer, at: number, index: number): DirectoryRecord => {
  const nameEnd = at + RECORD_BYTES + bytes.readUInt16LE(at + 28)
  const extraEnd = nameEnd + bytes.readUInt16LE(at + 30)
  const plain = bytes.subarray(at + RECORD_BYTES, nameEnd)
  const extra = extraFields(bytes.subarray(nameEnd, extraEnd))
  const name = memberName(plain, extra.get(UNICODE_PATH_FIELD))
  const place = readPlace(bytes, at, extra.get(ZIP64_FIELD))
  const attributes = bytes.readUInt32LE(at + 38)
  const flags = bytes.readUInt16LE(at + 8)
  const code = bytes.readUInt16LE(at + 10)
  const method = METHODS.get(code)
  const crc32 = bytes.readUInt32LE(at + 16)
  const facts = { record: index, flags, method: code }

  if ((flags & FLAGS_OF_ENCRYPTION) !== 0 || code === METHOD_AES)
    throw archiveFault('archive.encrypted', `${shown(name)} needs a password.`, facts)
  if (!method || (flags & FLAG_PATCH) !== 0)
    throw archiveFault('archive.unsupported', `${shown(name)} is packed by method ${code}.`, facts)
  if (place.disk !== 0)
    throw archiveFault(
      'archive.unsupported',
      `${shown(name)} lies in another part of a split archive.`,
      facts,
    )
  if (!isPlain((attributes >>> 16) & MODE_KINDS, place.size))
    throw archiveFault(
      'archive.unsupported',
      `${shown(name)} is a symbolic link or a device, not a file.`,
      facts,
    )
  const { size, compressedSize, localHeaderOffset } = place
  if (method === 'stored' ? size !== compressedSize : size > compressedSize * DEFLATE_MAX_RATIO)
    throw damaged(`The sizes of ${shown(name)} do not fit each other.`, { ...facts, size, compressedSize })
  if (size === 0 && crc32 !== 0) throw damaged(`${shown(name)} is empty but has a checksum.`, facts)
  return {
    index,
    name,
    size,
    compressedSize,
    crc32,
    method,
    localHeaderOffset,
    nameBytes: plain.length,
    kind: kindOf(name, size, bytes[at + 5]!, attributes),
  }
}
