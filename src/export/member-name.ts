import { crc32 } from 'node:zlib'
import { decodeCp437 } from './cp437.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const decodeUtf8 = (bytes: Uint8Array): string | null => {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

/** Info-ZIP's Unicode path (APPNOTE 6.3.10 §4.6.9): version, CRC-32 of the plain name, the name in UTF-8. */
const unicodePath = (plain: Buffer, field: Buffer | undefined): string | null => {
  if (!field || field.length <= 5 || field[0] !== 1 || field.readUInt32LE(1) !== crc32(plain)) return null
  return decodeUtf8(field.subarray(5))
}

/**
 * The name of a member: the Unicode path field when its CRC matches the plain name (else it is stale), then UTF-8,
 * which covers names that carry the UTF-8 flag and names that merely are valid UTF-8, then code page 437, which every
 * sequence of bytes is valid in.
 */
export const memberName = (plain: Buffer, unicodeField: Buffer | undefined): string =>
  unicodePath(plain, unicodeField) ?? decodeUtf8(plain) ?? decodeCp437(plain)
