import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { LEASE_MS } from '../../src/jobs/lease.ts'
import type { Key } from '../../src/jobs/ports.ts'
import { SWEEP_MS, type WorkerOptions } from '../../src/jobs/worker.ts'
import { openSqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { ask, settle, until } from '../jobs/support.ts'
import { gate, heeding, mortal, never, Stage, type ToyJob, type ToyRun } from '../jobs/worker-harness.ts'
import { openSqsLab, type SqsLab } from './sqs-lab.ts'

const ENTRY: Key = 'entry:etr_1'
/** So seldom that only the bell can have told. */
const NO_SWEEP = { sweepMs: 24 * 3_600_000 }

describe('workers on one queue and one store', () => {
  let lab: SqsLab
  let stage: Stage
  beforeEach(async () => {
    lab = await openSqsLab('bell.fifo')
    stage = new Stage(lab.clock, openSqliteJobs(':memory:', { clock: lab.clock }), lab.bell())
  })
  afterEach(async () => {
    await stage.close()
    await lab.server.close()
  })

  /** A process of its own: its worker listens with its own bell. */
  const start = async (entry: ToyRun, more: Partial<WorkerOptions> = NO_SWEEP) => {
    const before = lab.server.calls.length
    const worker = stage.worker({ entry }, { ...more, bell: lab.bell({ leaseMs: LEASE_MS }) })
    await until(() => lab.server.calls.length > before)
    await settle()
    return worker
  }
  const runs = async (n: number) => until(() => stage.runs.length === n)
  const ended = async (n: number) =>
    until(async () => (await stage.store.history.runs({ limit: 99 })).length === n)

  it('share the work: each entry is packaged once, never by both at once, and no message is left', async () => {
    const under = new Set<Key>()
    const entry = async (job: ToyJob) => {
      expect(under.has(job.key)).toBe(false)
      under.add(job.key)
      await settle(3)
      under.delete(job.key)
      return undefined
    }
    await start(entry, { ...NO_SWEEP, concurrency: 2 })
    await start(entry, { ...NO_SWEEP, concurrency: 2 })
    const keys = Array.from({ length: 20 }, (_, i): Key => `entry:etr_${i}`)
    for (const key of keys) await stage.event(key, `first of ${key}`)
    await ended(20)
    for (const key of keys) await stage.event(key, `second of ${key}`)
    await ended(40)
    await until(() => lab.queue.messages.length === 0)
    const history = await stage.store.history.runs({ limit: 99 })
    expect(history.map((run) => `${run.key} ${run.covers}`).sort()).toEqual(
      keys.flatMap((key) => [`${key} 1`, `${key} 2`]).sort(),
    )
    expect(new Set(history.map((run) => run.owner)).size).toBe(2)
  })

  it('hand over on SIGTERM at once: the message does not wait for its time-out', async () => {
    const first = await start((job) => heeding(job, never))
    await stage.event(ENTRY, 'd1')
    await runs(1)
    const began = stage.clock.now()
    await start(async () => undefined)
    await first.drain(0)
    await ended(1)
    expect(stage.clock.now()).toBe(began)
    expect(stage.runs.map((run) => [run.id, run.attempt])).toEqual(Array(2).fill([stage.runs[0]?.id, 0]))
    await until(() => lab.queue.messages.length === 0)
  })

  it('keep the message of a long run hidden, and delete it when the run is over', async () => {
    const { open, opened } = gate()
    const entry: ToyRun = async (job) => void (await heeding(job, opened))
    await start(entry)
    await start(entry)
    await stage.event(ENTRY, 'd1')
    await runs(1)
    for (let minute = 0; minute < 10; minute++) {
      await stage.pass(60_000, 5_000)
      expect(lab.queue.hidden).toHaveLength(1)
    }
    expect(lab.queue.messages[0]?.receiveCount).toBe(1)
    open()
    await ended(1)
    await until(() => lab.queue.messages.length === 0)
    expect(stage.runs).toHaveLength(1)
  })

  it('take over from a killed process when its lease and its message run out', async () => {
    const machine = mortal(stage.store)
    const deaf = new AbortController()
    const bell = lab.bell()
    const { subjects, journal } = machine
    stage.worker(
      { entry: (job) => heeding(job, never) },
      { ...NO_SWEEP, subjects, journal, bell: { ...bell, rings: () => bell.rings(deaf.signal) } },
    )
    await stage.event(ENTRY, 'd1')
    await runs(1)
    await stage.pass(25_000)
    machine.kill()
    deaf.abort()
    stage.workers.pop()
    await start(async () => undefined)
    await stage.pass(20_000)
    expect(stage.runs).toHaveLength(1)
    await stage.pass(10_000)
    await runs(2)
    expect(stage.runs[1]?.id).toBe(stage.runs[0]?.id)
  })

  it('do not block the next ring of a subject whose run waits for its time', async () => {
    let n = 0
    await start(async () => {
      if (n++ === 0) throw new Fault('store.unavailable')
      return undefined
    })
    await stage.event(ENTRY, 'd1')
    await until(() => n === 1)
    await until(() => lab.queue.messages.length === 0)
    await stage.press(ENTRY, 'p1')
    await ended(1)
    expect(stage.runs[1]).toMatchObject({ forced: true })
  })

  it('find within the sweep what a process recorded that died before it rang', async () => {
    await start(async () => undefined, {})
    await ask(stage.store.subjects, ENTRY, 'd1', stage.clock.now())
    await stage.pass(SWEEP_MS)
    await ended(1)
    expect(lab.server.calls.map((call) => call.action)).not.toContain('SendMessage')
  })

  it('work on while SQS is down for 20 seconds, and hear it again after', async () => {
    const { open, opened } = gate()
    const entry: ToyRun = async (job) => void (job.key === ENTRY && (await heeding(job, opened)))
    const random = () => 1
    stage.worker({ entry }, { bell: lab.bell({ random }) })
    await stage.event(ENTRY, 'd0')
    await runs(1)
    lab.server.faults.down()
    const refused: string[] = []
    const late: number[] = []
    for (let i = 1; i <= 10; i++) {
      const key: Key = `entry:etr_1${i}`
      await ask(stage.store.subjects, key, `d${i}`, stage.clock.now())
      const recorded = stage.clock.now()
      stage.bell.ring(key, `d${i}`).catch((fault) => refused.push(fault.code))
      await stage.pass(SWEEP_MS)
      await runs(i + 1)
      late.push(stage.clock.now() - recorded)
    }
    expect(Math.max(...late)).toBeLessThanOrEqual(SWEEP_MS)
    open()
    await ended(11)
    await stage.pass(2_500)
    expect(refused).toEqual(Array(10).fill('queue.unavailable'))
    expect((await stage.store.history.runs({ limit: 99 })).map((run) => run.outcome)).toEqual(
      Array(11).fill('done'),
    )

    lab.server.faults.up()
    await stage.pass(60_000, 5_000)
    const before = stage.clock.now()
    await stage.event('entry:etr_2', 'd11')
    await ended(12)
    expect(stage.clock.now()).toBe(before)
    await until(() => lab.queue.messages.length === 0)
    expect(stage.runs).toHaveLength(12)
  })

  it('work by the sweep alone where the queue is missing or forbidden', async () => {
    lab.server.drop('bell.fifo')
    await start(async () => undefined, {})
    await ask(stage.store.subjects, ENTRY, 'd1', stage.clock.now())
    await expect(stage.bell.ring(ENTRY, 'd1')).rejects.toMatchObject({ code: 'queue.refused' })
    await stage.pass(SWEEP_MS)
    await ended(1)
  })
})
