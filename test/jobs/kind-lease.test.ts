import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LEASE_MS } from '../../src/jobs/lease.ts'
import type { Key } from '../../src/jobs/ports.ts'
import { SWEEP_MS } from '../../src/jobs/worker.ts'
import { localBell } from '../../src/local/bell.ts'
import { openSqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { FakeClock } from '../support/clock.ts'
import { gate, heeding, mortal, never, Stage, type ToyRun, toyKind } from './worker-harness.ts'

const ENTRY: Key = 'entry:etr_1'
const CANVAS: Key = 'canvas:cnvs_1'
const SHORT_MS = 6_000

describe('a kind with a lease of its own', () => {
  let stage: Stage

  beforeEach(() => {
    const clock = new FakeClock()
    stage = new Stage(clock, openSqliteJobs(':memory:', { clock }), localBell())
  })
  afterEach(() => stage.close())

  const kinds = (run: ToyRun, leaseMs: number) => ({
    canvas: { ...toyKind(run), leaseMs },
    entry: toyKind(run),
  })
  const leaseOf = async (key: Key): Promise<number> => {
    const run = (await stage.store.subjects.get(key))?.run
    return (run?.leaseUntil ?? 0) - stage.clock.now()
  }

  it('holds its runs for so long from the claim on, and others for the lease of the worker', async () => {
    const { open, opened } = gate()
    stage.worker({}, { kinds: kinds(async (job) => heeding(job, opened).then(() => undefined), SHORT_MS) })
    await stage.event(CANVAS, 'd1')
    await stage.event(ENTRY, 'd2')
    await stage.pass(0)
    expect([await leaseOf(CANVAS), await leaseOf(ENTRY)]).toEqual([SHORT_MS, LEASE_MS])
    open()
  })

  it('keeps them by renewing every third of it, however long they take', async () => {
    const { open, opened } = gate()
    stage.worker({}, { kinds: kinds(async (job) => heeding(job, opened).then(() => undefined), SHORT_MS) })
    await stage.event(CANVAS, 'd1')
    await stage.pass(0)
    for (let passed = 0; passed < 5 * SHORT_MS; passed += 500) {
      await stage.pass(500)
      expect(await leaseOf(CANVAS)).toBeGreaterThan((2 / 3) * SHORT_MS - 1)
      expect(await leaseOf(CANVAS)).toBeLessThanOrEqual(SHORT_MS)
    }
    open()
    await stage.pass(500)
    expect(stage.kinds(CANVAS)).toEqual(['claimed', 'done'])
  })

  it('never holds them longer than the worker does', async () => {
    const { open, opened } = gate()
    stage.worker(
      {},
      { kinds: kinds(async (job) => heeding(job, opened).then(() => undefined), 10 * LEASE_MS) },
    )
    await stage.event(CANVAS, 'd1')
    await stage.pass(0)
    expect(await leaseOf(CANVAS)).toBe(LEASE_MS)
    open()
  })

  it('is taken over by another worker when the lease ends, long before others would be', async () => {
    const dying = mortal(stage.store)
    stage.worker({}, { ...dying, kinds: kinds(() => never, SHORT_MS) })
    await stage.event(CANVAS, 'd1')
    await stage.event(ENTRY, 'd2')
    await stage.pass(0)
    dying.kill()
    stage.workers.length = 0
    const began: Key[] = []
    stage.worker({}, { kinds: kinds(async ({ key }) => void began.push(key), SHORT_MS) })
    await stage.pass(SHORT_MS - 500)
    expect(began).toEqual([])
    await stage.pass(500 + SWEEP_MS)
    expect(began).toEqual([CANVAS])
    await stage.pass(LEASE_MS)
    expect(began).toEqual([CANVAS, ENTRY])
  })
})
