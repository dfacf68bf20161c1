import type { Delivery, Key, RunRecord } from '../jobs/ports.ts'
import { RETENTION_MS } from '../jobs/retention.ts'
import type { Draft } from './dynamo-draft.ts'
import { type Item, N, number, S, text } from './dynamo-item.ts'
import {
  deliveryOfKeyRow,
  deliveryRow,
  HISTORY_INDEX,
  HISTORY_OF_KEY_INDEX,
  runRow,
  TTL_ATTRIBUTE,
} from './dynamo-table.ts'

/** What the history is of: the names of partitions in its indexes. */
export type Sort = 'D' | 'R'
/** The partition beside them, of entries by when they moved. */
export const ENTRIES = 'E'

/** Places in a number that is written so that text sorts like numbers: as many as the largest safe one has. */
const PLACES = 16

/** Times as text that sorts like them. */
export const sortable = (time: number): string => String(Math.max(0, Math.floor(time))).padStart(PLACES, '0')

export const partitionOfKey = (sort: Sort, key: Key): string => `${sort}#${key}`

/** When an item written at `now` (ms) may be removed, in seconds. */
export const expiryOf = (now: number): number => Math.ceil((now + RETENTION_MS) / 1000)

export const isExpired = (item: Item, now: number): boolean => number(item, TTL_ATTRIBUTE) * 1000 <= now

export type HistoryItems = ReturnType<typeof historyItems>

/** Deliveries and ended runs as items of a transaction. */
export const historyItems = () => {
  let written = 0

  /** What happened later sorts later; at the same time, what was written later, this process' own by their number. */
  const places = (sort: Sort, time: number, now: number): Item => ({
    [HISTORY_INDEX.partition]: S(sort),
    [HISTORY_INDEX.sort]: S([time, now, written++].map(sortable).join('#')),
    [TTL_ATTRIBUTE]: N(expiryOf(now)),
  })

  return {
    addDelivery: (draft: Draft, delivery: Delivery, keys: readonly Key[], now: number): void => {
      const own = places('D', delivery.receivedAt, now)
      const sorted = keys.toSorted()
      const ofKey = (key: Key): Item => ({ [HISTORY_OF_KEY_INDEX.partition]: S(partitionOfKey('D', key)) })
      const [first, ...more] = sorted
      draft.put(deliveryRow(delivery.id), {
        ...own,
        ...(first === undefined ? {} : ofKey(first)),
        record: S(JSON.stringify(delivery)),
        keys: S(JSON.stringify(sorted)),
      })
      const { [HISTORY_INDEX.partition]: _, ...apart } = own
      for (const key of more) draft.add(deliveryOfKeyRow(delivery.id, key), { ...apart, ...ofKey(key) })
    },
    addRun: (draft: Draft, run: RunRecord, now: number): void => {
      draft.add(runRow(run.id), {
        ...places('R', run.endedAt, now),
        [HISTORY_OF_KEY_INDEX.partition]: S(partitionOfKey('R', run.key)),
        record: S(JSON.stringify(run)),
      })
    },
  }
}

export const itemToDelivery = (item: Item): Delivery & { readonly keys: readonly Key[] } => ({
  ...(JSON.parse(text(item, 'record')) as Delivery),
  keys: JSON.parse(text(item, 'keys')) as Key[],
})

export const itemToRun = (item: Item): RunRecord => JSON.parse(text(item, 'record')) as RunRecord
