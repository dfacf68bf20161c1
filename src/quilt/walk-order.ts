import { comparePointsAt, firstDifference } from './code-points.ts'

const SLASH = 0x2f

/**
 * The order in which quilt3 walks a package, and in which entries are hashed (quilt-formats.md §2.5): component by
 * component, each by code point. So `a/b.txt` comes before `a b/c.txt` and before `a.txt`: a slash ends a component, and
 * what ends first comes first.
 */
export const compareLogicalKeys = (a: string, b: string): number => {
  const at = firstDifference(a, b)
  if (at === a.length || at === b.length) return a.length - b.length
  if (a.charCodeAt(at) === SLASH) return -1
  if (b.charCodeAt(at) === SLASH) return 1
  return comparePointsAt(a, b, at)
}

/** A sorted copy. */
export const inWalkOrder = <T extends { readonly logicalKey: string }>(entries: readonly T[]): T[] =>
  entries.toSorted((a, b) => compareLogicalKeys(a.logicalKey, b.logicalKey))
