import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { Fault } from '../base/fault.ts'
import { storeFault } from './sqlite-errors.ts'

/** How long SQLite itself waits for a lock, blocking: short, the group commit waits longer without blocking. */
const BUSY_TIMEOUT_MS = 50
/** For opening, where nothing else goes on yet and another process may be creating the same tables. */
const OPEN_BUSY_TIMEOUT_MS = 5_000

/** Pages (4 kB) of the log that are copied into the file together: fewer waits for the disk than SQLite's 1,000. */
const CHECKPOINT_PAGES = 4_000

/**
 * The steps from an empty file to the present form; the schema version is how many of them were done. Only add.
 * `ready_at` is when open work can be claimed (null: no open work), kept beside the record for the search.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE subjects (
    key TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    wanted INTEGER NOT NULL,
    pressed INTEGER NOT NULL,
    done INTEGER NOT NULL,
    due_at INTEGER,
    run_id TEXT,
    run TEXT,
    fence INTEGER NOT NULL,
    causes TEXT NOT NULL,
    finished_at INTEGER,
    state TEXT NOT NULL,
    ready_at INTEGER
  ) STRICT;
  CREATE INDEX subjects_ready ON subjects (ready_at) WHERE ready_at IS NOT NULL;
  CREATE INDEX subjects_ready_kind ON subjects (kind, ready_at) WHERE ready_at IS NOT NULL;
  CREATE TABLE watches (
    topic TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (topic, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE deliveries (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    received_at INTEGER NOT NULL,
    type TEXT NOT NULL,
    outcome TEXT NOT NULL,
    facts TEXT NOT NULL
  ) STRICT;
  CREATE INDEX deliveries_time ON deliveries (received_at, seq);
  CREATE TABLE delivery_keys (
    delivery INTEGER NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (delivery, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX delivery_keys_key ON delivery_keys (key, delivery);
  CREATE TABLE runs (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    key TEXT NOT NULL,
    ended_at INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX runs_time ON runs (ended_at, seq);
  CREATE INDEX runs_key ON runs (key, ended_at, seq);
  CREATE TABLE steps (
    seq INTEGER PRIMARY KEY,
    run TEXT NOT NULL,
    name TEXT NOT NULL,
    at INTEGER NOT NULL,
    ms INTEGER NOT NULL,
    result TEXT NOT NULL
  ) STRICT;
  CREATE INDEX steps_run ON steps (run, seq);
  CREATE INDEX steps_time ON steps (at);
  `,
  `
  CREATE INDEX entries_moved ON subjects (coalesce(run ->> 'startedAt', finished_at), key) WHERE kind = 'entry';
  `,
]

/**
 * Opens the jobs database, creating or migrating it. A commit is on the disk when it returns (WAL, synchronous FULL), so
 * the file must lie on a local disk. Throws `jobs.store_unavailable`, or `config.invalid` when newer software wrote it.
 */
export const openDatabase = (path: string): DatabaseSync => {
  let db: DatabaseSync | undefined
  try {
    if (path !== ':memory:') keepPrivate(path)
    db = new DatabaseSync(path, { timeout: OPEN_BUSY_TIMEOUT_MS })
    db.exec('PRAGMA journal_mode = WAL')
    db.exec('PRAGMA synchronous = FULL')
    db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    migrate(db, MIGRATIONS)
    db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    return db
  } catch (thrown) {
    db?.close()
    throw storeFault(thrown)
  }
}

/**
 * Made for its owner only, whatever the umask: it names entries and people. SQLite gives its log the same mode. What
 * cannot be opened here cannot be opened by SQLite either, which then says so.
 */
const keepPrivate = (path: string): void => {
  try {
    closeSync(openSync(path, 'a', 0o600))
  } catch {}
}

/** Brings a database to the newest of `migrations`, each in a transaction of its own; safe with others doing the same. */
export const migrate = (db: DatabaseSync, migrations: readonly string[]): void => {
  db.exec('CREATE TABLE IF NOT EXISTS schema (version INTEGER NOT NULL) STRICT')
  for (;;) {
    db.exec('BEGIN IMMEDIATE')
    try {
      const version = schemaVersion(db)
      if (version > migrations.length) {
        throw new Fault(
          'config.invalid',
          { version, known: migrations.length },
          { detail: 'The jobs database was written by a newer version of this software.' },
        )
      }
      const next = migrations[version]
      if (next) {
        db.exec(next)
        db.exec('DELETE FROM schema')
        db.prepare('INSERT INTO schema (version) VALUES (?)').run(version + 1)
      }
      db.exec('COMMIT')
      if (!next) return
    } catch (thrown) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw thrown
    }
  }
}

/** How many migrations a database has seen. */
export const schemaVersion = (db: DatabaseSync): number =>
  Number(db.prepare('SELECT version FROM schema').get()?.version ?? 0)
