/**
 * The folders and the file name of a path, each made safe for S3, Quilt, Windows and macOS. `safe` is true when nothing
 * had to be replaced or left out, that is, when the parts say the same as the path, perhaps in another spelling.
 * The file name may still be too long.
 */
export type KeyParts = {
  readonly folders: readonly string[]
  readonly file: string
  readonly safe: boolean
}

/** Linux and macOS allow 255 bytes or units a component; bytes of UTF-8 are the stricter count. */
export const COMPONENT_MAX_BYTES = 255

// Controls, what XML cannot carry, marks that reorder text, what Windows forbids in names, and the percent sign, which
// the Quilt catalogue decodes twice.
const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff<>:"|?*%]/gu
/** Windows opens a device instead of a file, whatever the extension (Microsoft, "Naming Files, Paths, and Namespaces"). */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)/i
/** Folders at the root of a registry or a package that have a meaning to Quilt or to us. */
const ROOT = /^\.(quilt|benchling-webhook|objects)$/i
const DRIVE = /^[A-Za-z]:/

/** Windows drops these. Begun only where a row of them begins: tried at each, a hostile name would take seconds. */
const DROPPED_END = /(?<![ .])[ .]+$/u

const safePart = (part: string): string => {
  const clean = part.replaceAll(UNSAFE, '_').replace(DROPPED_END, '')
  if (clean === '') return '_'
  return DEVICE.test(clean) ? `_${clean}` : clean
}

/** The longest beginning of a text that fits, never half a character. */
export const cutBytes = (text: string, most: number): string => {
  if (Buffer.byteLength(text) <= most) return text
  let bytes = 0
  let end = 0
  for (const point of text) {
    bytes += Buffer.byteLength(point)
    if (bytes > most) break
    end += point.length
  }
  return text.slice(0, end)
}

/** Cuts a folder's name, and what cutting may bring to its end. */
const cutPart = (part: string): string => cutBytes(part, COMPONENT_MAX_BYTES).replace(DROPPED_END, '') || '_'

export const keyParts = (name: string): KeyParts => {
  const formal = name.toWellFormed().normalize('NFC').replaceAll('\\', '/')
  const withoutDrive = formal.replace(DRIVE, '')
  const named = withoutDrive.split('/').filter((part) => part !== '' && part !== '.')
  const kept = named.filter((part) => part !== '..')
  const parts = kept.map(safePart)
  const root = parts[0]
  if (root !== undefined && ROOT.test(root)) parts[0] = `_${root.slice(1)}`
  const file = parts.pop() ?? '_'
  const folders = parts.map(cutPart)
  const safe =
    name.isWellFormed() &&
    formal === withoutDrive &&
    kept.length === named.length &&
    kept.length > 0 &&
    [...folders, file].every((part, index) => part === kept[index])
  return { folders, file, safe }
}
