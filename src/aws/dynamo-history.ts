import { Fault } from '../base/fault.ts'
import type { History, Page } from '../jobs/ports.ts'
import { press } from '../jobs/subject.ts'
import { announceIn } from './dynamo-announce.ts'
import {
  isExpired,
  itemToDelivery,
  itemToRun,
  partitionOfKey,
  type Sort,
  sortable,
} from './dynamo-history-items.ts'
import { type Item, rowOf, S } from './dynamo-item.ts'
import { readSteps } from './dynamo-journal.ts'
import type { DynamoStore } from './dynamo-store.ts'
import { HISTORY_INDEX, HISTORY_OF_KEY_INDEX, mainRow, runRow, subjectRow, topicRow } from './dynamo-table.ts'

/** What happened, from DynamoDB: pages as its indexes know it, which may be behind by moments. */
export const dynamoHistory = (store: DynamoStore): History => {
  const { api, clock } = store

  const run = async (id: string) => {
    const item = await api.get(runRow(id))
    return item && !isExpired(item, clock.now()) ? itemToRun(item) : null
  }

  return {
    deliveries: (page) =>
      store.use(() => pageOf(newest(store, 'D', page), page, itemToDelivery, (d) => d.receivedAt)),
    runs: (page) => store.use(() => pageOf(newest(store, 'R', page), page, itemToRun, (r) => r.endedAt)),
    run: (id) =>
      store.use(async () => {
        const [record, steps] = await Promise.all([run(id), readSteps(api, id)])
        return record && { ...record, steps: steps.steps }
      }),
    retry: async (runId, at) => {
      const unknown = () => new Fault('jobs.unknown_run', { run: runId }, { detail: runId })
      const ended = await store.use(() => run(runId))
      if (!ended) throw unknown()
      const { key } = ended
      return store.write([key], async (draft) => {
        await draft.read([subjectRow(key), topicRow(key)])
        const subject = draft.load(key)
        if (!subject) throw unknown()
        draft.save(press(subject, { delivery: `retry:${runId}`, type: 'retry', at, by: null }), at)
        await announceIn(draft, [key], at)
        return key
      })
    },
  }
}

/** Items of a page and what comes after it, newest first, without those whose time is over. */
async function* newest(
  { api, clock }: DynamoStore,
  sort: Sort,
  { key, before, limit }: Page,
): AsyncGenerator<Item> {
  const index = key === undefined ? HISTORY_INDEX : HISTORY_OF_KEY_INDEX
  const until = before === undefined ? null : sortable(before)
  const pages = api.query({
    IndexName: index.name,
    KeyConditionExpression: until === null ? '#of = :of' : '#of = :of AND #happened < :before',
    ExpressionAttributeNames: {
      '#of': index.partition,
      ...(until === null ? {} : { '#happened': index.sort }),
    },
    ExpressionAttributeValues: {
      ':of': S(key === undefined ? sort : partitionOfKey(sort, key)),
      ...(until === null ? {} : { ':before': S(until) }),
    },
    ScanIndexForward: false,
    Limit: Math.max(1, limit) + 1,
  })
  for await (const entries of pages) {
    const rows = entries.map((entry) => mainRow(rowOf(entry)))
    const items = new Map((await api.getAll(rows)).map((item) => [rowOf(item).pk, item]))
    for (const { pk } of rows) {
      const item = items.get(pk)
      if (item && !isExpired(item, clock.now())) yield item
    }
  }
}

/** A page ends after all that share the time of its last one, because the next page begins before that time. */
const pageOf = async <T>(
  items: AsyncIterable<Item>,
  { limit }: Page,
  parse: (item: Item) => T,
  timeOf: (value: T) => number,
): Promise<T[]> => {
  const page: T[] = []
  for await (const item of items) {
    const value = parse(item)
    const last = page.at(-1)
    if (last !== undefined && page.length >= limit && timeOf(value) !== timeOf(last)) break
    page.push(value)
  }
  return page
}
