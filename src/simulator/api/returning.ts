type Tree = { [key: string]: Tree }

/** Parts of an answer that Benchling returns whole or not at all ("days.notes cannot be introspected"). */
const WHOLE = new Set(['days'])

/**
 * `returning=entries.id,entries.name`: only the named paths, `*` for everything at a level. `root` may be left out of
 * the paths when the answer has one wrapper.
 */
export const returning = <T>(answer: T, query: string | undefined, root?: string): T => {
  if (!query) return answer
  const tree: Tree = {}
  for (const path of query.split(',')) {
    const keys = path.trim().split('.')
    if (root && keys[0] !== root && keys[0] !== '*') keys.unshift(root)
    let at = tree
    for (const key of keys) {
      at[key] ??= {}
      at = at[key]
    }
  }
  return pick(answer, tree) as T
}

const pick = (value: unknown, tree: Tree): unknown => {
  if (Object.keys(tree).length === 0 || value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item) => pick(item, tree))
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      const below = tree[key] ?? tree['*']
      return below ? [[key, WHOLE.has(key) ? inner : pick(inner, below)]] : []
    }),
  )
}
