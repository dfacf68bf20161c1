import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { errorCode } from '../base/error-code.ts'
import { Fault } from '../base/fault.ts'
import type { Logger } from '../base/log.ts'
import type { Config } from '../config/config.ts'
import type { History, Journal, Subjects } from '../jobs/ports.ts'
import { openSqliteJobs } from '../local/sqlite-jobs.ts'
import { keepHistoryShort } from './keep-history-short.ts'
import { awsAddress } from './open-role.ts'
import type { LiveRuns } from './remove-leftovers.ts'

/** The records of deliveries and jobs, wherever they are kept. */
export type Records = {
  readonly subjects: Subjects
  readonly journal: Journal
  readonly history: History
  readonly liveRuns: LiveRuns
  /** One small read, for health. Throws `jobs.*`. */
  readonly check: (signal: AbortSignal) => Promise<void>
  /** Removes what is too old, until aborted. */
  readonly tidy: (signal: AbortSignal) => Promise<void>
  readonly close: () => Promise<void>
}

/** The only place that decides between a file on this machine and a table. Throws `config.invalid`, `jobs.*`. */
export const openRecords = async (config: Config, clock: Clock, log: Logger): Promise<Records> => {
  const table = config.aws.jobsTable
  if (table === null) return inFile(config.dataDir, clock, log)
  const { openDynamoJobs } = await import('../aws/dynamo-jobs.ts')
  // Old items of a table go by themselves.
  return { ...openDynamoJobs({ ...awsAddress(config), table, clock, log }), tidy: async () => {} }
}

const inFile = (dataDir: string | null, clock: Clock, log: Logger): Records => {
  const jobs = openSqliteJobs(recordsFile(dataDir), { clock })
  return {
    ...jobs,
    check: async () => void (await jobs.subjects.due(clock.now(), 1)),
    tidy: (signal) => keepHistoryShort(jobs, clock, log, signal),
  }
}

const recordsFile = (dataDir: string | null): string => {
  if (dataDir === null) return ':memory:'
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  } catch (thrown) {
    const error = errorCode(thrown)
    const detail = `DATA_DIR is not a folder that can be used (${error}).`
    throw new Fault('config.invalid', { error }, { detail, cause: thrown })
  }
  return join(dataDir, 'jobs.sqlite')
}
