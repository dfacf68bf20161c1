import { mapConcurrent } from '../base/concurrency.ts'
import { Fault } from '../base/fault.ts'
import { type ParsedManifest, parseManifest } from '../quilt/parse-manifest.ts'
import type { TopHash } from '../quilt/types.ts'
import { manifestKey } from './layout.ts'
import type { ObjectStore } from './ports.ts'

/** About 10 MB of entries stay in memory: enough for the packages people work on, small beside an upload's buffers. */
const CACHED_ENTRIES = 20_000
const ASKED_AT_ONCE = 16

/** The manifests of a registry, checked against their names when read and remembered, least recently used first out. */
export class Manifests {
  readonly #store: ObjectStore
  readonly #cached = new Map<TopHash, ParsedManifest>()
  #entries = 0

  constructor(store: ObjectStore) {
    this.#store = store
  }

  /** Throws `package.not_found`, `manifest.invalid`, `manifest.hash_mismatch`. */
  async read(topHash: TopHash, signal: AbortSignal): Promise<ParsedManifest> {
    const cached = this.#cached.get(topHash)
    if (cached) {
      this.#cached.delete(topHash)
      this.#cached.set(topHash, cached)
      return cached
    }
    const stored = await this.#store.read(manifestKey(topHash), signal)
    if (!stored) throw new Fault('package.not_found', { topHash })
    const manifest = parseManifest(stored.bytes)
    if (manifest.topHash !== topHash)
      throw new Fault('manifest.hash_mismatch', { topHash, computed: manifest.topHash })
    this.#remember(manifest)
    return manifest
  }

  /**
   * Writes a manifest unless a sound one is there: quilt3 remembers manifests by address, so an existing one is rewritten
   * only when it does not hold what its name says, or names objects that are gone.
   */
  async write(manifest: ParsedManifest, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const key = manifestKey(manifest.topHash)
    if (!(await this.#store.write(key, bytes, { ifAbsent: true }, signal))) {
      if (await this.#isThere(manifest, signal)) return
      await this.#store.write(key, bytes, null, signal)
    }
    this.#forget(manifest.topHash)
    this.#remember(manifest)
  }

  async #isThere(manifest: ParsedManifest, signal: AbortSignal): Promise<boolean> {
    try {
      const { entries } = await this.read(manifest.topHash, signal)
      const ours = new Set(manifest.entries.map(({ physicalKey }) => physicalKey))
      const others = entries.filter(
        ({ physicalKey }) => !ours.has(physicalKey) && physicalKey.startsWith(`${this.#store.url}/`),
      )
      const there = await mapConcurrent(
        others,
        ASKED_AT_ONCE,
        ({ physicalKey }, inner) => this.#store.has(physicalKey, inner),
        signal,
      )
      return there.every(Boolean)
    } catch (thrown) {
      if (thrown instanceof Fault && /^manifest\.|^package\.not_found$/.test(thrown.code)) return false
      throw thrown
    }
  }

  #forget(topHash: TopHash): void {
    const cached = this.#cached.get(topHash)
    if (cached && this.#cached.delete(topHash)) this.#entries -= cached.entries.length + 1
  }

  #remember(manifest: ParsedManifest): void {
    const size = manifest.entries.length + 1
    if (size > CACHED_ENTRIES || this.#cached.has(manifest.topHash)) return
    this.#cached.set(manifest.topHash, manifest)
    this.#entries += size
    for (const [topHash, oldest] of this.#cached) {
      if (this.#entries <= CACHED_ENTRIES) break
      this.#cached.delete(topHash)
      this.#entries -= oldest.entries.length + 1
    }
  }
}
