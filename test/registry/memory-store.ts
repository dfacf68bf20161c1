import { createHash } from 'node:crypto'
import { Fault } from '../../src/base/fault.ts'
import { parsePhysicalKey, s3Url } from '../../src/quilt/physical-key.ts'
import type { ObjectStore, Stored, Upload } from '../../src/registry/ports.ts'

type Version = { readonly id: string; readonly bytes: Buffer }

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
        ended ??= this.#put(`${place.name}/${place.key}`, bytes)
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

  #current(key: string): Stored | null {
    const version = this.#versions.get(key)?.at(-1)
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
    for (const key of this.#versions.keys()) if (key.startsWith(prefix)) yield key
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

  #put(key: string, bytes: Buffer): string {
    const id = this.nextVersion ?? `v${++this.#count}`
    this.nextVersion = null
    this.#versions.set(key, [...(this.#versions.get(key) ?? []), { id, bytes }])
    return s3Url(this.#bucket, key, id)
  }
}
