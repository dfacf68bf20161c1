import type { TransactWriteItem } from '@aws-sdk/client-dynamodb'
import { Fault } from '../base/fault.ts'
import type { Key, Subject, Topic } from '../jobs/ports.ts'
import type { SubjectBook } from '../jobs/subject-book.ts'
import type { DynamoApi } from './dynamo-api.ts'
import { FORMAT, type Item, N, number, rowOf, S, textOrNull, weightOf } from './dynamo-item.ts'
import { itemToSubject, subjectToItem } from './dynamo-subject-item.ts'
import { type RowKey, subjectRow, topicRow } from './dynamo-table.ts'
import { itemToWatchers, WATCHERS_MAX, watchersToItem } from './dynamo-topic-item.ts'
import type { Tries } from './dynamo-tries.ts'

/** `after`: undefined while unchanged, null when removed. */
type Row = { readonly key: RowKey; readonly before: Item | null; after?: Item | null }

/** A row carries the token of a transaction whose answer was lost: it went through. */
export class WentThrough extends Error {}

/**
 * One try of a transaction: rows as they were read, and what is to become of them. Every row that was read is checked
 * in the write, changed or not, so that what was computed holds at the moment it is written.
 */
export class Draft implements SubjectBook {
  /** Rows of watchers that did not fit in and are touched afterwards. */
  readonly left: RowKey[] = []
  readonly #api: DynamoApi
  readonly #tries: Tries
  readonly #lost: string | null
  readonly #rows = new Map<string, Row>()
  readonly #added: Item[] = []

  /** `lost`: the token of an earlier try that may have gone through. */
  constructor(api: DynamoApi, tries: Tries, lost: string | null) {
    this.#api = api
    this.#tries = tries
    this.#lost = lost
  }

  /** Reads rows that were not read before. */
  async read(keys: readonly RowKey[]): Promise<void> {
    const unread = new Map<string, RowKey>()
    for (const key of keys) if (!this.has(key)) unread.set(idOf(key), key)
    if (unread.size === 0) return
    const found = await this.#api.getAll([...unread.values()], this.#tries)
    const items = new Map(found.map((item) => [idOf(rowOf(item)), item]))
    for (const key of unread.values()) {
      const before = items.get(idOf(key)) ?? null
      if (this.#lost !== null && before && textOrNull(before, 'tx') === this.#lost) throw new WentThrough()
      this.#rows.set(idOf(key), { key, before })
    }
  }

  /** A row as it is now; null when there is none. */
  item(key: RowKey): Item | null {
    const { before, after } = this.#row(key)
    return after === undefined ? before : after
  }

  put(key: RowKey, attributes: Item): void {
    this.#row(key).after = attributes
  }

  remove(key: RowKey): void {
    this.#row(key).after = null
  }

  /** A row that did not exist before. */
  create(key: RowKey, attributes: Item): void {
    this.#rows.set(idOf(key), { key, before: null, after: attributes })
  }

  /** An item that only this transaction writes. */
  add(key: RowKey, attributes: Item): void {
    this.#added.push({ ...attributes, ...attributesOf(key), format: N(FORMAT) })
  }

  /** A row that was read for nothing: it is not checked. */
  forget(key: RowKey): void {
    this.#rows.delete(idOf(key))
  }

  has(key: RowKey): boolean {
    return this.#rows.has(idOf(key))
  }

  load(key: Key): Subject | null {
    const item = this.item(subjectRow(key))
    return item && itemToSubject(key, item)
  }

  save(subject: Subject, now: number): void {
    const key = subjectRow(subject.key)
    this.put(key, subjectToItem(subject, this.item(key), now))
  }

  watch(key: Key, topics: readonly Topic[]): void {
    for (const topic of topics) {
      const keys = this.watching(topic)
      if (!keys.includes(key)) this.#putWatchers(topic, [...keys, key])
    }
  }

  unwatch(key: Key, topics: readonly Topic[]): void {
    for (const topic of topics) {
      const keys = this.watching(topic)
      const rest = keys.filter((one) => one !== key)
      if (rest.length < keys.length) this.#putWatchers(topic, rest)
    }
  }

  watching(topic: Topic): Key[] {
    return itemToWatchers(this.item(topicRow(topic)))
  }

  get changed(): boolean {
    return this.#added.length > 0 || [...this.#rows.values()].some(({ after }) => after !== undefined)
  }

  /** How many items the write has. */
  get size(): number {
    return this.#added.length + this.#rows.size
  }

  get weight(): number {
    const rows = [...this.#rows.values()].map(({ after }) => after ?? {})
    return [...this.#added, ...rows].reduce((sum, item) => sum + weightOf(item), 0)
  }

  writes(token: string): TransactWriteItem[] {
    const TableName = this.#api.table
    const rows = [...this.#rows.values()].map(({ key, before, after }): TransactWriteItem => {
      const unchanged = { TableName, ...asItWas(before) }
      if (after === undefined) return { ConditionCheck: { ...unchanged, Key: attributesOf(key) } }
      if (after === null) return { Delete: { ...unchanged, Key: attributesOf(key) } }
      const version = N(versionOf(before) + 1)
      const own = { ...attributesOf(key), format: N(FORMAT), version, tx: S(token) }
      return { Put: { ...unchanged, Item: { ...after, ...own } } }
    })
    return [...rows, ...this.#added.map((item) => ({ Put: { TableName, Item: item } }))]
  }

  #putWatchers(topic: Topic, keys: readonly Key[]): void {
    const key = topicRow(topic)
    if (keys.length > WATCHERS_MAX) this.#api.log.warn({ topic }, 'the oldest watcher is forgotten')
    this.put(key, watchersToItem(keys, this.item(key)))
  }

  #row(key: RowKey): Row {
    const row = this.#rows.get(idOf(key))
    if (!row) throw new Fault('internal', { row: key.pk, problem: 'not read' })
    return row
  }
}

const idOf = ({ pk, sk }: RowKey): string => `${sk} ${pk}`

const attributesOf = ({ pk, sk }: RowKey) => ({ pk: S(pk), sk: S(sk) })

const versionOf = (item: Item | null): number => (item ? number(item, 'version') : 0)

type Condition = Pick<
  NonNullable<TransactWriteItem['ConditionCheck']>,
  'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
> & { readonly ConditionExpression: string }

const asItWas = (before: Item | null): Condition =>
  before === null
    ? { ConditionExpression: 'attribute_not_exists(#pk)', ExpressionAttributeNames: { '#pk': 'pk' } }
    : {
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':version': N(versionOf(before)) },
      }
