import type { JsonObject } from '../../base/json.ts'
import { SEARCH_LENGTH } from '../route.ts'
import { SEARCH_INPUT } from '../screens/home.ts'

/** What stands in the search line of a canvas as it is; undefined where it has none. */
export const typedText = (blocks: readonly JsonObject[]): string | null | undefined => {
  const leaves = blocks.flatMap((block) => [block, ...childrenOf(block)])
  const input = leaves.find(({ id }) => id === SEARCH_INPUT)
  if (input === undefined) return undefined
  return typeof input.value === 'string' ? input.value : null
}

/** The words to search for: what was typed as one line of at most `SEARCH_LENGTH` characters; null for none. */
export const typedSearch = (blocks: readonly JsonObject[]): string | null => {
  const line = (typedText(blocks) ?? '').replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
  return line.slice(0, SEARCH_LENGTH).trim().toWellFormed() || null
}

const childrenOf = ({ children }: JsonObject): JsonObject[] =>
  Array.isArray(children) ? (children as JsonObject[]) : []
