import { Fault } from '../base/fault.ts'
import type { Json } from '../base/json.ts'
import type { Registry, Revision } from '../registry/ports.ts'
import { DOCUMENT_KEYS } from './documents/document-keys.ts'
import { canonical, isObject, jsonBytes } from './documents/json.ts'

/** Two times of an entry and their copies differ in no more bytes than this. */
const TIMES_MAX_BYTES = 128

/**
 * True when the entry's facts in a revision differ from these in the time of the last change at most. Asked only where
 * nothing but that time told of a change: our own canvas can move it, and each revision would lead to the next.
 */
export const sameButForTime = async (
  registry: Registry,
  revision: Revision,
  facts: Uint8Array,
  signal: AbortSignal,
): Promise<boolean> => {
  const entry = revision.entries.find(({ logicalKey }) => logicalKey === DOCUMENT_KEYS.entryData)
  if (!entry || Math.abs(entry.size - facts.byteLength) > TIMES_MAX_BYTES) return false
  const bytes = await contentOf(registry, entry.physicalKey, signal)
  const published = bytes && timeless(bytes)
  const now = timeless(facts)
  return published !== null && now !== null && published.equals(now)
}

/** Null when the object is gone: then it is time for a new revision. */
const contentOf = async (registry: Registry, key: string, signal: AbortSignal): Promise<Buffer | null> => {
  try {
    return Buffer.concat(await Array.fromAsync(registry.open(key, signal)))
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'store.object_missing') return null
    throw thrown
  }
}

const timeless = (facts: Uint8Array): Buffer | null => {
  try {
    const parsed = JSON.parse(Buffer.from(facts).toString('utf8')) as Json
    if (!isObject(parsed)) return null
    const { modifiedAt, modified_at, ...rest } = parsed
    return jsonBytes(canonical(rest))
  } catch {
    return null
  }
}
