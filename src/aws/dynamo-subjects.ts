import { checkDeliverySize } from '../jobs/delivery-size.ts'
import type { Key, Subjects, Topic, Touch } from '../jobs/ports.ts'
import { applyTouches } from '../jobs/subject-book.ts'
import { announceIn } from './dynamo-announce.ts'
import { readDue } from './dynamo-due.ts'
import type { HistoryItems } from './dynamo-history-items.ts'
import { readRecentEntries } from './dynamo-recent.ts'
import type { DynamoStore } from './dynamo-store.ts'
import { itemToSubject } from './dynamo-subject-item.ts'
import { deliveryRow, subjectRow, topicRow } from './dynamo-table.ts'
import { itemToWatchers } from './dynamo-topic-item.ts'

/** Topics that one transaction of `watch` or `unwatch` changes; more are changed one transaction after another. */
const TOPICS_AT_ONCE = 50

/** The records of all work in DynamoDB. */
export const dynamoSubjects = (store: DynamoStore, history: HistoryItems): Subjects => {
  const { api, clock } = store

  return {
    record: async (delivery, touches) => {
      checkDeliverySize(delivery)
      return store.write(keysOf(touches), async (draft) => {
        const row = deliveryRow(delivery.id)
        await draft.read([row, ...rowsOf(touches)])
        if (draft.item(row)) return 'seen'
        const now = clock.now()
        history.addDelivery(draft, delivery, keysOf(touches), now)
        await announceIn(draft, applyTouches(draft, touches, now), now)
        return 'new'
      })
    },
    touch: (touches, topics = []) =>
      store.write([...keysOf(touches), ...topics], async (draft) => {
        await draft.read([...rowsOf(touches), ...topics.map(topicRow)])
        const now = clock.now()
        const touched = applyTouches(draft, touches, now)
        return [...new Set([...touched, ...(await announceIn(draft, [...topics, ...touched], now))])]
      }),
    get: (key) =>
      store.use(async () => {
        const item = await api.get(subjectRow(key))
        return item && itemToSubject(key, item)
      }),
    change: (key, f, { announce: topics = [], ended, touches = [] } = {}) =>
      store.write([key, ...keysOf(touches), ...topics], async (draft) => {
        await draft.read([subjectRow(key), ...rowsOf(touches), ...topics.map(topicRow)])
        const now = clock.now()
        const before = draft.load(key)
        const after = before && f(before)
        if (!after) return null
        draft.save(after, now)
        if (ended) history.addRun(draft, ended, now)
        const touched = applyTouches(draft, touches, now)
        const result = touched.includes(key) ? draft.load(key) : after
        await announceIn(draft, [...topics, ...touched], now)
        return result
      }),
    due: (now, limit, kind) =>
      store.use(async () => {
        const found = await readDue(api, now, limit, kind)
        const pending = found.filter(({ key }) => key === null)
        for (const { row } of pending) await store.finish(row)
        const due = pending.length === 0 ? found : await readDue(api, now, limit, kind)
        return due.flatMap(({ key }) => (key === null ? [] : [key]))
      }),
    watch: (key, topics) => inPortions(topics, (some) => watching(store, key, some, 'watch')),
    unwatch: (key, topics) => inPortions(topics, (some) => watching(store, key, some, 'unwatch')),
    watching: (topic) => store.use(async () => itemToWatchers(await api.get(topicRow(topic)))),
    recentEntries: (limit) => store.use(() => readRecentEntries(api, limit)),
  }
}

const watching = (
  store: DynamoStore,
  key: Key,
  topics: readonly Topic[],
  how: 'watch' | 'unwatch',
): Promise<void> =>
  store.write(topics, async (draft) => {
    await draft.read(topics.map(topicRow))
    draft[how](key, topics)
  })

const inPortions = async (
  topics: readonly Topic[],
  work: (some: readonly Topic[]) => Promise<void>,
): Promise<void> => {
  for (let at = 0; at < topics.length; at += TOPICS_AT_ONCE) await work(topics.slice(at, at + TOPICS_AT_ONCE))
}

const keysOf = (touches: readonly Touch[]): Key[] => [...new Set(touches.map(({ key }) => key))]

/** Everything a transaction must know of its touches: the subjects, who watches them, and what they begin to watch. */
const rowsOf = (touches: readonly Touch[]) =>
  touches.flatMap(({ key, watch = [] }) => [subjectRow(key), topicRow(key), ...watch.map(topicRow)])
