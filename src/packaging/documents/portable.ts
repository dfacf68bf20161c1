/**
 * Values that quilt3 and quilt-rs hash alike (quilt-formats.md §2.6): what lies outside becomes text or a replacement
 * character, so that no reader computes another top hash.
 */

/** A whole number within ±(2^53-1) or a fraction with 1e-4 <= |x| < 1e16 stays a number; any other becomes its text. */
export const portableNumber = (value: number): number | string => {
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value
  const size = Math.abs(value)
  return !Number.isInteger(value) && size >= 1e-4 && size < 1e16 ? value : String(value)
}

/** Text without lone surrogates and without U+007F, which the two implementations escape differently. */
export const portableText = (text: string): string => text.toWellFormed().replaceAll('\u007f', '\ufffd')

const CUT = '…'

/** Text of at most `bytes` of UTF-8, cut between characters; what was cut ends in `…`. */
export const cutText = (text: string, bytes: number): string => {
  if (Buffer.byteLength(text) <= bytes) return text
  let kept = ''
  let room = bytes - Buffer.byteLength(CUT)
  for (const character of text) {
    room -= Buffer.byteLength(character)
    if (room < 0) break
    kept += character
  }
  return kept + CUT
}
