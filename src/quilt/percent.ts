const UNRESERVED = /[!'()*]/g
const hex = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`

/** Percent-encodes everything except `A-Z a-z 0-9 _ . - ~`, the slash included. Lone surrogates become U+FFFD. */
export const encodePart = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(UNRESERVED, (char) => hex(char.charCodeAt(0)))

/** Python's `urllib.parse.quote`: as `encodePart`, but slashes stay. */
export const encodePath = (path: string): string => encodePart(path).replaceAll('%2F', '/')

/** Python's `urllib.parse.unquote`: `+` stays, a `%` that begins no escape stays, invalid UTF-8 becomes U+FFFD. */
export const decodePercent = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => Buffer.from(escapes.replaceAll('%', ''), 'hex').toString())
