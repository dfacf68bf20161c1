export type RangeAnswer = { readonly start: number; readonly end: number } | 'whole' | 'unsatisfiable'

/**
 * A `Range` header against a size, as S3 reads it (RFC 9110 §14): one range only, anything it does not understand is
 * ignored. `end` is exclusive.
 */
export const byteRange = (header: string | undefined, size: number): RangeAnswer => {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return 'whole'
  if (match[1] === '') {
    const last = Number(match[2])
    return last === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - last), end: size }
  }
  const start = Number(match[1])
  const end = match[2] === '' ? size : Math.min(size, Number(match[2]) + 1)
  if (match[2] !== '' && Number(match[2]) < start) return 'whole'
  return start >= size ? 'unsatisfiable' : { start, end }
}
