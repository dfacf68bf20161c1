import type { DatabaseSync } from 'node:sqlite'
import type { GroupCommit } from './sqlite-group-commit.ts'

/** Rows removed in one transaction, so that deliveries do not wait behind a long one. */
const PRUNE_BATCH = 500

export type Pruned = { readonly deliveries: number; readonly runs: number; readonly steps: number }

/**
 * Removes history from before `before` (ms), a few rows a transaction. What belongs to open work stays: the deliveries
 * of a subject that has some, and the steps of a run that is not over.
 */
export const pruneHistory = async (
  db: DatabaseSync,
  commits: GroupCommit,
  before: number,
): Promise<Pruned> => {
  const deliveries = db.prepare(`
    DELETE FROM deliveries WHERE seq IN (
      SELECT d.seq FROM deliveries d WHERE d.received_at < ? AND NOT EXISTS (
        SELECT 1 FROM delivery_keys k JOIN subjects s ON s.key = k.key
        WHERE k.delivery = d.seq AND s.wanted > s.done)
      LIMIT ${PRUNE_BATCH})
    RETURNING seq`)
  const keys = db.prepare('DELETE FROM delivery_keys WHERE delivery = ?')
  const runs = db.prepare(`
    DELETE FROM runs WHERE seq IN (SELECT seq FROM runs WHERE ended_at < ? LIMIT ${PRUNE_BATCH})`)
  const steps = db.prepare(`
    DELETE FROM steps WHERE seq IN (
      SELECT t.seq FROM steps t WHERE t.at < ?
        AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = t.run)
        AND NOT EXISTS (SELECT 1 FROM subjects s WHERE s.ready_at IS NOT NULL AND s.run_id = t.run)
      LIMIT ${PRUNE_BATCH})`)

  const inBatches = async (remove: () => number): Promise<number> => {
    let removed = 0
    for (;;) {
      const batch = await commits.run(remove)
      removed += batch
      if (batch < PRUNE_BATCH) return removed
    }
  }

  return {
    deliveries: await inBatches(() => {
      const gone = deliveries.all(before)
      for (const row of gone) keys.run(row.seq as number)
      return gone.length
    }),
    runs: await inBatches(() => Number(runs.run(before).changes)),
    steps: await inBatches(() => Number(steps.run(before).changes)),
  }
}
