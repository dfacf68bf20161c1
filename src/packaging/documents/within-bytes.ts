import type { Json } from '../../base/json.ts'

/** What this value costs inside a document at the given depth, its comma and line end included. */
const costOf = (value: Json, depth: number): number => {
  const text = JSON.stringify(value, null, 2)
  const lines = text.split('\n').length
  return Buffer.byteLength(text) + lines * 2 * depth + 2
}

/**
 * The values that fit into `bytes`, in their order, at most `count`; one that does not fit is left out and smaller ones
 * after it may still get in. The same input always keeps the same values.
 */
export const withinBytes = <T>(
  values: readonly T[],
  limit: { readonly bytes: number; readonly count: number },
  json: (value: T) => Json,
): T[] => {
  let room = limit.bytes
  const kept: T[] = []
  for (const value of values) {
    if (kept.length === limit.count) break
    const cost = costOf(json(value), 2)
    if (cost > room) continue
    room -= cost
    kept.push(value)
  }
  return kept
}
