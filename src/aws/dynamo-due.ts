import { KINDS } from '../jobs/lanes.ts'
import type { Key, Kind } from '../jobs/ports.ts'
import type { DynamoApi } from './dynamo-api.ts'
import { type Item, N, number, rowOf, S, textOrNull } from './dynamo-item.ts'
import { dueAtItsTime, dueNow } from './dynamo-subject-item.ts'
import { DUE_INDEX, type RowKey, subjectRow } from './dynamo-table.ts'

/** An entry of the index of open work: a subject, or watchers that are still to be touched. */
export type DueEntry = { readonly row: RowKey; readonly key: Key | null; readonly since: number }

/**
 * Open work that can be claimed at `now`, the longest waiting first, as the index knows it: it may be behind the table
 * by moments.
 */
export const readDue = async (
  api: DynamoApi,
  now: number,
  limit: number,
  kind?: Kind,
  signal?: AbortSignal,
): Promise<DueEntry[]> => {
  const found = await Promise.all(
    (kind ? [kind] : KINDS).flatMap((one) => [
      entries(api, dueNow(one), null, limit, signal),
      entries(api, dueAtItsTime(one), now, limit, signal),
    ]),
  )
  return found.flat().sort(inOrder).slice(0, limit)
}

/** All open work, whenever it can be claimed. */
export const readOpen = async (api: DynamoApi): Promise<DueEntry[]> => {
  const all = Number.POSITIVE_INFINITY
  const partitions = KINDS.flatMap((kind) => [dueNow(kind), dueAtItsTime(kind)])
  return (await Promise.all(partitions.map((partition) => entries(api, partition, null, all)))).flat()
}

const entries = async (
  api: DynamoApi,
  partition: string,
  until: number | null,
  limit: number,
  signal?: AbortSignal,
): Promise<DueEntry[]> => {
  const found: DueEntry[] = []
  const pages = api.query(
    {
      IndexName: DUE_INDEX.name,
      KeyConditionExpression: until === null ? '#due = :due' : '#due = :due AND #readyAt <= :now',
      ExpressionAttributeNames: {
        '#due': DUE_INDEX.partition,
        ...(until === null ? {} : { '#readyAt': DUE_INDEX.sort }),
      },
      ExpressionAttributeValues: { ':due': S(partition), ...(until === null ? {} : { ':now': N(until) }) },
      ...(Number.isFinite(limit) ? { Limit: limit } : {}),
    },
    signal,
  )
  for await (const page of pages) {
    found.push(...page.map(entryOf))
    if (found.length >= limit) break
  }
  return found
}

const entryOf = (item: Item): DueEntry => {
  const row = rowOf(item)
  const key = textOrNull(item, 'sk') === 'S' ? (row.pk.slice(subjectRow('' as Key).pk.length) as Key) : null
  return { row, key, since: number(item, DUE_INDEX.sort) }
}

const inOrder = (a: DueEntry, b: DueEntry): number =>
  a.since - b.since || (a.row.pk < b.row.pk ? -1 : Number(a.row.pk > b.row.pk))
