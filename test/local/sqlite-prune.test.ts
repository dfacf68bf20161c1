import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Key } from '../../src/jobs/ports.ts'
import { RETENTION_MS } from '../../src/jobs/retention.ts'
import { finish } from '../../src/jobs/subject.ts'
import { openSqliteJobs, type SqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { ask, claimNow } from '../jobs/support.ts'
import { FakeClock } from '../support/clock.ts'

const DONE: Key = 'entry:etr_done'
const OPEN: Key = 'entry:etr_open'
const DAY = 24 * 60 * 60 * 1000

describe('pruning history', () => {
  const clock = new FakeClock()
  let jobs: SqliteJobs
  beforeEach(() => {
    jobs = openSqliteJobs(':memory:', { clock })
  })
  afterEach(() => jobs.close())

  const claimed = async (key: Key, id: string) => {
    const { run } = (await claimNow(jobs.subjects, key, clock.now(), id))!
    await jobs.journal.append(key, run, [{ name: 'export', at: clock.now(), ms: 1, result: id }])
    return run
  }
  const done = async (key: Key, id: string): Promise<void> => {
    await ask(jobs.subjects, key, `for ${id}`, clock.now())
    const run = await claimed(key, id)
    const ended = { ...run, key, endedAt: clock.now(), outcome: 'done' as const, code: null, detail: null }
    await jobs.subjects.change(key, (s) => finish(s, run, { now: clock.now(), state: s.state }), {
      ended: { ...ended, summary: {}, version: '1.0.0', role: null, owner: 'tests' },
    })
  }
  const deliveries = async () => (await jobs.history.deliveries({ limit: 9 })).map((d) => d.id)

  it('removes what is older than ninety days and keeps the rest', async () => {
    await done(DONE, 'old')
    await clock.advance(2 * DAY)
    await done(DONE, 'new')
    await clock.advance(RETENTION_MS - DAY)
    expect(await jobs.prune()).toEqual({ deliveries: 1, runs: 1, steps: 1 })
    expect(await deliveries()).toEqual(['for new'])
    expect(await jobs.history.run('old')).toBeNull()
    expect(await jobs.journal.steps('old')).toEqual([])
    expect((await jobs.history.run('new'))?.steps).toHaveLength(1)
    expect(await jobs.subjects.get(DONE)).toMatchObject({ wanted: 2, done: 2 })
  })

  it('keeps what open work needs, however old', async () => {
    await ask(jobs.subjects, OPEN, 'waiting', clock.now())
    await claimed(OPEN, 'under way')
    await clock.advance(2 * RETENTION_MS)
    expect(await jobs.prune()).toEqual({ deliveries: 0, runs: 0, steps: 0 })
    expect(await deliveries()).toEqual(['waiting'])
    expect(await jobs.journal.steps('under way')).toHaveLength(1)
  })

  it('goes through more than fits one transaction', async () => {
    await done(DONE, 'old')
    await Promise.all(
      Array.from({ length: 1_200 }, (_, i) =>
        jobs.subjects.record(
          { id: `d${i}`, receivedAt: clock.now(), type: 't', outcome: 'ignored', facts: {} },
          [],
        ),
      ),
    )
    await clock.advance(DAY)
    expect(await jobs.prune({ olderThanMs: DAY / 2 })).toEqual({ deliveries: 1_201, runs: 1, steps: 1 })
    expect(await deliveries()).toEqual([])
  })
})
