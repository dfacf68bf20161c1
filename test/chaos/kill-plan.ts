import type { Instant } from './instants.ts'
import type { People } from './people.ts'

/**
 * Instants worth a kill, with how far on one is chosen (a write in the middle of an upload, a later commit). Every pair
 * of adjacent steps is there; `--every-instant` takes all there are.
 */
const WORTH_A_KILL: readonly (readonly [at: string, upTo: number])[] = [
  ['before commit delivery', 3],
  ['after commit delivery', 3],
  ['before reply 200', 3],
  ['at reply 200 left', 3],
  ['at reply 202 left', 2],
  ['before commit record of entry', 4],
  ['before commit record of canvas', 4],
  ['after commit record of entry', 3],
  ['before commit step base', 2],
  ['at request POST exports', 2],
  ['at answer to POST exports', 2],
  ['before commit step export', 2],
  ['after commit step export', 2],
  ['at answer to GET tasks/…', 2],
  ['at answer to GET download', 2],
  ['before mkdir session folder', 1],
  ['before create unfinished file', 5],
  ['after write unfinished file', 6],
  ['before datasync unfinished file', 5],
  ['after datasync unfinished file', 5],
  ['before rename to staged object', 5],
  ['after rename to staged object', 5],
  ['after sync staging folder', 5],
  ['before rename to object', 5],
  ['after rename to object', 5],
  ['after sync object folder', 5],
  ['before commit marks:stored', 1],
  ['after commit marks:stored', 1],
  ['before rename to manifest', 1],
  ['after rename to manifest', 1],
  ['before rename to pointer', 1],
  ['after rename to pointer', 1],
  ['before rename to latest', 1],
  ['after rename to latest', 1],
  ['after sync quilt folder', 4],
  ['before commit end of entry run', 1],
  ['after commit end of entry run', 1],
  ['at request PATCH app-canvases/…', 2],
  ['at answer to PATCH app-canvases/…', 2],
  ['before commit end of canvas run', 2],
  ['after commit end of canvas run', 2],
  ['before remove session folder', 1],
  ['before remove staging folder', 1],
]

/** How one life of the service ends: at an instant, or after a time (ms). */
export type Death = { readonly instant: Instant | null; readonly withinMs: number }

const SHORTEST_LIFE_MS = 150

/**
 * Two thirds at exact instants, the rest at random times. An instant that does not come within `longestMs` gives way to
 * a kill at whatever goes on then.
 */
export const nextDeath = (people: People, longestMs: number): Death => {
  if (people.chance(1 / 3))
    return { instant: null, withinMs: SHORTEST_LIFE_MS + people.below(longestMs - SHORTEST_LIFE_MS) }
  const [at, upTo] = people.pick(WORTH_A_KILL)
  return { instant: { at, nth: 1 + people.below(upTo) }, withinMs: longestMs }
}
