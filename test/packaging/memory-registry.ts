import { Readable } from 'node:stream'
import { Fault } from '../../src/base/fault.ts'
import { ChunkedHasher } from '../../src/quilt/chunked-hash.ts'
import { topHash } from '../../src/quilt/top-hash.ts'
import type { ManifestHeader, PackageName, TopHash } from '../../src/quilt/types.ts'
import { inWalkOrder } from '../../src/quilt/walk-order.ts'
import type { Registry, Revision } from '../../src/registry/ports.ts'

/** A registry that forgets with its test, for tests that need hundreds of runs. */
export class MemoryRegistry {
  readonly objects = new Map<string, Buffer>()
  readonly published: Revision[] = []
  #stored = 0

  latest(name: PackageName): Revision | null {
    return this.published.findLast((revision) => revision.name === name) ?? null
  }

  port(): Registry {
    const revisions = (name: PackageName) =>
      this.published
        .filter((one) => one.name === name)
        .map(({ topHash }, at) => ({ at: 1_700_000_000 + at, topHash }))
        .reverse()
    return {
      url: 's3://memory',
      bucket: 'memory',
      uploadBuffer: (size) => Math.min(size, 1 << 20),
      current: async (name) => this.latest(name),
      latest: async (name) => this.latest(name)?.topHash ?? null,
      revision: async (name, hash) => {
        const found = this.published.find((one) => one.name === name && one.topHash === hash)
        if (!found) throw new Fault('package.not_found')
        return found
      },
      revisions: async (name) => revisions(name),
      history: async (name, { skip, limit }) => {
        const all = revisions(name)
        return { total: all.length, pointers: all.slice(skip, skip + limit) }
      },
      revisionAt: async (name, seconds) => revisions(name).find(({ at }) => at === seconds)?.topHash ?? null,
      reachable: async () => {},
      has: async (physicalKey) => this.objects.has(physicalKey),
      packages: async () => [...new Set(this.published.map(({ name }) => name))],
      store: async ({ key, run }, body, current) => {
        const chunks: Uint8Array[] = []
        for await (const chunk of body.chunks) chunks.push(Buffer.from(chunk))
        const bytes = Buffer.concat(chunks)
        if (bytes.length !== body.size) throw new Fault('store.corrupt')
        const hasher = new ChunkedHasher(body.size)
        hasher.update(bytes)
        const hash = hasher.digest()
        const same = current?.entries.find(
          (entry) => entry.hash.value === hash.value && entry.size === body.size,
        )
        const physicalKey = same?.physicalKey ?? `memory:${run}/${++this.#stored}`
        if (!same) this.objects.set(physicalKey, bytes)
        return { logicalKey: key, physicalKey, size: body.size, hash }
      },
      discard: async (_run, written, kept) => {
        for (const physicalKey of written) if (!kept.has(physicalKey)) this.objects.delete(physicalKey)
      },
      publish: async ({ name, message, meta, entries, current }, _signal, begin) => {
        if (this.latest(name)?.topHash !== current?.topHash) throw new Fault('package.conflict')
        const sorted = inWalkOrder(entries)
        const hashWith = (text: string | null): TopHash => topHash(headerOf(text), sorted)
        const headerOf = (text: string | null): ManifestHeader => ({
          version: 'v0',
          user_meta: meta,
          message: text,
        })
        const files = sorted.length
        const bytes = sorted.reduce((sum, { size }) => sum + size, 0)
        if (current && hashWith(current.header.message) === current.topHash)
          return { status: 'unchanged', topHash: current.topHash, files, bytes }
        await begin?.(hashWith(message))
        const revision = { name, topHash: hashWith(message), header: headerOf(message), entries: sorted }
        this.published.push(revision)
        return { status: 'published', topHash: revision.topHash, files, bytes }
      },
      open: (physicalKey) => {
        const bytes = this.objects.get(physicalKey)
        if (!bytes) throw new Fault('store.object_missing')
        return Readable.from([bytes])
      },
    }
  }
}
