import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Steps } from '../jobs/ports.ts'
import { HASH_TYPES } from '../quilt/object-hash.ts'
import type { LogicalKey, PackageName } from '../quilt/types.ts'
import type { Body, Registry, Revision, StoredObject } from '../registry/ports.ts'

/** What a stored object was made of: a short text that differs when anything about its source does. */
export type Origin = string

/** Hashed, because names in an archive can be 64 kB and 64 marks share one journal record. */
export const originOf = (...facts: readonly (string | number | null)[]): Origin =>
  createHash('sha256').update(JSON.stringify(facts)).digest('base64url')

/** The objects of one run: what was stored before a crash is found again instead of stored twice. */
export type Shelf = {
  /** The object stored under this key by this run before a crash, if it was made of the same and is still there. */
  recall(key: LogicalKey, origin: Origin, signal: AbortSignal): Promise<StoredObject | null>
  /** Stores a body and marks it in the journal. */
  keep(key: LogicalKey, origin: Origin, body: Body, signal: AbortSignal): Promise<StoredObject>
  /** Stores a body that is cheap to make again. */
  put(key: LogicalKey, body: Body, signal: AbortSignal): Promise<StoredObject>
}

const MARK = 'stored'

const markSchema = z.object({
  origin: z.string(),
  physicalKey: z.string(),
  size: z.number(),
  hash: z.object({ type: z.enum(HASH_TYPES), value: z.string() }),
})

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
  const marks = steps.marks(MARK)
  const put: Shelf['put'] = (key, body, signal) => registry.store({ name, key, run }, body, current, signal)
  return {
    put,
    async recall(key, origin, signal) {
      const mark = markSchema.safeParse(marks.get(key))
      if (!mark.success || mark.data.origin !== origin) return null
      const { physicalKey, size, hash } = mark.data
      if (!(await registry.has(physicalKey, signal))) return null
      await its.onFile(size)
      return { logicalKey: key, physicalKey, size, hash }
    },
    async keep(key, origin, body, signal) {
      const stored = await put(key, body, signal)
      const { physicalKey, size, hash } = stored
      steps.mark(MARK, key, { origin, physicalKey, size, hash: { type: hash.type, value: hash.value } })
      await its.onFile(size)
      return stored
    },
  }
}
