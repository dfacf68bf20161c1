import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/fault.ts'
import type { PackageName, TopHash } from '../quilt/types.ts'
import { CONFIG_KEY } from './layout.ts'
import type { ManifestCache } from './manifest-cache.ts'
import { Manifests } from './manifests.ts'
import { packageNames, readHistory, readLatest, readPointers, readRevisionAt } from './pointers.ts'
import type { Looking, ObjectStore, Registry, Revision } from './ports.ts'
import { publish } from './publish.ts'
import { anywhere, type Reuse } from './reuse.ts'
import { storeObject } from './store-object.ts'

export type RegistryOptions = {
  /** The id to publish under, null for the registry's default, `''` for explicitly none. */
  readonly workflow: string | null
  /** Which stored content may be used again; default: any. */
  readonly reuse?: Reuse
  /** Shared with other registries; default: one of its own. */
  readonly cache?: ManifestCache
}

/** A Quilt registry, layout version 1, on any object store: what quilt3 reads and writes, without quilt3. */
export const createRegistry = (store: ObjectStore, clock: Clock, options: RegistryOptions): Registry => {
  const manifests = new Manifests(store, options.cache)
  const reuse = options.reuse ?? anywhere(store)

  const revision = async (
    name: PackageName,
    topHash: TopHash,
    signal: AbortSignal,
    looking?: Looking,
  ): Promise<Revision> => {
    try {
      return { name, ...(await manifests.read(topHash, signal, looking)) }
    } catch (thrown) {
      if (thrown instanceof Fault && thrown.code === 'package.not_found')
        throw new Fault('package.not_found', { package: name, topHash })
      throw thrown
    }
  }

  return {
    url: store.url,
    bucket: /^s3:\/\/([^/]+)/.exec(store.url)?.[1] ?? null,
    uploadBuffer: (size) => store.uploadBuffer(size),
    reachable: async (signal) => {
      await store.read(CONFIG_KEY, signal)
    },
    current: async (name, signal) => {
      const latest = await readLatest(store, name, signal)
      return latest && revision(name, latest.topHash, signal)
    },
    latest: async (name, signal) => (await readLatest(store, name, signal))?.topHash ?? null,
    revision,
    revisions: (name, signal) => readPointers(store, name, signal),
    history: (name, part, signal) => readHistory(store, name, part, signal),
    revisionAt: (name, at, signal) => readRevisionAt(store, name, at, signal),
    packages: (signal) => packageNames(store, signal),
    store: (place, body, current, signal) => storeObject(store, reuse, place, body, current, signal),
    publish: (draft, signal, begin) =>
      publish({ store, manifests, clock, workflow: options.workflow }, draft, signal, begin),
    has: (physicalKey, signal, run) => reuse.has(physicalKey, signal, run),
    discard: (run, written, kept, signal) => store.discard(run, written, kept, signal),
    open: (physicalKey, signal) => store.open(physicalKey, signal),
  }
}
