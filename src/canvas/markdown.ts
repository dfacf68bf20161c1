// Only what can start a construct anywhere needs an escape inside a line; escaping every dot would be unreadable where
// a renderer shows the backslash, so block starters are handled by position.
const INLINE = /[\\`*_[\]<>&|~]/g
const LINE_START = /^(\s*(?=[#+\-=>])|\s*\d+(?=[.)]))/

/** People's text as one line without Markdown, for buttons: no control characters, cut to `max` characters. */
export const plain = (value: string, max = 300): string => {
  const line = value
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(/[\u202A-\u202E\u2066-\u2069\u200B-\u200F\u2060-\u2064\uFEFF]/g, '')
    .trim()
  const characters = [...line]
  return characters.length > max ? `${characters.slice(0, max - 1).join('')}…` : line
}

/**
 * People's text as one line of plain Markdown: control characters and line breaks become spaces, live characters are
 * escaped, bare addresses are broken by a word joiner, so that nothing auto-links and no line ends there. Cut to `max` characters.
 */
export const text = (value: string, max = 300): string =>
  plain(value, max)
    .replace(INLINE, (c) => `\\${c}`)
    .replace(LINE_START, '$1\\')
    .replace(/(https?|ftp):\/\//gi, '$1:\u2060//')
    .replace(/(www)\./gi, '$1\u2060.')
    .replace(/@(?=\S)/g, '@\u2060')

/** A name of at most `max` characters, cut in the middle: its beginning and its extension tell it apart. */
export const middle = (name: string, max: number): string => {
  const characters = [...name]
  if (characters.length <= max) return name
  const end = Math.floor((max - 1) / 3)
  return `${characters.slice(0, max - 1 - end).join('')}…${characters.slice(-end).join('')}`
}

/** A link; the address must be ours (catalog or page), its live characters are percent-encoded. Null address: the text alone. */
export const link = (label: string, address: string | null): string =>
  address === null
    ? text(label)
    : `[${text(label)}](${address.replace(/[()<>\s\\]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)})`
