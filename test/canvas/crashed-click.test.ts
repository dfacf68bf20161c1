import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Benchling } from '../../src/benchling/ports.ts'
import { CANVAS_LEASE_MS, canvasJob } from '../../src/canvas/canvas-job.ts'
import { NEW_CANVAS } from '../../src/canvas/canvas-state.ts'
import { NO_LINKS } from '../../src/canvas/links.ts'
import { LEASE_MS } from '../../src/jobs/lease.ts'
import type { Bell, JobKind, Journal, Key, Subjects } from '../../src/jobs/ports.ts'
import { press, touchOf } from '../../src/jobs/subject.ts'
import { createWorker, type Worker } from '../../src/jobs/worker.ts'
import { localBell } from '../../src/local/bell.ts'
import { openSqliteJobs, type SqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { type EntryState, NEW_ENTRY } from '../../src/packaging/entry-state.ts'
import { Canvases } from '../support/canvases.ts'
import { FakeClock } from '../support/clock.ts'

/** A click that a crash killed is drawn within this time. */
const REPAIRED_MS = 30_000

const never = () => new Promise<never>(() => {})
/** Loses every ring. */
const silent: Bell = {
  ring: async () => {},
  rings: async function* (signal) {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  },
}

/** One of several processes on one store. From the call `dies` on, nothing that it asks for is ever answered. */
class Process {
  readonly worker: Worker
  dead = false
  entryWork: () => Promise<void> = async () => {}

  constructor(
    owner: string,
    clock: FakeClock,
    jobs: SqliteJobs,
    canvases: Canvases,
    bell: Bell,
    dies?: string,
  ) {
    const mortal = <T extends object>(of: T): T =>
      new Proxy(of, {
        get: (target, name) => {
          const call = Reflect.get(target, name)
          if (typeof call !== 'function') return call
          return (...given: unknown[]) => {
            if (name === dies) this.dead = true
            return this.dead ? never() : call.apply(target, given)
          }
        },
      })
    const benchling: Benchling = mortal(canvases.benchling)
    const subjects: Subjects = mortal(jobs.subjects)
    const journal: Journal = mortal(jobs.journal)
    const look = mortal({ findPackage: async () => null })
    const entry: JobKind<EntryState> = {
      deadlineMs: 600_000,
      started: (state) => state,
      failed: (state) => state,
      run: async () => {
        await this.entryWork()
        return { change: (state) => ({ ...state, packageName: 'benchling/EXP1' }), summary: {} }
      },
    }
    const canvas = canvasJob({
      benchling,
      subjects,
      clock,
      links: { ...NO_LINKS },
      footer: 'test',
      reader: async () => null,
      bucket: null,
      findPackage: () => look.findPackage(),
    })
    this.worker = createWorker({
      subjects,
      journal,
      bell,
      kinds: { entry, canvas },
      clock,
      log: pino({ level: 'silent' }),
      owner,
      concurrency: 4,
      version: '1.0.0',
      random: () => 0.5,
    })
    this.worker.start()
  }
}

let clock: FakeClock
let jobs: SqliteJobs
let canvases: Canvases
let processes: Process[]

beforeEach(() => {
  clock = new FakeClock()
  jobs = openSqliteJobs(':memory:', { clock })
  canvases = new Canvases()
  processes = []
})

afterEach(async () => {
  // A dead process never answers, so nobody waits for it.
  await Promise.all(processes.filter(({ dead }) => !dead).map(({ worker }) => worker.drain(0)))
  await jobs.close()
})

const start = (owner: string, bell: Bell, dies?: string): Process => {
  const process = new Process(owner, clock, jobs, canvases, bell, dies)
  processes.push(process)
  return process
}

const within = async (ms: number, so: () => boolean): Promise<number> => {
  const begun = clock.now()
  while (!so() && clock.now() - begun < ms) await clock.advance(100)
  expect(so()).toBe(true)
  return clock.now() - begun
}

let clicks = 0
const clickOn = async (id: string, more: readonly Key[] = []): Promise<void> => {
  const cause = {
    delivery: `msg_${++clicks}`,
    type: 'v2.canvas.userInteracted',
    at: clock.now(),
    by: 'ent_1',
  }
  canvases.click(id)
  await jobs.subjects.record(
    { id: cause.delivery, receivedAt: clock.now(), type: cause.type, outcome: 'accepted', facts: {} },
    [
      touchOf({ key: `canvas:${id}`, initial: NEW_CANVAS, change: (subject) => press(subject, cause) }),
      ...more.map((key) =>
        touchOf<EntryState>({ key, initial: NEW_ENTRY, change: (subject) => press(subject, cause) }),
      ),
    ],
  )
}

describe('a click whose process dies', () => {
  it.each([
    ['while it asks Benchling where the canvas is', 'canvas'],
    ['while it takes the click on', 'change'],
    ['while it starts to watch the entry', 'watch'],
    ['while it reads a record', 'get'],
    ['while it looks at the registry', 'findPackage'],
    ['while it enables the canvas', 'updateCanvas'],
  ])('%s is drawn by another within 30 s, without any ring', async (_, dies) => {
    canvases.insert('cnvs_1', 'etr_1')
    const first = start('first', silent, dies)
    await clickOn('cnvs_1')
    await within(REPAIRED_MS, () => first.dead)
    expect(canvases.enabled('cnvs_1')).toBe(false)
    start('second', silent)
    await within(REPAIRED_MS, () => canvases.enabled('cnvs_1'))
    expect(canvases.text('cnvs_1')).toContain('Not packaged yet.')
  })

  it('is drawn soon after its lease is over by one that ran all the time', async () => {
    canvases.insert('cnvs_1', 'etr_1')
    const first = start('first', silent, 'updateCanvas')
    await clickOn('cnvs_1')
    await within(REPAIRED_MS, () => first.dead)
    start('second', localBell())
    await clock.advance(CANVAS_LEASE_MS - 5_000)
    expect(canvases.enabled('cnvs_1')).toBe(false)
    await within(REPAIRED_MS - CANVAS_LEASE_MS, () => canvases.enabled('cnvs_1'))
  })
})

describe('an entry whose process dies', () => {
  it('says so on its canvas, Update enabled again, once the lease is over', async () => {
    canvases.insert('cnvs_1', 'etr_1')
    const first = start('first', silent)
    first.entryWork = never
    await clickOn('cnvs_1', ['entry:etr_1'])
    await within(REPAIRED_MS, () => canvases.text('cnvs_1').includes('**Reading** the entry.'))
    first.dead = true
    const second = start('second', silent)
    second.entryWork = async () => {}
    await within(2 * LEASE_MS, () => !canvases.text('cnvs_1').includes('**Reading** the entry.'))
    await within(REPAIRED_MS, () => canvases.text('cnvs_1').includes('Not packaged yet.'))
    expect(canvases.enabled('cnvs_1')).toBe(true)
    expect(canvases.text('cnvs_1')).not.toContain('"enabled":false')
  })
})
