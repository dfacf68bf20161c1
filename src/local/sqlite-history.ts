import { Fault } from '../base/fault.ts'
import type { History } from '../jobs/ports.ts'
import { press } from '../jobs/subject.ts'
import { announce } from '../jobs/subject-book.ts'
import type { GroupCommit } from './sqlite-group-commit.ts'
import type { HistoryRows } from './sqlite-history-rows.ts'
import type { SubjectRows } from './sqlite-subject-rows.ts'
import { reading } from './sqlite-subjects.ts'

/** What happened, from SQLite. */
export const sqliteHistory = (o: {
  readonly commits: GroupCommit
  readonly rows: SubjectRows
  readonly history: HistoryRows
}): History => ({
  deliveries: async (page) => reading(() => o.history.deliveries(page)),
  runs: async (page) => reading(() => o.history.runs(page)),
  run: async (id) =>
    reading(() => {
      const run = o.history.run(id)
      return run && { ...run, steps: o.history.steps(id) }
    }),
  retry: (runId, at) =>
    o.commits.run(() => {
      const run = o.history.run(runId)
      const subject = run && o.rows.load(run.key)
      if (!subject) throw new Fault('jobs.unknown_run', { run: runId }, { detail: runId })
      o.rows.save(press(subject, { delivery: `retry:${runId}`, type: 'retry', at, by: null }), at)
      announce(o.rows, [subject.key], at)
      return subject.key
    }),
})
