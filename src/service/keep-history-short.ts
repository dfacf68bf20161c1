import type { Clock } from '../base/clock.ts'
import { asFault } from '../base/fault.ts'
import { faultFields, type Logger } from '../base/log.ts'
import type { SqliteJobs } from '../local/sqlite-jobs.ts'

const ONCE_A_DAY_MS = 24 * 3_600_000

/** Removes history beyond its retention once a day, until aborted. A failure waits for the next day. */
export const keepHistoryShort = async (
  jobs: Pick<SqliteJobs, 'prune'>,
  clock: Clock,
  log: Logger,
  signal: AbortSignal,
): Promise<void> => {
  while (!signal.aborted) {
    await clock.sleep(ONCE_A_DAY_MS, signal).catch(() => {})
    if (signal.aborted) return
    try {
      log.info(await jobs.prune(), 'old history was removed')
    } catch (thrown) {
      log.warn(faultFields(asFault(thrown)), 'old history could not be removed')
    }
  }
}
