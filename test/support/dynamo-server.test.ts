import {
  BatchGetItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tableDefinition } from '../../src/aws/dynamo-table.ts'
import { addressOf } from '../aws/dynamo-lab.ts'
import { type DynamoServer, startDynamoServer } from './dynamo-server.ts'

const TableName = 'jobs'
const key = (pk: string) => ({ pk: { S: pk }, sk: { S: 'S' } })
const put = (pk: string, more: object = {}) => ({ Put: { TableName, Item: { ...key(pk), ...more } } })
const absent = {
  ConditionExpression: 'attribute_not_exists(#pk)',
  ExpressionAttributeNames: { '#pk': 'pk' },
}

describe('the DynamoDB of the tests', () => {
  let server: DynamoServer
  let client: DynamoDBClient
  beforeAll(async () => {
    server = await startDynamoServer()
    client = new DynamoDBClient({ ...addressOf(server.url), maxAttempts: 1 })
    await client.send(new CreateTableCommand(tableDefinition(TableName)))
  })
  afterAll(async () => {
    client.destroy()
    await server.close()
  })
  const transact = (...TransactItems: object[]) =>
    client.send(new TransactWriteItemsCommand({ TransactItems: TransactItems as never }))
  const get = async (pk: string) => (await client.send(new GetItemCommand({ TableName, Key: key(pk) }))).Item
  const refused = (work: Promise<unknown>, name = 'ValidationException') =>
    expect(work).rejects.toMatchObject({ name })

  it('writes all of a transaction or nothing', async () => {
    await transact(put('a', { n: { N: '1' } }))
    const twice = transact(put('b'), { Put: { ...put('a').Put, ...absent } })
    await expect(twice).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }],
    })
    expect(await get('b')).toBeUndefined()
    expect(await get('a')).toEqual({ ...key('a'), n: { N: '1' } })
  })

  it('refuses what DynamoDB refuses', async () => {
    await refused(transact(put('a'), put('a')))
    await refused(transact(...Array.from({ length: 101 }, (_, i) => put(`x${i}`))))
    await refused(transact(put('')))
    await refused(transact(put('a', { readyAt: { S: 'a string' }, due: { S: 'x' } })))
    await refused(transact(put('a', { big: { S: 'x'.repeat(410_000) } })))
    await refused(
      transact(...Array.from({ length: 12 }, (_, i) => put(`x${i}`, { b: { S: 'x'.repeat(390_000) } }))),
    )
    await refused(
      transact({ Put: { ...put('a').Put, ...absent, ExpressionAttributeValues: { ':v': { N: '1' } } } }),
    )
    await refused(transact({ ConditionCheck: { TableName, Key: key('a') } }))
    const Keys = [key('a'), key('a')]
    await refused(client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys } } })))
    await refused(
      client.send(new GetItemCommand({ TableName: 'other', Key: key('a') })),
      'ResourceNotFoundException',
    )
  })

  it('refuses what it does not know', async () => {
    await refused(client.send(new ScanCommand({ TableName })), 'UnknownOperationException')
    await refused(client.send(new GetItemCommand({ TableName, Key: key('a'), ProjectionExpression: 'pk' })))
    await refused(transact({ Put: { ...put('a').Put, ...absent, ConditionExpression: 'size(#pk) > :n' } }))
    await refused(transact(put('a', { set: { SS: ['x'] } })))
    const query = (KeyConditionExpression: string, more: object = {}) =>
      new QueryCommand({
        TableName,
        KeyConditionExpression,
        ExpressionAttributeNames: { '#due': 'due', '#readyAt': 'readyAt' },
        ExpressionAttributeValues: { ':due': { S: 'x' }, ':now': { N: '1' } },
        IndexName: 'due',
        ...more,
      })
    const update = new UpdateItemCommand({
      TableName,
      Key: key('a'),
      UpdateExpression: 'ADD #n :one',
      ExpressionAttributeNames: { '#n': 'n' },
      ExpressionAttributeValues: { ':one': { N: '1' } },
    })
    await refused(client.send(update))
    await refused(client.send(query('#due = :due AND #readyAt > :now')))
    await refused(client.send(query('#due = :due AND #readyAt <= :now', { ConsistentRead: true })))
    await refused(client.send(query('#due = :due AND #readyAt <= :now', { IndexName: 'other' })))
    expect((await client.send(query('#due = :due AND #readyAt <= :now'))).Items).toEqual([])
  })

  it('carries a transaction out once for each token', async () => {
    const send = (n: string) =>
      client.send(
        new TransactWriteItemsCommand({
          TransactItems: [{ Put: { ...put('once', { n: { N: n } }).Put, ...absent } }],
          ClientRequestToken: 'the-token',
        }),
      )
    await send('1')
    await send('1')
    await refused(send('2'), 'IdempotentParameterMismatchException')
    expect(await get('once')).toMatchObject({ n: { N: '1' } })
  })
})
