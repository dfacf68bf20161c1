import { Fault } from '../base/fault.ts'
import { type Hashable, wellFormed } from './canonical-json.ts'
import { checkKeyTree } from './manifest-keys.ts'
import { logicalKey } from './names.ts'
import { topHash } from './top-hash.ts'
import type { ManifestEntry, ManifestHeader, TopHash } from './types.ts'
import { inWalkOrder } from './walk-order.ts'

/** quilt3's `QUILT_MANIFEST_MAX_RECORD_SIZE`: it refuses to write a longer line, and readers may refuse to read one. */
export const MAX_LINE_BYTES = 1_000_000
/** Lines are encoded together in pieces of about this many characters. */
const PIECE = 1 << 18

/** A manifest ready to be hashed and written: valid, sorted, and every text well-formed. */
export type PreparedManifest = {
  readonly header: ManifestHeader
  readonly entries: readonly ManifestEntry[]
}

/**
 * Brings entries into walk order, checks their keys, and replaces lone surrogates in metadata and message by U+FFFD.
 * Throws `manifest.invalid` for keys that no manifest can hold.
 */
export const prepareManifest = (
  header: ManifestHeader,
  entries: readonly ManifestEntry[],
): PreparedManifest => {
  for (const entry of entries) logicalKey(entry.logicalKey)
  const sorted = inWalkOrder(entries)
  checkKeyTree(sorted)
  return { header: orderedHeader(header), entries: sorted.map(wellFormedEntry) }
}

/** The header in the order quilt3 writes it, so that our files differ from its files in spaces only. */
const orderedHeader = ({ version, user_meta, workflow, message }: ManifestHeader): ManifestHeader =>
  wellFormed({
    version,
    ...(user_meta === undefined ? {} : { user_meta }),
    ...(workflow === undefined ? {} : { workflow }),
    message,
  } as Hashable) as ManifestHeader

const wellFormedEntry = (entry: ManifestEntry): ManifestEntry =>
  Object.keys(entry.meta).length === 0 ? entry : { ...entry, meta: wellFormed(entry.meta) }

/** The top hash of what `renderManifest` writes. */
export const preparedTopHash = (manifest: PreparedManifest): TopHash =>
  topHash(manifest.header, manifest.entries)

/**
 * The manifest as quilt3 reads it (quilt-formats.md §2.1), in pieces: JSON lines, header first, each ended by a newline.
 * Throws `package.metadata_too_large` when a line would be over `MAX_LINE_BYTES`.
 */
export function* renderManifest({ header, entries }: PreparedManifest): Generator<Buffer> {
  let pending = line(header, 'the package')
  for (const entry of entries) {
    pending += line(
      {
        logical_key: entry.logicalKey,
        physical_keys: [entry.physicalKey],
        size: entry.size,
        hash: { type: entry.hash.type, value: entry.hash.value },
        meta: entry.meta,
      },
      entry.logicalKey,
    )
    if (pending.length < PIECE) continue
    yield Buffer.from(pending)
    pending = ''
  }
  yield Buffer.from(pending)
}

const line = (record: unknown, subject: string): string => {
  const text = JSON.stringify(record)
  // A UTF-16 unit is at most three bytes of UTF-8: only long lines need counting.
  if (text.length * 3 > MAX_LINE_BYTES && Buffer.byteLength(text) > MAX_LINE_BYTES)
    throw new Fault('package.metadata_too_large', {
      subject,
      bytes: Buffer.byteLength(text),
      limit: MAX_LINE_BYTES,
    })
  return `${text}\n`
}
