import type { DatabaseSync } from 'node:sqlite'
import type { Cause, Key, Kind, Run, Subject, Topic } from '../jobs/ports.ts'
import { waitingSince } from '../jobs/waiting.ts'

type Row = {
  key: Key
  wanted: number
  pressed: number
  done: number
  due_at: number | null
  run: string | null
  fence: number
  causes: string
  finished_at: number | null
  state: string
  ready_at: number | null
}

/** `waitsForNothing` of `src/jobs/waiting.ts` over the columns of a row with open work. */
const WAITS_FOR_NOTHING = `(due_at IS NULL AND (run IS NULL OR run ->> 'owner' IS NULL))`

/** Subjects as rows, and the parts of a transaction that change them. All of it is synchronous, within a transaction. */
export type SubjectRows = ReturnType<typeof subjectRows>

export const subjectRows = (db: DatabaseSync) => {
  const select = db.prepare('SELECT * FROM subjects WHERE key = ?')
  const selectReady = db.prepare('SELECT ready_at FROM subjects WHERE key = ?')
  const upsert = db.prepare(`
    INSERT INTO subjects
      (key, kind, wanted, pressed, done, due_at, run_id, run, fence, causes, finished_at, state, ready_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET
      wanted = excluded.wanted, pressed = excluded.pressed, done = excluded.done, due_at = excluded.due_at,
      run_id = excluded.run_id, run = excluded.run, fence = excluded.fence, causes = excluded.causes,
      finished_at = excluded.finished_at, state = excluded.state, ready_at = excluded.ready_at`)
  const addWatch = db.prepare('INSERT OR IGNORE INTO watches (topic, key) VALUES (?, ?)')
  const removeWatch = db.prepare('DELETE FROM watches WHERE topic = ? AND key = ?')
  const watchers = db.prepare('SELECT key FROM watches WHERE topic = ? ORDER BY key')
  const ready = db.prepare(
    `SELECT key FROM subjects WHERE ready_at IS NOT NULL AND (ready_at <= $now OR ${WAITS_FOR_NOTHING})
     ORDER BY ready_at, key LIMIT $limit`,
  )
  const readyOfKind = db.prepare(
    `SELECT key FROM subjects WHERE kind = $kind AND ready_at IS NOT NULL AND (ready_at <= $now OR ${WAITS_FOR_NOTHING})
     ORDER BY ready_at, key LIMIT $limit`,
  )

  const moved = `coalesce(run ->> 'startedAt', finished_at)` // `movedAt` of src/jobs/moved.ts, as it is indexed
  const recent = db.prepare(
    `SELECT * FROM subjects WHERE kind = 'entry' AND ${moved} IS NOT NULL ORDER BY ${moved} DESC, key DESC LIMIT ?`,
  )

  const runIds = db.prepare('SELECT run_id FROM subjects WHERE run_id IS NOT NULL')

  /** Ids of the runs that subjects have now. */
  const runs = (): ReadonlySet<string> => new Set(runIds.all().map((row) => row.run_id as string))

  const load = (key: Key): Subject | null => {
    const row = select.get(key) as Row | undefined
    return row ? fromRow(row) : null
  }

  const save = (subject: Subject, now: number): void => {
    const before = selectReady.get(subject.key) as Pick<Row, 'ready_at'> | undefined
    upsert.run(
      subject.key,
      subject.key.slice(0, subject.key.indexOf(':')),
      subject.wanted,
      subject.pressed,
      subject.done,
      subject.dueAt,
      subject.run?.id ?? null,
      subject.run && JSON.stringify(subject.run),
      subject.fence,
      JSON.stringify(subject.causes),
      subject.finishedAt,
      JSON.stringify(subject.state),
      waitingSince(subject, before?.ready_at ?? null, now),
    )
  }

  const watch = (key: Key, topics: readonly Topic[]): void => {
    for (const topic of topics) addWatch.run(topic, key)
  }

  const unwatch = (key: Key, topics: readonly Topic[]): void => {
    for (const topic of topics) removeWatch.run(topic, key)
  }

  const watching = (topic: Topic): Key[] => watchers.all(topic).map((row) => row.key as Key)

  const due = (now: number, limit: number, kind?: Kind): Key[] => {
    const range = { $now: now, $limit: limit }
    const rows = kind ? readyOfKind.all({ ...range, $kind: kind }) : ready.all(range)
    return rows.map((row) => row.key as Key)
  }

  const recentEntries = (limit: number): Subject[] => (recent.all(limit) as Row[]).map(fromRow)

  return { load, runs, save, watch, unwatch, watching, due, recentEntries }
}

const fromRow = (row: Row): Subject => ({
  key: row.key,
  wanted: row.wanted,
  pressed: row.pressed,
  done: row.done,
  dueAt: row.due_at,
  run: row.run === null ? null : (JSON.parse(row.run) as Run),
  fence: row.fence,
  causes: JSON.parse(row.causes) as Cause[],
  finishedAt: row.finished_at,
  state: JSON.parse(row.state) as Subject['state'],
})
