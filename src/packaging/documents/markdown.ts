/** Text from people inside Markdown: nothing in it is read as markup, and it stays on its line. */
export const escapeMarkdown = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .replace(MARKUP, (character) => `\\${character}`)

/** Inline markup, and what starts an automatic link (`://`, `www.`, `@`). Text never opens a line, so block markup is no danger. */
const MARKUP = /[\\`*_[\]<>&~|@]|:(?=\/\/)|(?<=www)\./gi

/** Text as a code span: fenced by more backticks than stand in it. */
export const codeSpan = (text: string): string => {
  const line = text.toWellFormed().replace(/[\s\p{Cc}]+/gu, ' ')
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map((run) => run[0].length))
  const fence = '`'.repeat(longest + 1)
  const pad = longest > 0 || line.startsWith(' ') || line.endsWith(' ') ? ' ' : ''
  return `${fence}${pad}${line}${pad}${fence}`
}

/** A link to a web address; any other scheme is shown as text, so that nothing but the web can be opened. */
export const webLink = (label: string, url: string): string => {
  const address = URL.parse(url)
  if (address?.protocol !== 'https:' && address?.protocol !== 'http:')
    return escapeMarkdown(`${label}: ${url}`)
  return `[${escapeMarkdown(label)}](<${address.href.replaceAll('<', '%3C').replaceAll('>', '%3E')}>)`
}
