import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { type DynamoJobs, type DynamoJobsOptions, openDynamoJobs } from '../../src/aws/dynamo-jobs.ts'
import { tableDefinition } from '../../src/aws/dynamo-table.ts'
import type { Clock } from '../../src/base/clock.ts'
import { createLog } from '../../src/base/log.ts'
import { DYNAMO_CREDENTIALS, type DynamoServer } from '../support/dynamo-server.ts'

let made = 0

export const addressOf = (endpoint: string) => ({
  endpoint,
  region: 'eu-central-1',
  credentials: DYNAMO_CREDENTIALS,
})

/** A new empty table. */
export const createTable = async (endpoint: string): Promise<string> => {
  const table = `jobs-${++made}`
  const client = new DynamoDBClient(addressOf(endpoint))
  await client.send(new CreateTableCommand(tableDefinition(table)))
  client.destroy()
  return table
}

export const openTable = (
  endpoint: string,
  table: string,
  clock: Clock,
  more: Partial<DynamoJobsOptions> = {},
): DynamoJobs => openDynamoJobs({ ...addressOf(endpoint), table, clock, log: createLog('silent'), ...more })

/** Jobs in a new table. */
export const openNew = async (server: Pick<DynamoServer, 'url'>, clock: Clock): Promise<DynamoJobs> =>
  openTable(server.url, await createTable(server.url), clock)
