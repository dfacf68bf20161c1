import { objectHasher } from '../quilt/object-hash.ts'
import type { LogicalKey } from '../quilt/types.ts'
import type { Revision } from '../registry/ports.ts'

/** True when the revision has exactly these bytes under this key, whichever hash it was written with. */
export const holds = (revision: Revision, key: LogicalKey, bytes: Uint8Array): boolean => {
  const entry = revision.entries.find(({ logicalKey }) => logicalKey === key)
  if (entry?.size !== bytes.byteLength) return false
  const hasher = objectHasher(entry.hash.type, entry.size)
  hasher?.update(bytes)
  return hasher?.digest() === entry.hash.value
}
