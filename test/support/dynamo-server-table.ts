import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb'
import { invalid, only } from './dynamo-server-error.ts'
import {
  compare,
  type KeyCondition,
  typed,
  type WireItem,
  type WireValue,
} from './dynamo-server-expressions.ts'

const ITEM_MAX_BYTES = 400 * 1024
const PARTITION_KEY_MAX_BYTES = 2048
const SORT_KEY_MAX_BYTES = 1024

export type KeyNames = { readonly partition: string; readonly sort: string }
export type WireKey = WireItem

const keyNames = (schema: CreateTableCommandInput['KeySchema']): KeyNames => {
  const of = (type: string) => schema?.find(({ KeyType }) => KeyType === type)?.AttributeName
  const [partition, sort] = [of('HASH'), of('RANGE')]
  if (schema?.length !== 2 || !partition || !sort)
    throw invalid('this server knows tables with two keys only')
  return { partition, sort }
}

/** What an item weighs: names in UTF-8, values about as DynamoDB counts them. */
export const weight = (item: WireItem): number =>
  Object.entries(item).reduce((sum, [name, value]) => {
    const [type, content] = typed(value)
    const text = String(content)
    const bytes =
      type === 'S' ? Buffer.byteLength(text) : type === 'B' ? Buffer.byteLength(text, 'base64') : text.length
    return sum + Buffer.byteLength(name) + bytes
  }, 0)

/** A table in memory, with indexes that are never behind. */
export class WireTable {
  readonly items = new Map<string, WireItem>()
  readonly keys: KeyNames
  readonly indexes: ReadonlyMap<string, KeyNames>
  readonly #types: ReadonlyMap<string, string>

  constructor(definition: CreateTableCommandInput) {
    const { KeySchema, AttributeDefinitions = [], GlobalSecondaryIndexes = [] } = definition
    only(
      'CreateTable',
      definition,
      ...['TableName', 'BillingMode', 'KeySchema', 'AttributeDefinitions', 'GlobalSecondaryIndexes'],
    )
    if (definition.BillingMode !== 'PAY_PER_REQUEST') throw invalid('this server counts no capacity')
    this.keys = keyNames(KeySchema)
    this.indexes = new Map(
      GlobalSecondaryIndexes.map(({ IndexName = '', KeySchema: schema, Projection }) => {
        if (Projection?.ProjectionType !== 'KEYS_ONLY') throw invalid('this server projects keys only')
        return [IndexName, keyNames(schema)]
      }),
    )
    this.#types = new Map(
      AttributeDefinitions.map((one) => [one.AttributeName ?? '', one.AttributeType ?? '']),
    )
    const used = new Set(
      [this.keys, ...this.indexes.values()].flatMap(({ partition, sort }) => [partition, sort]),
    )
    const same = used.size === this.#types.size && [...used].every((name) => this.#types.has(name))
    if (!same) throw invalid('AttributeDefinitions must name exactly the attributes of keys')
  }

  idOf(key: WireItem): string {
    const { partition, sort } = this.keys
    for (const name of [partition, sort]) {
      const value = key[name]
      if (!value) throw invalid(`Missing the key ${name} in the item`)
      this.#checkKey(name, value)
    }
    return JSON.stringify([typed(key[partition]!), typed(key[sort]!)])
  }

  /** The key of a request, which must have these two attributes and no other. */
  idOfKey(key: WireItem): string {
    if (Object.keys(key).length !== 2) throw invalid('The provided key element does not match the schema')
    return this.idOf(key)
  }

  checkItem(item: WireItem): void {
    this.idOf(item)
    for (const value of Object.values(item)) typed(value)
    for (const { partition, sort } of this.indexes.values())
      for (const name of [partition, sort]) if (item[name]) this.#checkKey(name, item[name])
    if (weight(item) > ITEM_MAX_BYTES) throw invalid('Item size has exceeded the maximum allowed size')
  }

  /** Items of a query in order, before any limit. */
  query(indexName: string | undefined, condition: KeyCondition): { keys: KeyNames; items: WireItem[] } {
    const keys = indexName === undefined ? this.keys : this.indexes.get(indexName)
    if (!keys) throw invalid('The table does not have the specified index')
    const [partition, value] = condition.partition
    if (partition !== keys.partition || (condition.sort && condition.sort[0] !== keys.sort))
      throw invalid('Query condition missed key schema element')
    this.#checkKey(partition, value)
    const items = [...this.items.values()]
      .filter((item) => item[keys.partition] && item[keys.sort])
      .filter((item) => compare(item[keys.partition]!, value) === 0)
      .filter((item) => condition.sort === null || condition.sort[1](item[keys.sort]!))
      .sort((a, b) => compare(a[keys.sort]!, b[keys.sort]!) || (this.idOf(a) < this.idOf(b) ? -1 : 1))
    return {
      keys,
      items: items.map((item) => (indexName === undefined ? item : this.#projected(item, keys))),
    }
  }

  #projected(item: WireItem, keys: KeyNames): WireItem {
    const names = new Set([...Object.values(this.keys), ...Object.values(keys)] as string[])
    return Object.fromEntries([...names].map((name) => [name, item[name]!]))
  }

  #checkKey(name: string, value: WireValue): void {
    const [type, content] = typed(value)
    if (type !== this.#types.get(name)) throw invalid(`Type mismatch for key ${name}`)
    if (content === '') throw invalid(`The AttributeValue for a key attribute cannot be empty: ${name}`)
    const most = name === this.keys.sort ? SORT_KEY_MAX_BYTES : PARTITION_KEY_MAX_BYTES
    if (Buffer.byteLength(String(content)) > most) throw invalid(`Size of ${name} has exceeded ${most} bytes`)
  }
}
