import type { JsonObject } from '../base/json.ts'
import { compareCodePoints } from './code-points.ts'
import { canonicalNumber, NumberLiteral } from './number-literal.ts'

/** What can be hashed: JSON, in which a foreign manifest's numbers may be kept as they were written. */
export type Hashable =
  | string
  | number
  | boolean
  | null
  | NumberLiteral
  | readonly Hashable[]
  | { readonly [key: string]: Hashable | undefined }

const PLAIN = /^[ !#-[\]-~]*$/
const BEYOND_ASCII = /[\x7f-\uffff]/g

/**
 * JSON exactly as `json.JSONEncoder(sort_keys=True, separators=(',', ':'))` of Python prints it: pure ASCII, keys by code
 * point. This is what top hashes are made of (quilt-formats.md §2.4, §2.6). JavaScript numbers count as what
 * `JSON.stringify` would have written; undefined properties are left out, as there. Throws a TypeError for NaN and
 * infinite numbers, which quilt3 refuses to write.
 */
export const canonicalJson = (value: Hashable): string => {
  if (typeof value === 'string') return canonicalString(value)
  if (typeof value === 'number') return jsNumber(value)
  if (value === null || typeof value === 'boolean') return String(value)
  if (value instanceof NumberLiteral) return canonicalNumber(value.source)
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort(compareCodePoints)
    .map((key) => `${canonicalString(key)}:${canonicalJson(value[key]!)}`)
  return `{${members.join(',')}}`
}

/** A string as Python's `json` prints it with `ensure_ascii`: everything outside 0x20-0x7E as `\uxxxx`, DEL too. */
export const canonicalString = (text: string): string =>
  PLAIN.test(text) ? `"${text}"` : JSON.stringify(text).replace(BEYOND_ASCII, escapeUnit)

const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

const jsNumber = (value: number): string => {
  if (!Number.isFinite(value)) throw new TypeError(`${value} has no place in JSON`)
  return canonicalNumber(JSON.stringify(value))
}

const isArray = (value: Hashable): value is readonly Hashable[] => Array.isArray(value)

/** Metadata with every lone surrogate, in keys and values, replaced by U+FFFD: what UTF-8 cannot hold, a manifest cannot. */
export const wellFormed = <T extends Hashable | JsonObject>(value: T): T => repair(value as Hashable) as T

const repair = (value: Hashable): Hashable => {
  if (typeof value === 'string') return value.toWellFormed()
  if (value === null || typeof value !== 'object' || value instanceof NumberLiteral) return value
  if (isArray(value)) return value.map(repair)
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key.toWellFormed(), repair(member!)]),
  )
}
