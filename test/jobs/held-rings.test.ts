import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { LEASE_MS } from '../../src/jobs/lease.ts'
import type { Bell, Hold, Key, Ring, RunRecord } from '../../src/jobs/ports.ts'
import { openSqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { FakeClock } from '../support/clock.ts'
import { ask, claimNow, settle, until } from './support.ts'
import { gate, heeding, never, Stage, type ToyRun, unreachableWhile } from './worker-harness.ts'

const ENTRY: Key = 'entry:etr_1'

/** A bell whose rings are held: what becomes of each is written down, `what key`. */
const holdingBell = () => {
  const fates: string[] = []
  const waiting: Ring[] = []
  let wake = () => {}
  let broken = false
  const note = async (what: string) => {
    fates.push(what)
    if (broken) throw new Fault('queue.unavailable')
  }
  const holdOn = (key: Key): Hold => ({
    extend: (ms) => note(`extended ${key} ${ms}`),
    done: () => note(`done ${key}`),
    release: () => note(`released ${key}`),
  })
  const bell: Bell = {
    ring: async (key, id) => {
      waiting.push({ key, id, hold: holdOn(key) })
      wake()
    },
    rings: async function* (signal) {
      signal.addEventListener('abort', () => wake())
      while (!signal.aborted) {
        for (let ring = waiting.shift(); ring; ring = waiting.shift()) yield ring
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
  return {
    bell,
    fates,
    settled: () => fates.filter((fate) => !fate.startsWith('extended')),
    breaks: () => {
      broken = true
    },
  }
}

describe('a worker and the rings it holds', () => {
  let stage: Stage
  let bell: ReturnType<typeof holdingBell>
  /** Runs of `etr_1` wait at the gate. */
  let atGate: ReturnType<typeof gate>
  const waiting: ToyRun = async (job) => void (await heeding(job, atGate.opened))
  const started = async (n = 1) => until(() => stage.runs.length === n)

  beforeEach(async () => {
    const clock = new FakeClock()
    bell = holdingBell()
    atGate = gate()
    stage = new Stage(clock, openSqliteJobs(':memory:', { clock }), bell.bell)
    await settle()
  })
  afterEach(() => stage.close())

  it('keeps the ring that began a run for as long as its lease, and settles it when the run is done', async () => {
    stage.worker({ entry: waiting })
    await stage.event(ENTRY, 'd1')
    await started()
    await stage.pass(LEASE_MS)
    expect(bell.fates).toEqual(Array(3).fill(`extended ${ENTRY} ${LEASE_MS}`))
    atGate.open()
    await until(() => bell.settled().length > 0)
    expect(bell.settled()).toEqual([`done ${ENTRY}`])
  })

  it.each([
    ['buried', 'benchling.not_found'],
    ['postponed', 'store.unavailable'],
    ['exported anew', 'export.link_expired'],
    ['waiting for configuration', 'benchling.unauthorized'],
  ] as const)('settles the ring of a run that is %s', async (_, code) => {
    stage.worker({
      entry: async () => {
        throw new Fault(code)
      },
    })
    await stage.event(ENTRY, 'd1')
    await until(() => bell.fates.length > 0)
    expect(bell.fates).toEqual([`done ${ENTRY}`])
  })

  it('settles a ring when there is nothing to do, or somebody else does it', async () => {
    stage.worker({})
    await bell.bell.ring('canvas:unknown', 'd0')
    await ask(stage.store.subjects, ENTRY, 'd1', stage.clock.now())
    await claimNow(stage.store.subjects, ENTRY, stage.clock.now(), 'of another worker')
    await bell.bell.ring(ENTRY, 'd1')
    await bell.bell.ring('tenant:of a kind it does not know', 'd2')
    await until(() => bell.fates.length === 3)
    expect([...bell.fates].sort()).toEqual([
      'done canvas:unknown',
      `done ${ENTRY}`,
      'done tenant:of a kind it does not know',
    ])
    await stage.pass(LEASE_MS + 1_000)
    expect(stage.runs.map((run) => run.id)).toEqual(['of another worker'])
  })

  it('settles a ring that has to wait for a lane, or for the run before, and forgets neither', async () => {
    stage.worker({ entry: waiting }, { concurrency: 1, sweepMs: 3_600_000 })
    await stage.event(ENTRY, 'd1')
    await started()
    await stage.event('entry:etr_2', 'd2')
    await stage.event(ENTRY, 'd3')
    await until(() => bell.settled().length === 2)
    expect(bell.settled()).toEqual(['done entry:etr_2', `done ${ENTRY}`])
    atGate.open()
    await started(3)
    expect(stage.runs.map((run) => run.causes.at(-1)?.delivery).sort()).toEqual(['d1', 'd2', 'd3'])
  })

  it('gives the ring of an open run back when it is drained, after the record says that it is open', async () => {
    const worker = stage.worker({ entry: (job) => heeding(job, never) })
    await stage.event(ENTRY, 'd1')
    await started()
    await worker.drain(0)
    expect(bell.fates).toEqual([`released ${ENTRY}`])
    expect((await stage.store.subjects.get(ENTRY))?.run?.owner).toBeNull()
  })

  it('settles the ring of a run that ends within the grace', async () => {
    const worker = stage.worker({ entry: waiting })
    await stage.event(ENTRY, 'd1')
    await started()
    const drained = worker.drain(3_000)
    atGate.open()
    await drained
    expect(bell.fates).toEqual([`done ${ENTRY}`])
  })

  it('gives back a ring that comes while it is drained', async () => {
    const late = { ...bell.bell }
    late.rings = async function* (signal) {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      yield* bell.bell.rings(AbortSignal.any([]))
    }
    const worker = stage.worker({}, { bell: late })
    await bell.bell.ring(ENTRY, 'd1')
    await settle()
    void worker.drain(0)
    await until(() => bell.fates.length > 0)
    expect(bell.fates).toEqual([`released ${ENTRY}`])
    stage.workers.pop()
  })

  it('settles the ring of a run that its deadline stops, and goes on with it', async () => {
    let marks = 0
    const entry: ToyRun = async (job) => {
      job.steps.mark('upload', `file ${++marks}`, null)
      return heeding(job, never)
    }
    stage.worker({ entry }, { deadlineMs: 5_000 })
    await stage.event(ENTRY, 'd1')
    await started()
    await stage.pass(5_500)
    expect(bell.settled()).toEqual([`done ${ENTRY}`])
    await started(2)
  })

  it('does not mind when the records do not answer: the ring is settled, the sweep finds the work', async () => {
    let down = true
    stage.worker({}, { subjects: unreachableWhile(stage.store.subjects, () => down) })
    await stage.event(ENTRY, 'd1')
    await until(() => bell.fates.length > 0)
    expect(bell.fates).toEqual([`done ${ENTRY}`])
    down = false
    await stage.pass(2_000)
    await started()
  })

  it('does not mind a bell that settles nothing', async () => {
    bell.breaks()
    const worker = stage.worker({ entry: waiting })
    await stage.event(ENTRY, 'd1')
    await started()
    await stage.pass(LEASE_MS)
    atGate.open()
    await until(() => bell.settled().length > 0)
    await worker.drain(0)
    expect((await stage.store.history.runs({ limit: 5 })).map((run) => run.outcome)).toEqual(['done'])
  })
})

describe('a worker and its dead letters', () => {
  const buryingStage = async (bury: (record: RunRecord) => Promise<void>) => {
    const clock = new FakeClock()
    const stage = new Stage(clock, openSqliteJobs(':memory:', { clock }), holdingBell().bell)
    const fail: ToyRun = async (job) => {
      if (job.key === ENTRY) throw new Fault('benchling.not_found', {}, { detail: 'No such entry.' })
      return undefined
    }
    const worker = stage.worker({ entry: fail }, { deadLetters: { bury } })
    await stage.event(ENTRY, 'd1')
    await stage.event('entry:etr_2', 'd2')
    return { stage, worker }
  }

  it('tells of a buried run, once its end is in the record, and of no other', async () => {
    const letters: RunRecord[] = []
    const known: unknown[] = []
    const { stage } = await buryingStage(async (record) => {
      letters.push(record)
      known.push(await stage.store.history.run(record.id))
    })
    await until(() => known.length === 1)
    await stage.pass(3_000)
    expect(letters).toMatchObject([
      { key: ENTRY, outcome: 'buried', code: 'benchling.not_found', detail: 'No such entry.', attempt: 1 },
    ])
    expect(known).toMatchObject([{ id: letters[0]?.id, outcome: 'buried' }])
    await stage.close()
  })

  it('waits with its end for a letter under way, and does not mind one that cannot be sent', async () => {
    const { open, opened } = gate()
    let begun = false
    const { stage, worker } = await buryingStage(async () => {
      begun = true
      await opened
      throw new Fault('queue.unavailable')
    })
    await until(() => begun && stage.runs.length === 2)
    let drained = false
    const end = worker.drain(0).then(() => {
      drained = true
    })
    await settle()
    expect(drained).toBe(false)
    open()
    await end
    expect((await stage.store.history.runs({ limit: 5 })).map((run) => run.outcome).sort()).toEqual([
      'buried',
      'done',
    ])
    await stage.close()
  })
})
