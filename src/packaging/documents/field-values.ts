import type { Json } from '../../base/json.ts'
import type { Entry, EntryField } from '../../benchling/entry.ts'
import { cutText, portableNumber, portableText } from './portable.ts'
import { snakeCaseNames } from './snake-case.ts'

/** Longest text of one field in the metadata, in bytes; the whole text is in entry_data.json. */
const FIELD_TEXT_BYTES = 8_192
/** Most values of one field with several. */
const FIELD_VALUES = 500

export type FieldValue = string | number | boolean | readonly string[]

export type FlatFields = {
  /** In the order of their names; fields without a value are absent. */
  readonly values: readonly (readonly [name: string, value: FieldValue])[]
  /** How many had more than the metadata keeps. */
  readonly cut: number
}

/**
 * The schema fields as searchable values (quilt-formats.md §4.3, §7.4): one flat list under lower_snake_case names, numbers and
 * booleans as such, dates as the ISO text Benchling gives, links and dropdown options by what the notebook shows,
 * fields with several values as arrays of strings, JSON fields as text.
 */
export const flatFields = (entry: Entry): FlatFields => {
  const fields = entry.fields ?? {}
  const names = snakeCaseNames(Object.keys(fields))
  let cut = 0
  const values: [string, FieldValue][] = []
  for (const [name, field] of Object.entries(fields)) {
    const whole = singleOrMany(field)
    if (whole === null) continue
    const kept = bounded(whole)
    if (kept !== whole) cut++
    values.push([names.get(name)!, kept])
  }
  return { values: values.sort(([a], [b]) => (a < b ? -1 : 1)), cut }
}

const singleOrMany = (field: EntryField): FieldValue | null => {
  const value = (field.value ?? null) as Json
  if (Array.isArray(value)) return valuesOf(value, field)
  const shown = field.displayValue || field.textValue || null
  if (value === null || value === '') return field.isMulti || !shown ? null : portableText(shown)
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return portableNumber(value)
  if (typeof value === 'string') {
    if (isNumeric(field.type, value)) return portableNumber(Number(value))
    return portableText(isReference(field.type) && shown ? shown : value)
  }
  return portableText(JSON.stringify(value))
}

const valuesOf = (values: readonly Json[], field: EntryField): readonly string[] | null => {
  if (values.length === 0) return null
  if (isReference(field.type) && field.displayValue) {
    // What is shown is one text joined with ", ": it can be taken apart only when no name holds that itself.
    const names = field.displayValue.split(', ')
    return (names.length === values.length ? names : [field.displayValue]).map(portableText)
  }
  return values.map((value) => portableText(typeof value === 'string' ? value : JSON.stringify(value)))
}

const isReference = (type: string | null | undefined): boolean =>
  type === 'dropdown' || type?.endsWith('_link') === true

const isNumeric = (type: string | null | undefined, text: string): boolean =>
  (type === 'integer' || type === 'float') && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)

/** The same value when nothing had to be cut. */
const bounded = (value: FieldValue): FieldValue => {
  if (typeof value === 'string') return cutText(value, FIELD_TEXT_BYTES)
  if (typeof value !== 'object') return value
  if (value.length <= FIELD_VALUES && value.every((text) => Buffer.byteLength(text) <= FIELD_TEXT_BYTES))
    return value
  return value.slice(0, FIELD_VALUES).map((text) => cutText(text, FIELD_TEXT_BYTES))
}
