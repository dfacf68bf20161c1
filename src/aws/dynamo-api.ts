import {
  BatchGetItemCommand,
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  type QueryCommandInput,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/fault.ts'
import type { Logger } from '../base/log.ts'
import { type AwsAddress, clientConfig } from './aws-client.ts'
import { dynamoFault, mayHaveHappened, mayPass } from './dynamo-faults.ts'
import { checkFormat, type Item, N, rowOf, S } from './dynamo-item.ts'
import { type RowKey, TTL_ATTRIBUTE } from './dynamo-table.ts'
import { Tries } from './dynamo-tries.ts'

/** A request is given up after this, and tried again while its operation has time. */
const REQUEST_WITHIN_MS = 1_000
/** Items one BatchGetItem may ask for (DynamoDB). */
const READ_AT_ONCE = 100

/** How a transaction ended. `codes`: why it was refused, one for each of its items (`None` for those without fault). */
export type Transacted =
  | { readonly done: true }
  /** `unsure`: an earlier try went without an answer, so it may be what this one met. */
  | { readonly done: false; readonly codes: readonly string[]; readonly unsure: boolean }

type Options = { readonly abortSignal: AbortSignal }

/** Calls to one table: tried while there is time, every failure a fault, items of a newer form refused. */
export class DynamoApi {
  readonly table: string
  readonly log: Logger
  readonly #client: DynamoDBClient
  readonly #waits: Clock

  constructor(o: AwsAddress & { table: string; log: Logger; waits: Clock }) {
    this.table = o.table
    this.log = o.log
    this.#waits = o.waits
    // One host name to let through, the regional one, instead of one more for the account.
    this.#client = new DynamoDBClient({ ...clientConfig(o), accountIdEndpointMode: 'disabled' })
  }

  tries(): Tries {
    return new Tries(this.#waits)
  }

  /** Consistent. */
  async get(key: RowKey, tries = this.tries()): Promise<Item | null> {
    const command = new GetItemCommand({ TableName: this.table, Key: keyOf(key), ConsistentRead: true })
    const { Item: item } = await this.#call('GetItem', tries, (options) =>
      this.#client.send(command, options),
    )
    return item ? read(item) : null
  }

  /** Those that exist, consistent each for itself, in no order. */
  async getAll(keys: readonly RowKey[], tries = this.tries()): Promise<Item[]> {
    const items: Item[] = []
    for (let left = keys.map(keyOf); left.length > 0; ) {
      const now = left.slice(0, READ_AT_ONCE)
      const command = new BatchGetItemCommand({
        RequestItems: { [this.table]: { Keys: now, ConsistentRead: true } },
      })
      const answer = await this.#call('BatchGetItem', tries, (options) => this.#client.send(command, options))
      items.push(...(answer.Responses?.[this.table] ?? []).map(read))
      const unread = answer.UnprocessedKeys?.[this.table]?.Keys ?? []
      if (unread.length > 0)
        await tries.pause(
          new Fault('jobs.store_unavailable', { operation: 'BatchGetItem', unread: unread.length }),
        )
      left = [...unread.map((key) => keyOf(rowOf(key))), ...left.slice(READ_AT_ONCE)]
    }
    return items
  }

  /** Items of a query, page by page. */
  async *query(input: Omit<QueryCommandInput, 'TableName'>, signal?: AbortSignal): AsyncGenerator<Item[]> {
    let start: QueryCommandInput['ExclusiveStartKey']
    do {
      const command = new QueryCommand({ ...input, TableName: this.table, ExclusiveStartKey: start })
      const page = await this.#call(
        'Query',
        this.tries(),
        (options) => this.#client.send(command, options),
        signal,
      )
      yield (page.Items ?? []).map(read)
      start = page.LastEvaluatedKey
    } while (start !== undefined)
  }

  /** All or nothing. The token makes a repeated request the same one, for ten minutes (DynamoDB). */
  async transact(items: readonly TransactWriteItem[], token: string, tries: Tries): Promise<Transacted> {
    const command = new TransactWriteItemsCommand({ TransactItems: [...items], ClientRequestToken: token })
    let unsure = false
    try {
      await this.#call('TransactWriteItems', tries, async (options) => {
        try {
          await this.#client.send(command, options)
        } catch (thrown) {
          unsure ||= mayHaveHappened(thrown)
          throw thrown
        }
      })
      return { done: true }
    } catch (thrown) {
      const codes = reasonsOf(thrown)
      if (!codes) throw thrown
      return { done: false, codes, unsure }
    }
  }

  /** Moves the time after which an item may be removed (seconds), unless it is gone already. */
  async keepUntil(item: Item, expires: number): Promise<void> {
    const command = new UpdateItemCommand({
      TableName: this.table,
      Key: keyOf(rowOf(item)),
      UpdateExpression: 'SET #expires = :expires',
      ConditionExpression: 'attribute_exists(#pk)',
      ExpressionAttributeNames: { '#expires': TTL_ATTRIBUTE, '#pk': 'pk' },
      ExpressionAttributeValues: { ':expires': N(expires) },
    })
    await this.#call('UpdateItem', this.tries(), async (options) => {
      try {
        await this.#client.send(command, options)
      } catch (thrown) {
        if ((thrown as Error).name !== 'ConditionalCheckFailedException') throw thrown
      }
    })
  }

  close(): void {
    this.#client.destroy()
  }

  async #call<T>(
    operation: string,
    tries: Tries,
    work: (options: Options) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    for (;;) {
      signal?.throwIfAborted()
      const late = AbortSignal.timeout(REQUEST_WITHIN_MS)
      try {
        return await work({ abortSignal: signal ? AbortSignal.any([late, signal]) : late })
      } catch (thrown) {
        if (signal?.aborted) throw signal.reason
        const facts = { operation, table: this.table }
        if (late.aborted)
          await tries.pause(
            new Fault('jobs.store_unavailable', { ...facts, why: 'timeout' }, { cause: thrown }),
          )
        else if (mayPass(thrown)) await tries.pause(dynamoFault(thrown, facts))
        else throw thrown instanceof TransactionCanceledException ? thrown : dynamoFault(thrown, facts)
      }
    }
  }
}

const keyOf = ({ pk, sk }: RowKey) => ({ pk: S(pk), sk: S(sk) })

const read = (item: Item): Item => {
  checkFormat(item)
  return item
}

/** Why a transaction was refused; null for any other error. Throws `internal` when it could never go through. */
const reasonsOf = (thrown: unknown): readonly string[] | null => {
  if (!(thrown instanceof TransactionCanceledException)) return null
  const codes = (thrown.CancellationReasons ?? []).map(({ Code }) => Code ?? 'None')
  const wrong = codes.find((code) => !PASSING_REASONS.has(code))
  if (wrong !== undefined || codes.length === 0)
    throw new Fault('internal', { operation: 'TransactWriteItems', reason: wrong }, { cause: thrown })
  return codes
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
const PASSING_REASONS = new Set([
  'None',
  'ConditionalCheckFailed',
  'TransactionConflict',
  'ProvisionedThroughputExceeded',
  'ThrottlingError',
])
