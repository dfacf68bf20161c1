import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Records } from './world.ts'

const parsed = (text: unknown) => (text === null ? null : JSON.parse(String(text)))

/** The records of a service, read by SQL past all its code; it may be running. */
export const readRecords = (dir: string): Records => {
  const db = new DatabaseSync(join(dir, 'data/jobs.sqlite'), { readOnly: true, timeout: 5_000 })
  try {
    return {
      subjects: db
        .prepare('SELECT key, wanted, done, due_at, run, state FROM subjects ORDER BY key')
        .all()
        .map((row) => ({
          key: String(row.key),
          wanted: Number(row.wanted),
          done: Number(row.done),
          dueAt: row.due_at === null ? null : Number(row.due_at),
          run: parsed(row.run),
          state: parsed(row.state),
        })),
      deliveries: db
        .prepare('SELECT id, type FROM deliveries ORDER BY seq')
        .all()
        .map((row) => ({ id: String(row.id), type: String(row.type) })),
      runs: db
        .prepare('SELECT record FROM runs ORDER BY seq')
        .all()
        .map((row) => parsed(row.record)),
      steps: db
        .prepare('SELECT run, name, result FROM steps ORDER BY seq')
        .all()
        .map((row) => ({ run: String(row.run), name: String(row.name), result: parsed(row.result) })),
    }
  } finally {
    db.close()
  }
}

/** Keys of subjects that are not at rest; null while there are no records yet. */
export const restless = (dir: string): string[] | null => {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(join(dir, 'data/jobs.sqlite'), { readOnly: true, timeout: 5_000 })
    const open = db.prepare('SELECT key FROM subjects WHERE wanted > done OR run IS NOT NULL')
    return open.all().map((row) => String(row.key))
  } catch {
    return null
  } finally {
    db?.close()
  }
}
