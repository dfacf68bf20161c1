import { createHash } from 'node:crypto'
import { Fault } from '../../src/base/fault.ts'
import { parsePhysicalKey, s3Url } from '../../src/quilt/physical-key.ts'
import type { PackagePrefix } from '../../src/registry/packager-ports.ts'
import type { ObjectStore, Stored, Upload } from '../../src/registry/ports.ts'

type Version = {
  readonly id: string
  readonly bytes: Buffer
  /** A delete marker. */
  readonly deleted: boolean
  /** Stored by an upload of this service, not put there by somebody. */
  readonly marked: boolean
}

/** A versioned bucket in memory. Version ids count up, or are what `nextVersion` says. */
export class MemoryStore implements ObjectStore {
  readonly url: string
  readonly #bucket: string
  readonly #versions = new Map<string, Version[]>()
  #count = 0
  /** The version id of the next write, once. */
  nextVersion: string | null = null

  constructor(bucket = 'memory') {
    this.#bucket = bucket
    this.url = `s3://${bucket}`
  }

  uploadBuffer(size: number): number {
    return Math.min(size, 1 << 20)
  }

  async begin(...[place, size, signal]: Parameters<ObjectStore['begin']>): Promise<Upload> {
    signal.throwIfAborted()
    const chunks: Buffer[] = []
    let ended: 'aborted' | string | null = null
    return {
      write: async (chunk) => void chunks.push(Buffer.from(chunk)),
      commit: async () => {
        if (ended === 'aborted') throw new Fault('internal')
        const bytes = Buffer.concat(chunks)
        if (bytes.length !== size) throw new Fault('store.corrupt')
        ended ??= this.#put(`${place.name}/${place.key}`, bytes, { marked: true })
        return ended
      },
      abort: async () => {
        ended ??= 'aborted'
      },
    }
  }

  async read(key: string): ReturnType<ObjectStore['read']> {
    return this.#current(key)
  }

  async size(key: string): Promise<number | null> {
    return this.#latest(key)?.bytes.length ?? null
  }

  #current(key: string): Stored | null {
    const version = this.#latest(key)
    if (!version) return null
    const etag = createHash('md5').update(version.bytes).digest('hex')
    return { bytes: version.bytes, etag, physicalKey: s3Url(this.#bucket, key, version.id) }
  }

  async write(...[key, bytes, condition]: Parameters<ObjectStore['write']>): Promise<boolean> {
    const current = this.#current(key)
    if (condition && 'ifAbsent' in condition && current) return false
    if (condition && 'ifMatch' in condition && current?.etag !== condition.ifMatch) return false
    this.#put(key, Buffer.from(bytes))
    return true
  }

  async *list(prefix: string): AsyncGenerator<string> {
    for (const key of this.#versions.keys()) if (key.startsWith(prefix) && this.#latest(key)) yield key
  }

  async *open(physicalKey: string): AsyncGenerator<Uint8Array> {
    const at = parsePhysicalKey(physicalKey)
    const versions = at.scheme === 's3' ? (this.#versions.get(at.key) ?? []) : []
    const wanted = at.scheme === 's3' ? at.versionId : null
    const found = wanted === null ? versions.at(-1) : versions.find(({ id }) => id === wanted)
    if (!found) throw new Fault('store.object_missing')
    yield found.bytes
  }

  async has(physicalKey: string): Promise<boolean> {
    const at = parsePhysicalKey(physicalKey)
    return at.scheme === 's3' && (this.#versions.get(at.key) ?? []).some(({ id }) => id === at.versionId)
  }

  async settle(): Promise<void> {}

  async discard(...[, written, kept]: Parameters<ObjectStore['discard']>): Promise<void> {
    for (const physicalKey of written) {
      const at = parsePhysicalKey(physicalKey)
      if (at.scheme !== 's3' || at.versionId === null || kept.has(physicalKey)) continue
      const left = (this.#versions.get(at.key) ?? []).filter(({ id }) => id !== at.versionId)
      if (left.length > 0) this.#versions.set(at.key, left)
      else this.#versions.delete(at.key)
    }
  }

  /** The folders of packages in this bucket, as Quilt's packager sees them. `versioned`: what it says of itself. */
  prefix(versioned = true): PackagePrefix {
    return {
      bucket: this.#bucket,
      versioned: async () => versioned,
      list: (name) => this.#listLatest(`${name}/`),
      latest: async (key) => {
        const version = this.#latest(key)
        return version ? { versionId: version.id, marked: version.marked } : null
      },
      hide: async (key) => void this.#put(key, Buffer.alloc(0), { deleted: true }),
    }
  }

  async *#listLatest(prefix: string): AsyncGenerator<{ key: string; versionId: string; size: number }> {
    for (const key of this.#versions.keys()) {
      const version = this.#latest(key)
      if (version && key.startsWith(prefix)) yield { key, versionId: version.id, size: version.bytes.length }
    }
  }

  #latest(key: string): Version | null {
    const version = this.#versions.get(key)?.at(-1)
    return version && !version.deleted ? version : null
  }

  #put(key: string, bytes: Buffer, more: { marked?: boolean; deleted?: boolean } = {}): string {
    const id = this.nextVersion ?? `v${++this.#count}`
    this.nextVersion = null
    const version = { id, bytes, deleted: false, marked: false, ...more }
    this.#versions.set(key, [...(this.#versions.get(key) ?? []), version])
    return s3Url(this.#bucket, key, id)
  }
}
