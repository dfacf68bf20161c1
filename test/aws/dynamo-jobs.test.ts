import { afterAll, beforeAll } from 'vitest'
import { describeJobs } from '../jobs/subjects-contract.ts'
import { describeWorker } from '../jobs/worker-contract.ts'
import { type DynamoServer, startDynamoServer } from '../support/dynamo-server.ts'
import { openNew } from './dynamo-lab.ts'

let server: DynamoServer
beforeAll(async () => {
  server = await startDynamoServer()
})
afterAll(() => server.close())

describeJobs('DynamoDB', (clock) => openNew(server, clock))
describeWorker('DynamoDB', (clock) => openNew(server, clock))
