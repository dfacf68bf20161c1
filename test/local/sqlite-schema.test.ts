import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MIGRATIONS, migrate, openDatabase, schemaVersion } from '../../src/local/sqlite-schema.ts'

describe('the jobs database', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'schema-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const path = () => join(folder, 'jobs.db')
  const pragma = (db: ReturnType<typeof openDatabase>, name: string) =>
    Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]

  it('has every commit on the disk before it is acknowledged', () => {
    const db = openDatabase(path())
    expect(pragma(db, 'journal_mode')).toBe('wal')
    expect(pragma(db, 'synchronous')).toBe(2)
    db.close()
  })

  it('is readable by its owner only, its log included', async () => {
    const db = openDatabase(path())
    for (const file of [path(), `${path()}-wal`]) expect((await stat(file)).mode & 0o777).toBe(0o600)
    db.close()
  })

  it('is created once and opened again as it is', () => {
    const first = openDatabase(path())
    first.exec(`INSERT INTO watches (topic, key) VALUES ('entry:a', 'canvas:b')`)
    const second = openDatabase(path())
    expect(second.prepare('SELECT count(*) AS n FROM watches').get()).toEqual({ n: 1 })
    expect(schemaVersion(second)).toBe(MIGRATIONS.length)
    first.close()
    second.close()
  })

  it('is brought to a newer form step by step, with what it holds', () => {
    const db = openDatabase(path())
    db.exec(`INSERT INTO watches (topic, key) VALUES ('entry:a', 'canvas:b')`)
    migrate(db, [...MIGRATIONS, `ALTER TABLE watches ADD COLUMN since INTEGER NOT NULL DEFAULT 7`])
    expect(schemaVersion(db)).toBe(MIGRATIONS.length + 1)
    expect(db.prepare('SELECT * FROM watches').all()).toEqual([
      { topic: 'entry:a', key: 'canvas:b', since: 7 },
    ])
    db.close()
  })

  it('stays as it was when a step fails', () => {
    const db = openDatabase(path())
    const broken = 'CREATE TABLE half (x INTEGER); INSERT INTO nowhere VALUES (1)'
    expect(() => migrate(db, [...MIGRATIONS, broken])).toThrow('nowhere')
    expect(schemaVersion(db)).toBe(MIGRATIONS.length)
    expect(() => db.prepare('SELECT * FROM half')).toThrow('no such table')
    db.close()
  })

  it('is refused when newer software wrote it', () => {
    const db = openDatabase(path())
    db.exec('UPDATE schema SET version = 99')
    db.close()
    expect(() => openDatabase(path())).toThrow(expect.objectContaining({ code: 'config.invalid' }))
  })

  it('is reported as unavailable when it cannot be opened', () => {
    const unavailable = expect.objectContaining({ code: 'jobs.store_unavailable' })
    expect(() => openDatabase(folder)).toThrow(unavailable)
    expect(() => openDatabase(join(folder, 'no', 'such', 'folder.db'))).toThrow(unavailable)
  })
})
