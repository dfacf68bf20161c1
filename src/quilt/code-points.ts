const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff

/** Orders strings by Unicode code point, as Python does. JavaScript's own order puts U+1F600 before U+E000. */
export const compareCodePoints = (a: string, b: string): number => {
  const at = firstDifference(a, b)
  if (at === a.length || at === b.length) return a.length - b.length
  return comparePointsAt(a, b, at)
}

/** Index of the first UTF-16 unit in which two strings differ; the shorter length when one begins the other. */
export const firstDifference = (a: string, b: string): number => {
  const end = Math.min(a.length, b.length)
  let at = 0
  while (at < end && a.charCodeAt(at) === b.charCodeAt(at)) at++
  return at
}

/** Compares the code points in which two strings first differ; `at` may be the second half of a pair. */
export const comparePointsAt = (a: string, b: string, at: number): number => {
  const inPair =
    at > 0 && isHigh(a.charCodeAt(at - 1)) && (isLow(a.charCodeAt(at)) || isLow(b.charCodeAt(at)))
  const from = inPair ? at - 1 : at
  return a.codePointAt(from)! - b.codePointAt(from)!
}
