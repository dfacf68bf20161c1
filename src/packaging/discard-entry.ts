import type { Leftover } from '../jobs/ports.ts'
import type { Registry } from '../registry/ports.ts'
import { markRemoved, readShelf } from './shelf-marks.ts'

const NOTHING: ReadonlySet<string> = new Set()

/**
 * Removes everything a run stored that came to nothing. Not what it wrote before it began to publish: a revision may
 * name that, and whether one was written cannot be known for sure.
 */
export const discardEntry = async (registry: Registry, its: Leftover): Promise<void> => {
  const { own, begun } = readShelf(its.steps)
  const written = begun ? [] : own
  if (its.held) await markRemoved(its.steps, written)
  await registry.discard(its.run, written, NOTHING, its.signal)
}
