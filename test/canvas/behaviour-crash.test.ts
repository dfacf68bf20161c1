import { afterAll, beforeAll } from 'vitest'
import { openSqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { createTable, openTable } from '../aws/dynamo-lab.ts'
import { type DynamoServer, startDynamoServer } from '../support/dynamo-server.ts'
import { describeCanvasCrash } from './crash-contract.ts'

let server: DynamoServer
beforeAll(async () => {
  server = await startDynamoServer()
})
afterAll(() => server.close())

describeCanvasCrash('SQLite', async (clock) => {
  const jobs = openSqliteJobs(':memory:', { clock })
  return [jobs, { ...jobs, close: async () => {} }]
})
describeCanvasCrash('DynamoDB', async (clock) => {
  const table = await createTable(server.url)
  return [openTable(server.url, table, clock), openTable(server.url, table, clock)]
})
