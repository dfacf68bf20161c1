import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb'
import { DynamoError, invalid, only } from './dynamo-server-error.ts'
import { type Expressions, keyCondition, update, type WireItem } from './dynamo-server-expressions.ts'
import { WireTable, weight } from './dynamo-server-table.ts'
import { type Transaction, transact } from './dynamo-server-transaction.ts'

/** Bytes of a page of a query, and of an answer to BatchGetItem. */
const PAGE_BYTES = 1024 * 1024
const BATCH_BYTES = 16 * 1024 * 1024
const TOKEN_LIVES_MS = 600_000

type QueryInput = Expressions & {
  readonly TableName: string
  readonly IndexName?: string
  readonly KeyConditionExpression: string
  readonly ScanIndexForward?: boolean
  readonly ConsistentRead?: boolean
  readonly Limit?: number
  readonly ExclusiveStartKey?: WireItem
}

/** Tables, and transactions of the last ten minutes by their tokens. */
export class WireTables {
  readonly tables = new Map<string, WireTable>()
  /** False: tokens mean nothing, as in emulators, or after ten minutes. */
  tokens = true
  /** Items on one page at most, whatever their size. */
  pageSize = Number.POSITIVE_INFINITY
  readonly #done = new Map<string, { body: string; at: number }>()

  readonly actions: Readonly<Record<string, (input: never) => object>> = {
    CreateTable: (input: CreateTableCommandInput) => {
      this.tables.set(input.TableName ?? '', new WireTable(input))
      return {}
    },
    GetItem: (input: { TableName: string; Key: WireItem; ConsistentRead?: boolean }) => {
      only('GetItem', input, 'TableName', 'Key', 'ConsistentRead')
      const table = this.#table(input.TableName)
      const item = table.items.get(table.idOfKey(input.Key))
      return item ? { Item: item } : {}
    },
    BatchGetItem: (input: {
      RequestItems: Record<string, { Keys: WireItem[]; ConsistentRead?: boolean }>
    }) => {
      only('BatchGetItem', input, 'RequestItems')
      const [[name, wanted] = [], more] = Object.entries(input.RequestItems)
      if (!name || !wanted || more) throw invalid('this server reads one table at a time')
      only('RequestItems', wanted, 'Keys', 'ConsistentRead')
      return this.batch(name, wanted.Keys, Number.POSITIVE_INFINITY)
    },
    Query: (input: QueryInput) => this.#query(input),
    UpdateItem: (input: Expressions & Record<string, string> & { TableName: string; Key: WireItem }) => {
      only('UpdateItem', input, ...['TableName', 'Key', 'UpdateExpression', 'ConditionExpression'], ...['ExpressionAttributeNames', 'ExpressionAttributeValues']) // biome-ignore format: names
      const table = this.#table(input.TableName)
      const { test, set } = update(String(input.UpdateExpression), input.ConditionExpression, input)
      const id = table.idOfKey(input.Key)
      const before = table.items.get(id)
      if (!test(before))
        throw new DynamoError('ConditionalCheckFailedException', 'The conditional request failed')
      const item = { ...input.Key, ...before, [set[0]]: set[1] }
      table.checkItem(item)
      table.items.set(id, item)
      return {}
    },
    TransactWriteItems: (input: Transaction) => {
      const { ClientRequestToken: token = '' } = input
      const body = JSON.stringify(input)
      const before = this.tokens ? this.#done.get(token) : undefined
      if (before && before.at > Date.now() - TOKEN_LIVES_MS) {
        if (before.body !== body) throw new DynamoError('IdempotentParameterMismatchException')
        return {}
      }
      transact((name) => this.#table(name), input)
      if (token) this.#done.set(token, { body, at: Date.now() })
      return {}
    },
  }

  /** Reads so many of these keys, and leaves the others to be asked for again. */
  batch(name: string, keys: readonly WireItem[], most: number): object {
    const table = this.#table(name)
    const ids = keys.map((key) => table.idOfKey(key))
    if (ids.length === 0 || ids.length > 100) throw invalid('1 to 100 keys')
    if (new Set(ids).size < ids.length) throw invalid('Provided list of item keys contains duplicates')
    const items: WireItem[] = []
    let read = 0
    for (let bytes = 0; read < Math.min(most, ids.length); read++) {
      const item = table.items.get(ids[read]!)
      bytes += item ? weight(item) : 0
      if (bytes > BATCH_BYTES) break
      if (item) items.push(item)
    }
    const left = keys.slice(read)
    return {
      Responses: { [name]: items.reverse() },
      UnprocessedKeys: left.length === 0 ? {} : { [name]: { Keys: left, ConsistentRead: true } },
    }
  }

  #query(input: QueryInput): object {
    const names = [
      'TableName',
      'IndexName',
      'KeyConditionExpression',
      'ScanIndexForward',
      'ConsistentRead',
      'Limit',
    ]
    only(
      'Query',
      input,
      ...names,
      'ExclusiveStartKey',
      'ExpressionAttributeNames',
      'ExpressionAttributeValues',
    )
    if (input.IndexName !== undefined && input.ConsistentRead)
      throw invalid('Consistent reads are not supported on global secondary indexes')
    if (input.Limit !== undefined && !(Number.isInteger(input.Limit) && input.Limit > 0))
      throw invalid('Limit must be greater than or equal to 1')
    const table = this.#table(input.TableName)
    const { items } = table.query(input.IndexName, keyCondition(input.KeyConditionExpression, input))
    if (input.ScanIndexForward === false) items.reverse()
    const start = input.ExclusiveStartKey
    const from = start ? items.findIndex((item) => table.idOf(item) === table.idOf(start)) + 1 : 0
    const page: WireItem[] = []
    let bytes = 0
    for (const item of items.slice(from, from + Math.min(input.Limit ?? this.pageSize, this.pageSize))) {
      bytes += weight(item)
      if (bytes > PAGE_BYTES && page.length > 0) break
      page.push(item)
    }
    const more = from + page.length < items.length || page.length === input.Limit
    const last = page.at(-1)
    return { Items: page, Count: page.length, ...(more && last ? { LastEvaluatedKey: last } : {}) }
  }

  #table(name: string): WireTable {
    const table = this.tables.get(name)
    if (!table) throw new DynamoError('ResourceNotFoundException', 'Requested resource not found')
    return table
  }
}
