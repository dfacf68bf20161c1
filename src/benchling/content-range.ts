import type { ByteRange } from '../base/download.ts'

export type ContentRange = { readonly start: number; readonly end: number; readonly total: number }

/** RFC 9110 §14.4, `bytes first-last/complete` with a known complete length; null for anything else. */
export const parseContentRange = (text: string | undefined): ContentRange | null => {
  const parts = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/i.exec(text ?? '')
  if (!parts) return null
  const [start, end, total] = parts.slice(1).map(Number) as [number, number, number]
  return start <= end && end < total && Number.isSafeInteger(total) ? { start, end, total } : null
}

/** The complete length that a 416 answer states with a star in place of the range; null where it does not. */
export const parseUnsatisfied = (text: string | undefined): number | null => {
  const parts = /^bytes \*\/(\d{1,16})$/i.exec(text ?? '')
  return parts ? Number(parts[1]) : null
}

/** The `Range` header of RFC 9110 §14.2. */
export const rangeHeader = (range: ByteRange): string =>
  'last' in range ? `bytes=-${range.last}` : `bytes=${range.start}-${range.end}`

/** True when an answer holds exactly the bytes asked for, as far as the file reaches. */
export const answersRange = (asked: ByteRange, got: ContentRange): boolean =>
  'last' in asked
    ? got.end === got.total - 1 && got.start === Math.max(0, got.total - asked.last)
    : got.start === asked.start && got.end === Math.min(asked.end, got.total - 1)

/** RFC 9110 §8.8.3: a strong entity tag, quotes included; null for weak or malformed ones. */
export const strongEtag = (text: string | undefined): string | null =>
  text !== undefined && /^"[\x21\x23-\x7e\x80-\xff]*"$/.test(text) ? text : null
