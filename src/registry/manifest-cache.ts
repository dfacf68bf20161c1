import { ByteBudget } from '../base/byte-budget.ts'
import type { ParsedManifest } from '../quilt/parse-manifest.ts'

/** Manifests of 28,000 ordinary files, 12 MB as entries: enough for the packages people work on, small beside an upload. */
const CACHED_BYTES = 8 << 20
/** One manifest that is looked at may have so many, 110,000 ordinary files: reading it takes four times as much. */
export const LOOKED_AT_BYTES = 32 << 20
/** Manifests that are read to be looked at, all together. */
const READING_BYTES = 32 << 20

type Kept = { readonly manifest: ParsedManifest; readonly bytes: number }

/**
 * Manifests in memory for all registries of a process, counted by the bytes they are written in, least recently used first
 * out. One that is larger than all that is kept as long as it is the last such one looked at.
 */
export class ManifestCache {
  /** Taken by who reads a manifest only to look at it: a foreign one may be of any size. */
  readonly reading = new ByteBudget(READING_BYTES)
  readonly #kept = new Map<string, Kept>()
  #bytes = 0
  #large: { readonly id: string; readonly manifest: ParsedManifest } | null = null

  get(id: string): ParsedManifest | null {
    if (this.#large?.id === id) return this.#large.manifest
    const kept = this.#kept.get(id)
    if (!kept) return null
    this.#kept.delete(id)
    this.#kept.set(id, kept)
    return kept.manifest
  }

  /** `lookedAt`: somebody turns its pages, so that it is kept although it is large. */
  keep(id: string, manifest: ParsedManifest, bytes: number, lookedAt: boolean): void {
    if (bytes > CACHED_BYTES) {
      if (lookedAt && bytes <= LOOKED_AT_BYTES) this.#large = { id, manifest }
      return
    }
    this.forget(id)
    this.#kept.set(id, { manifest, bytes })
    this.#bytes += bytes
    for (const [oldest, kept] of this.#kept) {
      if (this.#bytes <= CACHED_BYTES) break
      this.#kept.delete(oldest)
      this.#bytes -= kept.bytes
    }
  }

  forget(id: string): void {
    if (this.#large?.id === id) this.#large = null
    const kept = this.#kept.get(id)
    if (kept && this.#kept.delete(id)) this.#bytes -= kept.bytes
  }
}
