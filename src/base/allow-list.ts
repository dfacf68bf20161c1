/** Which packages may be shown at all. */
export interface AllowList {
  /** Whether any package of the bucket may be shown: others need not be searched. */
  allowsBucket(bucket: string): boolean
  /** `name` is `prefix/name`. */
  allows(bucket: string, name: string): boolean
}

/** Most patterns of a list: each is compared with every package found. */
const ALLOW_PATTERNS = 100

const BUCKET_PATTERN = /^[a-z0-9.*-]{1,63}$/
const PREFIX_PATTERN = /^[A-Za-z0-9_*-]{1,100}$/

/** No pattern: everything may be shown. */
export const ALLOW_ALL: AllowList = { allowsBucket: () => true, allows: () => true }

/**
 * Reads `bucket` and `bucket/prefix` patterns separated by commas. Each part is compared as a whole with the bucket and
 * with what stands before the slash of the package's name; `*` stands for any characters, or none. An empty text allows
 * everything. The problem never repeats the text.
 */
export const parseAllowList = (
  text: string,
): { readonly value: AllowList } | { readonly problem: string } => {
  const patterns = text.split(',').flatMap((pattern) => pattern.trim() || [])
  if (patterns.length === 0) return { value: ALLOW_ALL }
  if (patterns.length > ALLOW_PATTERNS) return { problem: `must be at most ${ALLOW_PATTERNS} patterns` }
  const rules = patterns.map(ruleOf)
  if (!rules.every((rule) => rule !== null))
    return { problem: 'must be patterns like my-bucket or my-bucket/prefix separated by commas' }
  return { value: listOf(rules) }
}

type Rule = { readonly bucket: Matcher; readonly prefix: Matcher }
type Matcher = (text: string) => boolean

const ruleOf = (pattern: string): Rule | null => {
  const [bucket = '', prefix = '*', ...more] = pattern.split('/')
  if (more.length > 0 || !BUCKET_PATTERN.test(bucket) || !PREFIX_PATTERN.test(prefix)) return null
  return { bucket: matcher(bucket), prefix: matcher(prefix) }
}

const listOf = (rules: readonly Rule[]): AllowList => ({
  allowsBucket: (bucket) => rules.some((rule) => rule.bucket(bucket)),
  allows: (bucket, name) => {
    const prefix = name.slice(0, Math.max(0, name.indexOf('/')))
    return rules.some((rule) => rule.bucket(bucket) && rule.prefix(prefix))
  },
})

/** Compares piece by piece from the left, without a pattern engine that many `*` could slow down. */
const matcher = (pattern: string): Matcher => {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return (text) => text === first
  return (text) => {
    if (!text.startsWith(first)) return false
    let at = first.length
    for (const piece of rest) {
      const found = text.indexOf(piece, at)
      if (found < 0) return false
      at = found + piece.length
    }
    return text.length - at >= last.length && text.endsWith(last)
  }
}
