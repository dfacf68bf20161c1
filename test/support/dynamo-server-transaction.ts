import { DynamoError, invalid, only } from './dynamo-server-error.ts'
import { condition, type Expressions, type WireItem } from './dynamo-server-expressions.ts'
import { type WireTable, weight } from './dynamo-server-table.ts'

const MAX_ITEMS = 100
const MAX_BYTES = 4 * 1024 * 1024

type Action = Expressions & {
  readonly TableName: string
  readonly Item?: WireItem
  readonly Key?: WireItem
  readonly ConditionExpression?: string
}
export type Transaction = {
  readonly TransactItems: readonly Readonly<Record<string, Action>>[]
  readonly ClientRequestToken?: string
}

const EXPRESSIONS = ['ConditionExpression', 'ExpressionAttributeNames', 'ExpressionAttributeValues']

const planned = (table: WireTable, one: Readonly<Record<string, Action>>) => {
  const [[kind, action] = [], more] = Object.entries(one)
  if (!kind || !action || more)
    throw invalid('TransactItems can only contain one of Check, Put, Update or Delete')
  const test = condition(action.ConditionExpression, action)
  if (kind === 'Put') {
    only(kind, action, 'TableName', 'Item', ...EXPRESSIONS)
    const item = action.Item ?? {}
    table.checkItem(item)
    return {
      id: table.idOf(item),
      test,
      weight: weight(item),
      apply: (id: string) => table.items.set(id, item),
    }
  }
  only(kind, action, 'TableName', 'Key', ...EXPRESSIONS)
  const id = table.idOfKey(action.Key ?? {})
  if (kind === 'Delete') return { id, test, weight: 0, apply: () => table.items.delete(id) }
  if (kind !== 'ConditionCheck') throw invalid(`this server does not know ${kind}`)
  if (action.ConditionExpression === undefined) throw invalid('ConditionExpression is missing')
  return { id, test, weight: weight(table.items.get(id) ?? {}), apply: () => {} }
}

/** All or nothing: everything is looked at before anything is written. */
export const transact = (tableOf: (name: string) => WireTable, input: Transaction): void => {
  only('TransactWriteItems', input, 'TransactItems', 'ClientRequestToken')
  const { TransactItems: items } = input
  if (items.length === 0 || items.length > MAX_ITEMS)
    throw invalid(`1 to ${MAX_ITEMS} items, not ${items.length}`)
  const actions = items.map((one) => planned(tableOf(Object.values(one)[0]?.TableName ?? ''), one))
  const ids = new Set(actions.map(({ id }) => id))
  if (ids.size < actions.length)
    throw invalid('Transaction request cannot include multiple operations on one item')
  if (actions.reduce((sum, action) => sum + action.weight, 0) > MAX_BYTES)
    throw invalid('Collection size of items in the transaction has exceeded 4 MB')
  const table = tableOf(Object.values(items[0]!)[0]!.TableName)
  const held = actions.map(({ id, test }) => test(table.items.get(id)))
  if (held.includes(false)) throw cancelled(held.map((ok) => (ok ? 'None' : 'ConditionalCheckFailed')))
  for (const { id, apply } of actions) apply(id)
}

export const cancelled = (codes: readonly string[]): DynamoError =>
  new DynamoError(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes.join(', ')}]`,
    { CancellationReasons: codes.map((Code) => (Code === 'None' ? { Code } : { Code, Message: Code })) },
  )
