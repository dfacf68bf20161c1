/** Longest generated name, in characters, before a number is added. */
const NAME_LENGTH = 100

/**
 * `Quilt+ URI` → `quilt_uri`, `sampleName` → `sample_name`: lower case (Athena folds case), letters and digits of any
 * script kept, everything else one `_`. A name without either becomes `field`.
 */
export const snakeCase = (name: string): string =>
  [
    ...name
      .toWellFormed()
      .normalize('NFKC')
      .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1_$2')
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}]+/gu, '_'),
  ]
    .slice(0, NAME_LENGTH)
    .join('')
    .replace(/^_+|_+$/g, '') || 'field'

/**
 * One snake_case name for each of these names, all different: a name that already is in that form keeps it, the others
 * follow in the order of their characters and take `_2`, `_3`, … when theirs is gone. The order of `names` does not matter.
 */
export const snakeCaseNames = (names: readonly string[]): Map<string, string> => {
  const taken = new Set<string>()
  const given = new Map<string, string>()
  const sorted = [...new Set(names)].sort()
  for (const name of sorted) if (snakeCase(name) === name) give(name, name)
  for (const name of sorted) {
    if (given.has(name)) continue
    const wish = snakeCase(name)
    let free = wish
    for (let n = 2; taken.has(free); n++) free = `${wish}_${n}`
    give(name, free)
  }
  return given

  function give(name: string, as: string): void {
    taken.add(as)
    given.set(name, as)
  }
}
