import type { Key } from '../jobs/ports.ts'
import { type Item, S, textOrNull, unknownOf } from './dynamo-item.ts'

/**
 * Watchers kept of one topic: their keys are one item, so that reading and checking them is exact, and fit its 400 KB
 * with room to spare. Who watches longest is forgotten first; it is no longer drawn by itself.
 */
export const WATCHERS_MAX = 2_000

const KNOWN = new Set(['pk', 'sk', 'format', 'version', 'tx', 'keys'])

export const itemToWatchers = (item: Item | null): Key[] => {
  const keys = item && textOrNull(item, 'keys')
  return keys === null ? [] : (JSON.parse(keys) as Key[])
}

export const watchersToItem = (keys: readonly Key[], before: Item | null): Item => ({
  ...unknownOf(before, KNOWN),
  keys: S(JSON.stringify(keys.slice(-WATCHERS_MAX))),
})
