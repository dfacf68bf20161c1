import type { DatabaseSync } from 'node:sqlite'
import type { Delivery, Key, Page, RunRecord, StepRecord } from '../jobs/ports.ts'

/** Deliveries, ended runs and steps as rows. All of it is synchronous; writes belong in a transaction. */
export type HistoryRows = ReturnType<typeof historyRows>

export const historyRows = (db: DatabaseSync) => {
  const insertDelivery = db.prepare(
    `INSERT INTO deliveries (id, received_at, type, outcome, facts) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (id) DO NOTHING`,
  )
  const insertKey = db.prepare('INSERT OR IGNORE INTO delivery_keys (delivery, key) VALUES (?, ?)')
  const selectKeys = db.prepare('SELECT key FROM delivery_keys WHERE delivery = ? ORDER BY key')
  const insertRun = db.prepare('INSERT INTO runs (id, key, ended_at, record) VALUES (?, ?, ?, ?)')
  const selectRun = db.prepare('SELECT record FROM runs WHERE id = ?')
  const insertStep = db.prepare('INSERT INTO steps (run, name, at, ms, result) VALUES (?, ?, ?, ?, ?)')
  const selectSteps = db.prepare('SELECT name, at, ms, result FROM steps WHERE run = ? ORDER BY seq')
  const deliveryPage = pageOf(db, {
    table: 'deliveries',
    time: 'received_at',
    ofKey: 'seq IN (SELECT delivery FROM delivery_keys WHERE key = $key)',
  })
  const runPage = pageOf(db, { table: 'runs', time: 'ended_at', ofKey: 'key = $key' })

  return {
    /** The row's number, or null when this delivery is known. */
    addDelivery: (d: Delivery): number | null => {
      const added = insertDelivery.run(d.id, d.receivedAt, d.type, d.outcome, JSON.stringify(d.facts))
      return added.changes === 0 ? null : Number(added.lastInsertRowid)
    },
    addDeliveryKeys: (seq: number, keys: readonly Key[]): void => {
      for (const key of keys) insertKey.run(seq, key)
    },
    addRun: (run: RunRecord): void => {
      insertRun.run(run.id, run.key, run.endedAt, JSON.stringify(run))
    },
    addSteps: (run: string, steps: readonly StepRecord[]): void => {
      for (const step of steps) insertStep.run(run, step.name, step.at, step.ms, JSON.stringify(step.result))
    },
    deliveries: (page: Page): (Delivery & { keys: Key[] })[] =>
      deliveryPage(page).map((row) => ({
        id: String(row.id),
        receivedAt: Number(row.received_at),
        type: String(row.type),
        outcome: row.outcome as Delivery['outcome'],
        facts: JSON.parse(String(row.facts)),
        keys: selectKeys.all(row.seq as number).map((key) => key.key as Key),
      })),
    runs: (page: Page): RunRecord[] =>
      runPage(page).map((row) => JSON.parse(String(row.record)) as RunRecord),
    run: (id: string): RunRecord | null => {
      const row = selectRun.get(id)
      return row ? (JSON.parse(String(row.record)) as RunRecord) : null
    },
    steps: (run: string): StepRecord[] =>
      selectSteps.all(run).map((row) => ({
        name: String(row.name),
        at: Number(row.at),
        ms: Number(row.ms),
        result: JSON.parse(String(row.result)),
      })),
  }
}

/** A page ends after all rows that share the time of its last one, because the next page begins before that time. */
const pageOf = (db: DatabaseSync, of: { table: string; time: string; ofKey: string }) => {
  const statement = (where: string) => {
    const scope = `${of.time} < $before AND ${where}`
    const last = `SELECT ${of.time} FROM ${of.table} WHERE ${scope} ORDER BY ${of.time} DESC LIMIT 1 OFFSET $skip`
    return db.prepare(
      `SELECT * FROM ${of.table} WHERE ${scope} AND ${of.time} >= coalesce((${last}), 0)
       ORDER BY ${of.time} DESC, seq DESC`,
    )
  }
  const all = statement('true')
  const ofKey = statement(of.ofKey)
  return ({ limit, before = Number.MAX_SAFE_INTEGER, key }: Page) => {
    const range = { $before: before, $skip: Math.max(1, limit) - 1 }
    return key === undefined ? all.all(range) : ofKey.all({ ...range, $key: key })
  }
}
