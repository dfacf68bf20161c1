import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { TTL_ATTRIBUTE } from '../../src/aws/dynamo-table.ts'
import { addressOf, createTable, openNew, openTable } from '../aws/dynamo-lab.ts'
import { describeSharedJobs } from '../jobs/shared-contract.ts'
import { describeJobs } from '../jobs/subjects-contract.ts'
import { describeWorker } from '../jobs/worker-contract.ts'
import { FakeClock } from '../support/clock.ts'
import { type Emulator, startMoto } from './emulators.ts'
import { oneAtATime } from './one-at-a-time.ts'

// An hour of sweeps is 10,000 requests, and moto answers 200 a second.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 300_000 })

let moto: Emulator
let proxy: { url: string; close(): Promise<void> }
beforeAll(async () => {
  moto = await startMoto()
  proxy = await oneAtATime(String(moto.env.AWS_ENDPOINT_URL_S3))
})
afterAll(async () => {
  await proxy?.close()
  await moto?.close()
})

describeJobs('DynamoDB of moto', (clock) => openNew(proxy, clock))
describeSharedJobs('DynamoDB of moto', async (clock) => {
  const table = await createTable(proxy.url)
  return [openTable(proxy.url, table, clock), openTable(proxy.url, table, clock)]
})
describeWorker('DynamoDB of moto', (clock) => openNew(proxy, clock))

it('the table is what the definition says, and takes the time to live', async () => {
  const table = await createTable(proxy.url)
  const client = new DynamoDBClient(addressOf(proxy.url))
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: table,
      TimeToLiveSpecification: { AttributeName: TTL_ATTRIBUTE, Enabled: true },
    }),
  )
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table }))
  expect(Table?.BillingModeSummary?.BillingMode).toBe('PAY_PER_REQUEST')
  expect(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName).sort()).toEqual([
    'due',
    'history',
    'history-of-key',
  ])
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName: table }))
  expect(TimeToLiveDescription?.AttributeName).toBe(TTL_ATTRIBUTE)
  client.destroy()
  const jobs = openTable(proxy.url, table, new FakeClock())
  await jobs.check(new AbortController().signal)
  await jobs.close()
})

it('a table that is not there is refused', async () => {
  const jobs = openTable(proxy.url, 'nowhere', new FakeClock())
  for (const call of [() => jobs.check(new AbortController().signal), () => jobs.subjects.get('entry:etr_1')])
    await expect(call()).rejects.toMatchObject({ code: 'jobs.table_refused' })
  await jobs.close()
})
