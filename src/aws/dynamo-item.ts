import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { Fault } from '../base/fault.ts'
import type { RowKey } from './dynamo-table.ts'

export type Item = Readonly<Record<string, AttributeValue>>

/**
 * The form of items that this software writes, and the highest that it reads. It is raised when the previous release
 * could not read an item any more, never for attributes that are only added: those it does not know it carries over.
 */
export const FORMAT = 1

export const S = (text: string): AttributeValue.SMember => ({ S: text })
export const N = (number: number): AttributeValue.NMember => ({ N: String(number) })

/** An attribute for what may be missing. */
export const optional = <T>(name: string, value: T | null, as: (value: T) => AttributeValue): Item =>
  value === null ? {} : { [name]: as(value) }

export const text = (item: Item, name: string): string => String(item[name]?.S)
export const textOrNull = (item: Item, name: string): string | null => item[name]?.S ?? null
export const number = (item: Item, name: string): number => Number(item[name]?.N)
export const numberOrNull = (item: Item, name: string): number | null => {
  const value = item[name]?.N
  return value === undefined ? null : Number(value)
}

export const rowOf = (item: Item): RowKey => ({ pk: text(item, 'pk'), sk: text(item, 'sk') })

/** Throws `jobs.newer_record` for an item in a form that this software does not know. */
export const checkFormat = (item: Item): void => {
  const format = number(item, 'format')
  if (format > FORMAT) throw new Fault('jobs.newer_record', { ...rowOf(item), format, known: FORMAT })
}

/** What of an item this software does not know: a newer release added it. */
export const unknownOf = (item: Item | null, known: ReadonlySet<string>): Item =>
  Object.fromEntries(Object.entries(item ?? {}).filter(([name]) => !known.has(name)))

/** About what an item weighs; more than DynamoDB counts, because JSON has names for types and quotes. */
export const weightOf = (item: Item): number => Buffer.byteLength(JSON.stringify(item))
