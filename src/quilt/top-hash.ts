import { createHash, type Hash } from 'node:crypto'
import { canonicalJson, canonicalString, type Hashable } from './canonical-json.ts'
import type { ManifestEntry, ManifestHeader, TopHash } from './types.ts'

/** Texts are handed to the hash in pieces of about this many characters: one call a piece, not one an entry. */
const PIECE = 1 << 16

/**
 * A package's top hash, entry by entry (quilt-formats.md §2.4): SHA-256 of the canonical JSON of the header and of each
 * entry without its physical key, nothing in between. Entries must come in walk order.
 */
export class TopHasher {
  readonly #hash: Hash = createHash('sha256')
  #pending: string

  constructor(header: Hashable) {
    this.#pending = canonicalJson(header)
  }

  /** What `hash`, `meta` and `size` hold in the manifest; `meta` is `{}` where it says nothing. */
  add(logicalKey: string, hash: Hashable, meta: Hashable, size: Hashable): void {
    this.#append(
      `{"hash":${canonicalJson(hash)},"logical_key":${canonicalString(logicalKey)},"meta":${canonicalJson(meta)},"size":${canonicalJson(size)}}`,
    )
  }

  /** `add` for an entry as we write it. */
  addEntry(entry: ManifestEntry): void {
    const { type, value } = entry.hash
    this.#append(
      `{"hash":{"type":${canonicalString(type)},"value":${canonicalString(value)}},"logical_key":${canonicalString(entry.logicalKey)},"meta":${canonicalJson(entry.meta)},"size":${entry.size}}`,
    )
  }

  /** Ends the hasher. */
  digest(): TopHash {
    return this.#hash.update(this.#pending, 'latin1').digest('hex') as TopHash
  }

  #append(text: string): void {
    this.#pending += text
    if (this.#pending.length < PIECE) return
    this.#hash.update(this.#pending, 'latin1')
    this.#pending = ''
  }
}

/** The top hash of a whole package; `entries` in walk order. */
export const topHash = (header: ManifestHeader, entries: readonly ManifestEntry[]): TopHash => {
  const hasher = new TopHasher(header as Hashable)
  for (const entry of entries) hasher.addEntry(entry)
  return hasher.digest()
}

/** 64 lower-case hex digits, or null. */
export const asTopHash = (text: string): TopHash | null =>
  /^[0-9a-f]{64}$/.test(text) ? (text as TopHash) : null
