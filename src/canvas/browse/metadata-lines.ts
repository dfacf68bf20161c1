import type { Json } from '../../base/json.ts'
import { beginningOf } from './text-pages.ts'

/** Characters of a text inside a line. */
export const VALUE_LENGTH = 200
/** Levels of objects and lists that are shown inside each other. */
const DEPTH_SHOWN = 3
/** Lines that one member may take; the rest of it is opened. */
const LINES_OF_ONE = 12

/** A line of the metadata. `value`: null for what has lines of its own below. */
export type MetadataLine = {
  readonly depth: number
  readonly name: string
  readonly value: LineValue | null
}
export type LineValue =
  | { readonly kind: 'text'; readonly text: string; readonly cut: boolean }
  | { readonly kind: 'plain'; readonly text: string }
  /** An object or list that is not shown here. */
  | { readonly kind: 'more'; readonly values: number }

export type MemberLines = {
  readonly lines: readonly MetadataLine[]
  /** True when there is more of it than the lines show. */
  readonly cut: boolean
}

/** What a member is called: items of a list count from 1. */
export const memberName = (key: string, container: object): string =>
  Array.isArray(container) ? String(Number(key) + 1) : key

/** A member as lines: short values beside their names, nested ones below. Never deeper nor longer than its limits. */
export const memberLines = (name: string, value: Json): MemberLines => {
  const lines: MetadataLine[] = []
  let cut = false
  const add = (depth: number, name: string, value: Json): void => {
    if (typeof value !== 'object' || value === null) {
      const shown = scalar(value)
      cut ||= shown.kind === 'text' && shown.cut
      lines.push({ depth, name, value: shown })
      return
    }
    const keys = Object.keys(value)
    if (keys.length === 0) {
      lines.push({ depth, name, value: { kind: 'plain', text: 'empty' } })
    } else if (depth + 1 >= DEPTH_SHOWN || lines.length + 1 + keys.length > LINES_OF_ONE) {
      cut = true
      lines.push({ depth, name, value: { kind: 'more', values: keys.length } })
    } else {
      lines.push({ depth, name, value: null })
      for (const key of keys)
        add(depth + 1, memberName(key, value), (value as Record<string, Json>)[key] as Json)
    }
  }
  add(0, name, value)
  return { lines, cut }
}

const scalar = (value: string | number | boolean | null): LineValue => {
  if (value === '') return { kind: 'plain', text: 'empty' }
  if (typeof value !== 'string') return { kind: 'plain', text: String(value) }
  const cut = value.length > VALUE_LENGTH
  return { kind: 'text', text: cut ? beginningOf(value, VALUE_LENGTH) : value, cut }
}
