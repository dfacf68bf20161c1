import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { GroupCommit } from '../../src/local/sqlite-group-commit.ts'

describe('the group commit', () => {
  let folder: string
  let db: DatabaseSync
  /** What was told to the database as a whole, to see its transactions. */
  let told: string[]
  let refuseCommit = false

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'group-commit-'))
    told = []
    refuseCommit = false
    const real = new DatabaseSync(join(folder, 'jobs.db'), { timeout: 1 })
    real.exec('PRAGMA journal_mode = WAL')
    real.exec('CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT)')
    db = new Proxy(real, {
      get: (target, name) => {
        if (name === 'exec') {
          return (sql: string) => {
            told.push(sql)
            if (sql === 'COMMIT' && refuseCommit) throw Object.assign(new Error('disk I/O error'), IO_ERROR)
            target.exec(sql)
          }
        }
        const member = Reflect.get(target, name)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
  })
  afterEach(async () => {
    db.close()
    await rm(folder, { recursive: true })
  })

  const insert = (commits: GroupCommit, n: number, text = '') =>
    commits.run(() => {
      db.prepare('INSERT INTO t (n, text) VALUES (?, ?)').run(n, text)
      return n
    })
  const kept = () =>
    db
      .prepare('SELECT n FROM t ORDER BY n')
      .all()
      .map((row) => row.n)

  it('puts what arrives together into one transaction', async () => {
    const commits = new GroupCommit(db)
    const numbers = await Promise.all([1, 2, 3].map((n) => insert(commits, n)))
    await insert(commits, 4)
    expect(numbers).toEqual([1, 2, 3])
    expect(kept()).toEqual([1, 2, 3, 4])
    expect(told).toEqual(['BEGIN IMMEDIATE', 'COMMIT', 'BEGIN IMMEDIATE', 'COMMIT'])
  })

  it('bounds a transaction, so that one commit does not keep everything else waiting', async () => {
    const commits = new GroupCommit(db)
    await Promise.all(Array.from({ length: 1_100 }, (_, n) => insert(commits, n)))
    expect(told.filter((sql) => sql === 'COMMIT')).toHaveLength(3)
    expect(kept()).toHaveLength(1_100)
  })

  it('undoes an operation that throws, whole, and keeps the others', async () => {
    const commits = new GroupCommit(db)
    const answers = await Promise.allSettled([
      insert(commits, 1),
      commits.run(() => {
        db.prepare('INSERT INTO t (n) VALUES (2)').run()
        throw new Fault('jobs.fenced')
      }),
      insert(commits, 1),
      insert(commits, 3),
    ])
    expect(answers.map((a) => (a.status === 'rejected' ? a.reason.code : a.value))).toEqual([
      1,
      'jobs.fenced',
      'jobs.store_unavailable',
      3,
    ])
    expect(kept()).toEqual([1, 3])
  })

  it('tells nobody that something was kept when the commit fails, and works again afterwards', async () => {
    const commits = new GroupCommit(db)
    refuseCommit = true
    const answers = await Promise.allSettled([insert(commits, 1), insert(commits, 2)])
    expect(answers.map((a) => a.status === 'rejected' && a.reason.code)).toEqual([
      'jobs.store_unavailable',
      'jobs.store_unavailable',
    ])
    refuseCommit = false
    await insert(commits, 3)
    expect(kept()).toEqual([3])
  })

  it('acknowledges exactly what is kept when the disk is full', async () => {
    const commits = new GroupCommit(db)
    db.exec('PRAGMA max_page_count = 20')
    const answers: PromiseSettledResult<number>[] = []
    for (let first = 0; first < 40; first += 4) {
      const group = [0, 1, 2, 3].map((i) => insert(commits, first + i, 'x'.repeat(i === 2 ? 9_000 : 10)))
      answers.push(...(await Promise.allSettled(group)))
    }
    const acknowledged = answers.flatMap((a) => (a.status === 'fulfilled' ? [a.value] : []))
    expect(acknowledged.length).toBeGreaterThan(0)
    expect(acknowledged.length).toBeLessThan(40)
    expect(kept()).toEqual(acknowledged)
  })

  it('waits for another process that writes, and gives up when that takes too long', async () => {
    const other = new DatabaseSync(join(folder, 'jobs.db'))
    other.exec('BEGIN IMMEDIATE')
    const impatient = new GroupCommit(db, 60)
    await expect(insert(impatient, 1)).rejects.toMatchObject({ code: 'jobs.store_unavailable' })
    const patient = new GroupCommit(db)
    const waiting = insert(patient, 2)
    await new Promise((resolve) => setImmediate(resolve))
    other.exec('COMMIT')
    other.close()
    await waiting
    expect(kept()).toEqual([2])
  })

  it('finishes what is under way when it closes, and refuses what comes later', async () => {
    const commits = new GroupCommit(db)
    const before = insert(commits, 1)
    await commits.close()
    await expect(before).resolves.toBe(1)
    await expect(insert(commits, 2)).rejects.toMatchObject({ code: 'jobs.store_unavailable' })
  })
})

const IO_ERROR = { code: 'ERR_SQLITE_ERROR', errcode: 10 }
