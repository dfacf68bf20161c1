import { Fault } from '../base/fault.ts'
import type { Journal } from '../jobs/ports.ts'
import { isHeldBy } from '../jobs/subject.ts'
import type { GroupCommit } from './sqlite-group-commit.ts'
import type { HistoryRows } from './sqlite-history-rows.ts'
import type { SubjectRows } from './sqlite-subject-rows.ts'
import { reading } from './sqlite-subjects.ts'

/** Steps of runs in SQLite; whether the run still holds its subject is checked in the transaction that writes. */
export const sqliteJournal = (o: {
  readonly commits: GroupCommit
  readonly rows: SubjectRows
  readonly history: HistoryRows
}): Journal => ({
  steps: async (runId) => reading(() => o.history.steps(runId)),
  append: (key, run, steps) =>
    o.commits.run(() => {
      const current = o.rows.load(key)?.run ?? null
      if (!isHeldBy(current, run)) throw new Fault('jobs.fenced', { key, run: run.id, fence: run.fence })
      o.history.addSteps(run.id, steps)
    }),
})
