import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { canvasJob } from '../../src/canvas/canvas-job.ts'
import { NEW_CANVAS } from '../../src/canvas/canvas-state.ts'
import { NO_LINKS } from '../../src/canvas/links.ts'
import { press, touchOf } from '../../src/jobs/subject.ts'
import { createWorker, type Worker } from '../../src/jobs/worker.ts'
import { localBell } from '../../src/local/bell.ts'
import { openSqliteJobs, type SqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { Canvases } from '../support/canvases.ts'
import { FakeClock } from '../support/clock.ts'

const AWS_WORDS = /arn:|amazonaws|\bS3\b|\bIAM\b|AccessDenied|\bat .*\.ts:|TypeError/
const CALLS = ['canvas', 'watch', 'get', 'findPackage', 'updateCanvas'] as const
const FAULTS: readonly (readonly [string, () => Error])[] = [
  ['again', () => new Fault('benchling.unavailable')],
  ['never', () => new Fault('benchling.rejected')],
  ['operator', () => new Fault('benchling.forbidden')],
  ['internal', () => new TypeError('arn:aws:iam::123456789012:role/x is not a function')],
]

let clock: FakeClock
let jobs: SqliteJobs
let canvases: Canvases
let worker: Worker
/** How often a call of that name still fails, and with what. */
let fails: { call: string; times: number; make: () => Error } | null

const faulty = <T extends object>(of: T): T =>
  new Proxy(of, {
    get: (target, name) => {
      const call = Reflect.get(target, name)
      if (typeof call !== 'function') return call
      return async (...given: unknown[]) => {
        if (fails?.call === name && fails.times-- > 0) throw fails.make()
        return call.apply(target, given)
      }
    },
  })

beforeEach(() => {
  clock = new FakeClock()
  jobs = openSqliteJobs(':memory:', { clock })
  canvases = new Canvases()
  fails = null
  const look = faulty({ findPackage: async () => null })
  const canvas = canvasJob({
    benchling: faulty(canvases.benchling),
    subjects: faulty(jobs.subjects),
    clock,
    links: { ...NO_LINKS },
    footer: 'test',
    reader: async () => null,
    bucket: null,
    findPackage: () => look.findPackage(),
  })
  worker = createWorker({
    subjects: jobs.subjects,
    journal: jobs.journal,
    bell: localBell(),
    kinds: { canvas },
    clock,
    log: pino({ level: 'silent' }),
    owner: 'test',
    concurrency: 4,
    version: '1.0.0',
    random: () => 0.5,
  })
  worker.start()
})

afterEach(async () => {
  await worker.drain(0)
  await jobs.close()
})

let clicks = 0
const clickOn = async (id: string): Promise<void> => {
  const cause = {
    delivery: `msg_${++clicks}`,
    type: 'v2.canvas.userInteracted',
    at: clock.now(),
    by: 'ent_1',
  }
  if (canvases.shown.has(id)) canvases.click(id)
  await jobs.subjects.record(
    { id: cause.delivery, receivedAt: clock.now(), type: cause.type, outcome: 'accepted', facts: {} },
    [touchOf({ key: `canvas:${id}`, initial: NEW_CANVAS, change: (subject) => press(subject, cause) })],
  )
}

const eventually = async (so: () => boolean): Promise<void> => {
  for (let steps = 0; !so() && steps < 1_000; steps++) await clock.advance(1_000)
  expect(so()).toBe(true)
}

// Three refusals for good leave Benchling nothing that it takes, not even `enabled`: the test below.
const roads = CALLS.flatMap((call) =>
  [1, 2, 3].flatMap((times) => FAULTS.map(([kind, make]) => ({ call, times, kind, make }))),
).filter(({ call, times, kind }) => !(call === 'updateCanvas' && times === 3 && kind === 'never'))

test.each(roads)('$call failing $times times ($kind) ends enabled, in plain words', async (road) => {
  fails = { ...road }
  canvases.insert('cnvs_1', 'etr_1')
  await clickOn('cnvs_1')
  await eventually(() => canvases.enabled('cnvs_1'))
  expect(fails.times).toBeLessThan(road.times)
  expect(canvases.text('cnvs_1')).not.toMatch(AWS_WORDS)
  fails = null
  await clickOn('cnvs_1')
  await eventually(() => canvases.enabled('cnvs_1'))
  await eventually(() => canvases.text('cnvs_1').includes('Not packaged yet.'))
  expect(canvases.text('cnvs_1')).toContain('"id":"update"')
})

test('a canvas that was deleted leaves nothing to do and watches nothing', async () => {
  await clickOn('cnvs_1')
  await worker.idle()
  expect(await jobs.subjects.get('canvas:cnvs_1')).toMatchObject({ wanted: 1, done: 1, run: null })
  expect(await jobs.subjects.watching('entry:etr_1')).toEqual([])
})

test('two canvases of one entry are both enabled and both watch it', async () => {
  for (const id of ['cnvs_1', 'cnvs_2']) canvases.insert(id, 'etr_1')
  for (const id of ['cnvs_1', 'cnvs_2']) await clickOn(id)
  await eventually(() => canvases.enabled('cnvs_1') && canvases.enabled('cnvs_2'))
  expect((await jobs.subjects.watching('entry:etr_1')).toSorted()).toEqual(['canvas:cnvs_1', 'canvas:cnvs_2'])
})

test('a canvas that Benchling will not even enable is given up, and the history says why', async () => {
  fails = { call: 'updateCanvas', times: 3, make: () => new Fault('benchling.rejected') }
  canvases.insert('cnvs_1', 'etr_1')
  await clickOn('cnvs_1')
  await worker.idle()
  const [run] = await jobs.history.runs({ limit: 1, key: 'canvas:cnvs_1' })
  expect(run).toMatchObject({ outcome: 'buried', code: 'benchling.rejected' })
})
