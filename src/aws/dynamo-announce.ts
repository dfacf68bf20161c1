import { randomUUID } from 'node:crypto'
import { kindOf } from '../jobs/lanes.ts'
import type { Key, Topic } from '../jobs/ports.ts'
import { touchWatchers, type Watcher, watchersOf } from '../jobs/subject-book.ts'
import type { DynamoApi } from './dynamo-api.ts'
import type { Draft } from './dynamo-draft.ts'
import { type Item, N, number, S, text, weightOf } from './dynamo-item.ts'
import { dueNow } from './dynamo-subject-item.ts'
import { DUE_INDEX, pendingRow, type RowKey, subjectRow } from './dynamo-table.ts'
import { inTransaction, TRANSACTION_MAX_BYTES, TRANSACTION_MAX_ITEMS } from './dynamo-transaction.ts'

/** Watchers touched in one of the transactions after the main one: smaller ones meet others less often. */
const AFTERWARDS_AT_ONCE = 50
/** By how much a touch lets a subject grow: the causes it may add. */
const GROWTH_BYTES = 1_000

/**
 * Touches, in this transaction, what watches these topics. What does not fit in is written down in it as still to be
 * done, one item for a topic and a kind, and stands in the index of open work, where whoever searches finds it: see
 * `finishPending`. Returns the keys of all of them.
 */
export const announceIn = async (draft: Draft, topics: readonly Topic[], now: number): Promise<Key[]> => {
  const watchers = watchersOf(draft, topics)
  const all = roomFor(draft, watchers, TRANSACTION_MAX_ITEMS - draft.size)
  const reserved = all < watchers.length ? groups(watchers).size : 0
  const candidates = watchers.slice(
    0,
    roomFor(draft, watchers, TRANSACTION_MAX_ITEMS - draft.size - reserved),
  )
  const fitting = await readWhatFits(draft, candidates)
  const touched = touchWatchers(draft, fitting, now)
  const rest = watchers.slice(fitting.length)
  for (const [, [[topic, first], ...more]] of groups(rest)) {
    const row = pendingRow(randomUUID())
    draft.create(row, pendingItem(topic, [first, ...more.map(([, key]) => key)], now))
    draft.left.push(row)
  }
  return [...touched, ...rest.map(([, key]) => key)]
}

/** Touches what an earlier transaction left to be touched. Safe with others doing the same. */
export const finishPending = async (api: DynamoApi, row: RowKey): Promise<void> => {
  for (let more = true; more; ) {
    const { result } = await inTransaction(api, api.tries(), async (draft) => {
      await draft.read([row])
      const item = draft.item(row)
      if (!item) return false
      const topic = text(item, 'topic') as Topic
      const keys = JSON.parse(text(item, 'keys')) as Key[]
      const watchers = keys.slice(0, AFTERWARDS_AT_ONCE).map((key): Watcher => [topic, key])
      const { length } = await readWhatFits(draft, watchers)
      touchWatchers(draft, watchers.slice(0, length), number(item, 'at'))
      const rest = keys.slice(length)
      if (rest.length === 0) draft.remove(row)
      else draft.put(row, { ...item, keys: S(JSON.stringify(rest)) })
      return rest.length > 0
    })
    more = result
  }
}

/** How many of these watchers make at most so many more items. */
const roomFor = (draft: Draft, watchers: readonly Watcher[], items: number): number => {
  const more = new Set<Key>()
  const end = watchers.findIndex(([, key]) => {
    if (!draft.has(subjectRow(key))) more.add(key)
    return more.size > items
  })
  return end === -1 ? watchers.length : end
}

/** Reads the subjects of watchers, as many as a transaction can hold by their weight; returns the watchers of those. */
const readWhatFits = async (draft: Draft, watchers: readonly Watcher[]): Promise<readonly Watcher[]> => {
  const before = new Set(watchers.map(([, key]) => key).filter((key) => !draft.has(subjectRow(key))))
  await draft.read(watchers.map(([, key]) => subjectRow(key)))
  let weight = draft.weight
  const end = watchers.findIndex(([, key]) => {
    weight += weightOf(draft.item(subjectRow(key)) ?? {}) + GROWTH_BYTES
    return weight > TRANSACTION_MAX_BYTES
  })
  if (end === -1) return watchers
  const fitting = watchers.slice(0, end)
  const kept = new Set(fitting.map(([, key]) => key))
  for (const key of before) if (!kept.has(key)) draft.forget(subjectRow(key))
  return fitting
}

type Group = [Watcher, ...Watcher[]]

const groups = (watchers: readonly Watcher[]): Map<string, Group> => {
  const by = new Map<string, Group>()
  for (const watcher of watchers) {
    const [topic, key] = watcher
    const name = `${kindOf(key)} ${topic}`
    const group = by.get(name)
    if (group) group.push(watcher)
    else by.set(name, [watcher])
  }
  return by
}

const pendingItem = (topic: Topic, keys: readonly [Key, ...Key[]], now: number): Item => ({
  topic: S(topic),
  keys: S(JSON.stringify(keys)),
  at: N(now),
  [DUE_INDEX.partition]: S(dueNow(kindOf(keys[0]))),
  [DUE_INDEX.sort]: N(now),
})
