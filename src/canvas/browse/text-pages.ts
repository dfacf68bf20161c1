/** Characters of a long text that one page shows. */
export const TEXT_A_PAGE = 3_000
/** So many characters before its end a page may end, for the sake of a line or a word. */
const SEARCHED = 300

/** A long text in pages, none of which cuts a character in two; at a line or a word where there is one near. At least one page. */
export const textPages = (text: string): string[] => {
  const pages: string[] = []
  let from = 0
  while (text.length - from > TEXT_A_PAGE) {
    const to = endOfPage(text, from)
    pages.push(text.slice(from, to))
    from = to
  }
  return [...pages, text.slice(from)]
}

const endOfPage = (text: string, from: number): number => {
  const most = from + TEXT_A_PAGE
  // Only the end is searched: a search of the text would go back to its beginning, for each page.
  const end = text.slice(most - SEARCHED, most)
  for (const separator of ['\n', ' ']) {
    const at = end.lastIndexOf(separator)
    if (at >= 0) return most - SEARCHED + at + 1
  }
  return isLowSurrogate(text.charCodeAt(most)) ? most - 1 : most
}

/** The beginning of a text, at most so long, without half a character at its end. */
export const beginningOf = (text: string, length: number): string =>
  text.slice(0, isLowSurrogate(text.charCodeAt(length)) ? length - 1 : length)

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff
