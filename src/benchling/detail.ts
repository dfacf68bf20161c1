import { DETAIL_MAX_CHARACTERS } from './limits.ts'
import { withoutSignedWords } from './scrub.ts'

/**
 * Words of the other side as they may be shown to people and logged: one line, at most `DETAIL_MAX_CHARACTERS`
 * characters, no signed addresses, others without user, query and fragment, no bearer tokens. Undefined when nothing is left.
 */
export const sanitised = (words: unknown): string | undefined => {
  if (typeof words !== 'string') return undefined
  const unqueried = words
    .slice(0, DETAIL_MAX_CHARACTERS * 20)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .replace(/(\bhttps?:\/\/)[^\s/?#@]*@/gi, '$1')
    .replace(/(\bhttps?:\/\/[^\s?#"'<>]*)[?#][^\s"'<>]*/gi, '$1')
    .replace(/\?[^\s?"'<>]*=[^\s"'<>]*/g, '?…')
    .replace(/\b(bearer|basic)\s+[\w.~+/=-]+/gi, '$1 …')
    .replace(/\beyJ[\w.=-]{8,}/g, '…')
  const line = withoutSignedWords(unqueried).trim()
  if (line === '') return undefined
  const characters = [...line]
  return characters.length <= DETAIL_MAX_CHARACTERS
    ? line
    : `${characters
        .slice(0, DETAIL_MAX_CHARACTERS - 1)
        .join('')
        .trimEnd()}…`
}
