import type { Clock } from '../base/clock.ts'
import type { History, Journal, Subjects } from '../jobs/ports.ts'
import { RETENTION_MS } from '../jobs/retention.ts'
import { GroupCommit } from './sqlite-group-commit.ts'
import { sqliteHistory } from './sqlite-history.ts'
import { historyRows } from './sqlite-history-rows.ts'
import { sqliteJournal } from './sqlite-journal.ts'
import { type Pruned, pruneHistory } from './sqlite-prune.ts'
import { openDatabase } from './sqlite-schema.ts'
import { subjectRows } from './sqlite-subject-rows.ts'
import { reading, sqliteSubjects } from './sqlite-subjects.ts'

export type SqliteJobs = {
  readonly subjects: Subjects
  readonly journal: Journal
  readonly history: History
  /** Ids of the runs that are under way or wait to go on. */
  liveRuns(): Promise<ReadonlySet<string>>
  /** Removes history older than `olderThanMs` (90 days by default), never what open work needs. */
  prune(options?: { readonly olderThanMs?: number }): Promise<Pruned>
  /** Waits for writes under way; later ones throw `jobs.store_unavailable`. */
  close(): Promise<void>
}

/**
 * Subjects, journal and history in one SQLite file on a local disk, or in memory (`:memory:`). Several processes may
 * open the same file. Throws `jobs.store_unavailable` when it cannot be opened.
 */
export const openSqliteJobs = (path: string, { clock }: { readonly clock: Clock }): SqliteJobs => {
  const db = openDatabase(path)
  const commits = new GroupCommit(db)
  const rows = subjectRows(db)
  const history = historyRows(db)
  return {
    subjects: sqliteSubjects({ commits, rows, history, clock }),
    journal: sqliteJournal({ commits, rows, history }),
    history: sqliteHistory({ commits, rows, history }),
    liveRuns: async () => reading(rows.runs),
    prune: ({ olderThanMs = RETENTION_MS } = {}) => pruneHistory(db, commits, clock.now() - olderThanMs),
    close: async () => {
      await commits.close()
      if (db.isOpen) db.close()
    },
  }
}
