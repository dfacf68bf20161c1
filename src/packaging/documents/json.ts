import type { Json, JsonObject } from '../../base/json.ts'

/** A document as it stands in a package: well-formed UTF-8, two spaces of indentation, one line end at the end. */
export const jsonBytes = (value: Json): Buffer =>
  Buffer.from(
    `${JSON.stringify(value, (_, inner) => (typeof inner === 'string' ? inner.toWellFormed() : inner), 2)}\n`,
  )

/**
 * The same value with keys in one fixed order at every level and with text that UTF-8 can hold: what an API answers in
 * another order is still the same bytes. Order inside arrays carries meaning and stays.
 */
export const canonical = (value: Json): Json => {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(canonical)
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, inner]) => inner !== undefined)
        .map(([key, inner]) => [key.toWellFormed(), canonical(inner)] as const)
        .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
    )
  return value
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
