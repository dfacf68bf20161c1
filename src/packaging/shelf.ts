import { createHash } from 'node:crypto'
import type { Steps } from '../jobs/ports.ts'
import type { LogicalKey, ManifestEntry, PackageName, TopHash } from '../quilt/types.ts'
import type { Body, Registry, Revision, StoredObject } from '../registry/ports.ts'
import { markBegun, markOf, markRemoved, markStored, readShelf } from './shelf-marks.ts'

/** What a stored object was made of: a short text that differs when anything about its source does. */
export type Origin = string

/** Hashed, because names in an archive can be 64 kB and 64 marks share one journal record. */
export const originOf = (...facts: readonly (string | number | null)[]): Origin =>
  createHash('sha256').update(JSON.stringify(facts)).digest('base64url')

/** The objects of one run: what was stored before a crash is found again, what is not published does not stay. */
export type Shelf = {
  /** The object stored under this key by this run before a crash, if it was made of the same and is still there. */
  recall(key: LogicalKey, origin: Origin, signal: AbortSignal): Promise<StoredObject | null>
  /** Stores a body and marks it in the journal. */
  keep(key: LogicalKey, origin: Origin, body: Body, signal: AbortSignal): Promise<StoredObject>
  /** Recalls or stores what is no file of the entry: `onFile` is not told. */
  put(key: LogicalKey, origin: Origin, body: Body, signal: AbortSignal): Promise<StoredObject>
  /** From here on objects may be named by a revision: durable before this resolves, and nothing is removed afterwards. */
  readonly publishing: (topHash: TopHash) => Promise<void>
  /** Removes what this run stored, except these. A mark says so first, so that nobody who takes over counts on it. */
  clear(kept: readonly ManifestEntry[], signal: AbortSignal): Promise<void>
}

export const createShelf = (its: {
  readonly registry: Registry
  readonly name: PackageName
  /** Content that this revision already has is not stored again. */
  readonly current: Revision | null
  readonly run: string
  readonly steps: Steps
  /** Told of every file kept or recalled. */
  readonly onFile: (size: number) => Promise<void>
}): Shelf => {
  const { registry, name, current, run, steps } = its
  const before = readShelf(steps)
  const own = new Set(before.own)
  const published = new Set(current?.entries.map(({ physicalKey }) => physicalKey))
  let begun = before.begun

  const find = async (key: LogicalKey, origin: Origin, signal: AbortSignal): Promise<StoredObject | null> => {
    const mark = markOf(before, key, origin)
    if (!mark || !(await registry.has(mark.physicalKey, signal, run))) return null
    return { logicalKey: key, physicalKey: mark.physicalKey, size: mark.size, hash: mark.hash }
  }

  const store = async (key: LogicalKey, origin: Origin, body: Body, signal: AbortSignal) => {
    const stored = await registry.store({ name, key, run }, body, current, signal)
    const isOwn = !published.has(stored.physicalKey)
    if (isOwn) own.add(stored.physicalKey)
    markStored(steps, origin, stored, isOwn)
    return stored
  }

  return {
    async recall(key, origin, signal) {
      const found = await find(key, origin, signal)
      if (found) await its.onFile(found.size)
      return found
    },
    async keep(key, origin, body, signal) {
      const stored = await store(key, origin, body, signal)
      await its.onFile(stored.size)
      return stored
    },
    put: async (key, origin, body, signal) =>
      (await find(key, origin, signal)) ?? store(key, origin, body, signal),
    async publishing(topHash) {
      begun = true
      await markBegun(steps, topHash)
    },
    async clear(kept, signal) {
      const stay = new Set(kept.map(({ physicalKey }) => physicalKey))
      const gone = begun ? [] : [...own].filter((physicalKey) => !stay.has(physicalKey))
      await markRemoved(steps, gone)
      await registry.discard(run, gone, stay, signal)
      for (const physicalKey of gone) own.delete(physicalKey)
    },
  }
}
