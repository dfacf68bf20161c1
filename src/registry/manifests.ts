import { mapConcurrent } from '../base/concurrency.ts'
import { Fault } from '../base/fault.ts'
import { SingleFlight } from '../base/single-flight.ts'
import { type ParsedManifest, parseManifestGently } from '../quilt/parse-manifest.ts'
import type { TopHash } from '../quilt/types.ts'
import { manifestKey } from './layout.ts'
import { LOOKED_AT_BYTES, ManifestCache } from './manifest-cache.ts'
import type { Looking, ObjectStore } from './ports.ts'

const ASKED_AT_ONCE = 16

type Read = { readonly manifest: ParsedManifest; readonly bytes: number }

/** The manifests of a registry, checked against their names when read, once for all who ask at the same time. */
export class Manifests {
  readonly #store: ObjectStore
  readonly #cache: ManifestCache
  readonly #flights = new SingleFlight<Read>()

  constructor(store: ObjectStore, cache = new ManifestCache()) {
    this.#store = store
    this.#cache = cache
  }

  /** Throws `package.not_found`, `manifest.invalid`, `manifest.hash_mismatch`, and `manifest.too_large` where bounded. */
  async read(topHash: TopHash, signal: AbortSignal, looking: Looking = {}): Promise<ParsedManifest> {
    const { once = false, bounded = false } = looking
    const cached = this.#cache.get(this.#id(topHash))
    if (cached) return cached
    const { manifest, bytes } = await this.#flights.run(`${topHash} ${bounded}`, signal, (inner) =>
      bounded ? this.#fetchBounded(topHash, inner) : this.#fetch(topHash, inner),
    )
    if (!once) this.#cache.keep(this.#id(topHash), manifest, bytes, bounded)
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
    this.#cache.forget(this.#id(manifest.topHash))
    this.#cache.keep(this.#id(manifest.topHash), manifest, bytes.length, false)
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

  async #fetchBounded(topHash: TopHash, signal: AbortSignal): Promise<Read> {
    const size = await this.#store.size(manifestKey(topHash), signal)
    if (size === null) throw new Fault('package.not_found', { topHash })
    if (size > LOOKED_AT_BYTES) throw new Fault('manifest.too_large', { topHash, size })
    using _room = await this.#cache.reading.take(size, signal)
    // Who reads it for another reason at this moment, as the search for linked packages does, reads it for this one too.
    return await this.#flights.run(`${topHash} false`, signal, (inner) => this.#fetch(topHash, inner))
  }

  async #fetch(topHash: TopHash, signal: AbortSignal): Promise<Read> {
    const stored = await this.#store.read(manifestKey(topHash), signal)
    if (!stored) throw new Fault('package.not_found', { topHash })
    const manifest = await parseManifestGently(stored.bytes, signal)
    if (manifest.topHash !== topHash)
      throw new Fault('manifest.hash_mismatch', { topHash, computed: manifest.topHash })
    return { manifest, bytes: stored.bytes.length }
  }

  /** The same top hash may name other objects in another registry. */
  #id(topHash: TopHash): string {
    return `${this.#store.url} ${topHash}`
  }
}
