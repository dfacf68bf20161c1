import { z } from 'zod'
import type { Json } from '../base/json.ts'
import type { Steps } from '../jobs/ports.ts'
import { HASH_TYPES } from '../quilt/object-hash.ts'
import type { LogicalKey, TopHash } from '../quilt/types.ts'
import type { StoredObject } from '../registry/ports.ts'

const STORED = 'stored'
const REMOVED = 'removed'
const BEGUN = 'publishing'

const markSchema = z.object({
  origin: z.string(),
  physicalKey: z.string(),
  size: z.number(),
  hash: z.object({ type: z.enum(HASH_TYPES), value: z.string() }),
  /** False for an object of the revision before, used again: not this run's to remove. */
  own: z.boolean().default(false),
})
type Mark = z.infer<typeof markSchema>

/** What the journal of a run says about the objects it stored. */
export type ShelfMarks = {
  /** As `stored` says it, by key and origin. */
  readonly stored: ReadonlyMap<string, Mark>
  /** Physical keys of objects the run wrote itself, removed ones among them. */
  readonly own: readonly string[]
  /** Physical keys this run removed or was about to. */
  readonly removed: ReadonlySet<string>
  /** True when the run began to write a revision, which may name any of its objects. */
  readonly begun: boolean
}

/** One key made of different things (exports) has a mark for each, so that no object is forgotten. */
const idOf = (key: LogicalKey, origin: string): string => `${origin} ${key}`

export const readShelf = (steps: Steps): ShelfMarks => {
  const stored = new Map<string, Mark>()
  for (const [id, value] of steps.marks(STORED)) {
    const mark = markSchema.safeParse(value)
    if (mark.success) stored.set(id, mark.data)
  }
  return {
    stored,
    own: [...stored.values()].flatMap(({ own, physicalKey }) => (own ? [physicalKey] : [])),
    removed: new Set(steps.marks(REMOVED).keys()),
    begun: steps.marks(BEGUN).size > 0,
  }
}

/** The mark of an object made of the same, unless it was removed since. */
export const markOf = (marks: ShelfMarks, key: LogicalKey, origin: string): Mark | null => {
  const mark = marks.stored.get(idOf(key, origin))
  return mark && !marks.removed.has(mark.physicalKey) ? mark : null
}

export const markStored = (steps: Steps, origin: string, object: StoredObject, own: boolean): void => {
  const { logicalKey, physicalKey, size, hash } = object
  const mark = { origin, physicalKey, size, hash: { type: hash.type, value: hash.value }, own } satisfies Json
  steps.mark(STORED, idOf(logicalKey, origin), mark)
}

/** Durable before it resolves, together with the marks of everything stored so far. */
export const markBegun = (steps: Steps, topHash: TopHash): Promise<void> => {
  steps.mark(BEGUN, topHash, null)
  return steps.flush()
}

/** Durable before it resolves: refused (`jobs.fenced`) to who lost the run, whose successor may count on these objects. */
export const markRemoved = async (steps: Steps, physicalKeys: readonly string[]): Promise<void> => {
  if (physicalKeys.length === 0) return
  for (const physicalKey of physicalKeys) steps.mark(REMOVED, physicalKey, null)
  await steps.flush()
}
