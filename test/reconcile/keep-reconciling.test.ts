import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { createLog } from '../../src/base/log.ts'
import type { Subjects } from '../../src/jobs/ports.ts'
import { claim, finish, touch, touchOf } from '../../src/jobs/subject.ts'
import { openSqliteJobs, type SqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { keepReconciling } from '../../src/reconcile/keep-reconciling.ts'
import { NEW_TENANT } from '../../src/reconcile/tenant-state.ts'
import { settle } from '../jobs/support.ts'
import { FakeClock } from '../support/clock.ts'
import { TENANT } from './notebook.ts'

const EVERY_MS = 300_000

let clock: FakeClock
let jobs: SqliteJobs
let over: AbortController
beforeEach(() => {
  clock = new FakeClock()
  jobs = openSqliteJobs(':memory:', { clock })
  over = new AbortController()
})
afterEach(async () => {
  over.abort()
  await jobs.close()
})

const keep = (subjects: Pick<Subjects, 'get' | 'touch'> = jobs.subjects) => {
  const host = TENANT.slice('tenant:'.length)
  void keepReconciling({ subjects, host, everyMs: EVERY_MS, clock, log: createLog('silent') }, over.signal)
  return settle()
}
const subject = async () => (await jobs.subjects.get(TENANT))!
const plan = (dueAt: number) =>
  jobs.subjects.touch([
    touchOf({
      key: TENANT,
      initial: NEW_TENANT,
      change: (s) => touch(s, { delivery: 'd', type: 'reconcile', at: 0, by: null }, { notBefore: dueAt }),
    }),
  ])

describe('The reconciler of a tenant', () => {
  test('is planned at the first start, once for all processes', async () => {
    await Promise.all([keep(), keep(), keep()])
    expect(await subject()).toMatchObject({ wanted: 1, done: 0, dueAt: null, state: NEW_TENANT })
  })

  test('stays as planned at later starts', async () => {
    await plan(clock.now() + EVERY_MS)
    const before = await subject()
    await keep()
    expect(await subject()).toEqual(before)
  })

  test('keeps its back-off while Benchling refuses', async () => {
    await plan(clock.now() + 900_000)
    await keep()
    expect((await subject()).dueAt).toBe(clock.now() + 900_000)
  })

  test('comes sooner when it was planned by a configuration with longer pauses', async () => {
    await plan(clock.now() + 24 * 3_600_000)
    await keep()
    expect((await subject()).dueAt).toBeNull()
  })

  test('is planned again when its run ended without planning the next', async () => {
    await keep()
    await jobs.subjects.change(TENANT, (s) =>
      claim(s, { now: clock.now(), owner: 'test', leaseMs: 30_000, newRunId: 'run-1' }),
    )
    const { run } = await subject()
    await jobs.subjects.change(TENANT, (s) => finish(s, run!, { now: clock.now(), state: s.state }))
    expect(await subject()).toMatchObject({ wanted: 1, done: 1 })
    await clock.advance(EVERY_MS)
    await settle()
    expect(await subject()).toMatchObject({ wanted: 2, done: 1 })
  })

  test('is planned as soon as the records can be reached', async () => {
    let reachable = false
    const get: Subjects['get'] = async (key) => {
      if (!reachable) throw new Fault('jobs.store_unavailable')
      return jobs.subjects.get(key)
    }
    await keep({ get, touch: jobs.subjects.touch })
    expect(await jobs.subjects.get(TENANT)).toBeNull()
    reachable = true
    await clock.advance(30_000)
    await settle()
    expect(await subject()).toMatchObject({ wanted: 1 })
  })
})
