import { afterAll, beforeAll, vi } from 'vitest'
import { describeSharedJobs } from '../jobs/shared-contract.ts'
import { describeJobs } from '../jobs/subjects-contract.ts'
import { describeWorker } from '../jobs/worker-contract.ts'
import { type DynamoServer, startDynamoServer } from '../support/dynamo-server.ts'
import { createTable, openNew, openTable } from './dynamo-lab.ts'

// An hour of sweeps is 10,000 requests over the wire.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

let server: DynamoServer
beforeAll(async () => {
  server = await startDynamoServer()
})
afterAll(() => server.close())

describeJobs('DynamoDB', (clock) => openNew(server, clock))
describeSharedJobs('DynamoDB', async (clock) => {
  const table = await createTable(server.url)
  return [openTable(server.url, table, clock), openTable(server.url, table, clock)]
})
describeWorker('DynamoDB', (clock) => openNew(server, clock))
