import { type Clock, systemClock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { History, Journal, Subjects } from '../jobs/ports.ts'
import type { AwsAddress } from './aws-client.ts'
import { DynamoApi } from './dynamo-api.ts'
import { readDue, readOpen } from './dynamo-due.ts'
import { dynamoHistory } from './dynamo-history.ts'
import { historyItems } from './dynamo-history-items.ts'
import { textOrNull } from './dynamo-item.ts'
import { dynamoJournal } from './dynamo-journal.ts'
import { DynamoStore } from './dynamo-store.ts'
import { dynamoSubjects } from './dynamo-subjects.ts'

export type DynamoJobsOptions = AwsAddress & {
  readonly table: string
  /** The time that goes into records. */
  readonly clock: Clock
  readonly log: Logger
  /** What waits between tries; default: real time, whatever `clock` says, because the other side is another machine. */
  readonly waits?: Clock
}

export type DynamoJobs = {
  readonly subjects: Subjects
  readonly journal: Journal
  readonly history: History
  /** Ids of the runs that are under way or wait to go on; one that is being claimed this very moment may be missing. */
  liveRuns(): Promise<ReadonlySet<string>>
  /** Reads table and index once. Throws `jobs.table_refused`, `jobs.store_unavailable`; the reason of `signal` when aborted. */
  check(signal: AbortSignal): Promise<void>
  /** Waits for work under way; later calls throw `jobs.store_unavailable`. */
  close(): Promise<void>
}

/**
 * Subjects, journal and history in one DynamoDB table (`tableDefinition`), which any number of processes share. Nothing
 * is asked of AWS yet, so that a service starts while it is away. All calls throw `jobs.store_unavailable`,
 * `jobs.table_refused` (no such table, or it may not be used), `jobs.newer_record`, and `config.invalid` without a region.
 */
export const openDynamoJobs = (options: DynamoJobsOptions): DynamoJobs => {
  const { clock, waits = systemClock, ...address } = options
  const api = new DynamoApi({ ...address, waits })
  const store = new DynamoStore(api, clock)
  return {
    subjects: dynamoSubjects(store, historyItems()),
    journal: dynamoJournal(store),
    history: dynamoHistory(store),
    liveRuns: () =>
      store.use(async () => {
        const open = (await readOpen(api)).flatMap(({ key, row }) => (key === null ? [] : [row]))
        const items = await api.getAll(open)
        return new Set(items.flatMap((item) => textOrNull(item, 'runId') ?? []))
      }),
    check: (signal) => store.use(async () => void (await readDue(api, clock.now(), 1, 'entry', signal))),
    close: () => store.close(),
  }
}
