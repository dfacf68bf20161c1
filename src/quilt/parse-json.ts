import type { Json } from '../base/json.ts'
import type { Hashable } from './canonical-json.ts'
import { canonicalNumber, NumberLiteral } from './number-literal.ts'

/** One JSON text, twice: as it is hashed, and as the program uses it. The same object when no number needed its literal. */
export type ParsedJson = { readonly exact: Hashable; readonly plain: Json }

/**
 * What may begin a number that JavaScript would write otherwise: with a fraction, an exponent, or 16 digits and more. A
 * number stands at the start, or behind white space or one of `:,[`; texts that look so only cost time.
 */
const UNUSUAL_NUMBER = /(?:^|[\s:,[])-?(?:\d+[.eE]|\d{16})/

/**
 * Reads JSON without losing how numbers were written: `1.0` and `12345678901234567890` hash as such, though JavaScript
 * would make 1 and 12345678901234567000 of them. Throws a SyntaxError.
 *
 * No library: `JSON.parse` hands its reviver the source text of numbers since V8 11.4, own properties named `__proto__`
 * included. It makes parsing some three times slower, so it is left out where every number reads the same either way.
 */
export const parseJson = (text: string): ParsedJson => {
  if (!UNUSUAL_NUMBER.test(text)) {
    const value: Json = JSON.parse(text)
    return { exact: value as Hashable, plain: value }
  }
  let kept = false
  const exact: Hashable = JSON.parse(text, (_key, value: unknown, context?: { source?: string }) => {
    if (typeof value !== 'number') return value
    const source = context?.source ?? String(value)
    if (Number.isSafeInteger(value) && source === String(value)) return value
    if (Number.isFinite(value) && canonicalNumber(source) === canonicalNumber(JSON.stringify(value)))
      return value
    kept = true
    return new NumberLiteral(source)
  })
  return { exact, plain: kept ? withoutLiterals(exact) : (exact as Json) }
}

const withoutLiterals = (value: Hashable): Json => {
  if (value instanceof NumberLiteral) return value.valueOf()
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(withoutLiterals)
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutLiterals(member!)]))
}
