import { movedAt } from '../jobs/moved.ts'
import type { Key, Subject } from '../jobs/ports.ts'
import type { DynamoApi } from './dynamo-api.ts'
import { ENTRIES } from './dynamo-history-items.ts'
import { type Item, rowOf, S } from './dynamo-item.ts'
import { itemToSubject } from './dynamo-subject-item.ts'
import { HISTORY_INDEX, mainRow, subjectRow } from './dynamo-table.ts'

/** The entries that moved last, newest first: one query of the index, which says which, and one read of what they are now. */
export const readRecentEntries = async (api: DynamoApi, limit: number): Promise<Subject[]> => {
  const found: Item[] = []
  const pages = api.query({
    IndexName: HISTORY_INDEX.name,
    KeyConditionExpression: '#of = :of',
    ExpressionAttributeNames: { '#of': HISTORY_INDEX.partition },
    ExpressionAttributeValues: { ':of': S(ENTRIES) },
    ScanIndexForward: false,
    Limit: limit,
  })
  for await (const page of pages) {
    found.push(...page)
    if (found.length >= limit) break
  }
  const items = await api.getAll(found.map((item) => mainRow(rowOf(item))))
  return items.map(toSubject).sort(newestFirst).slice(0, limit)
}

const PREFIX = subjectRow('' as Key).pk.length

const toSubject = (item: Item): Subject => itemToSubject(rowOf(item).pk.slice(PREFIX) as Key, item)

const newestFirst = (a: Subject, b: Subject): number =>
  (movedAt(b) ?? 0) - (movedAt(a) ?? 0) || (a.key < b.key ? 1 : -1)
