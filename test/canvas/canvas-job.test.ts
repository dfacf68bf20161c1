import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { canvasJob } from '../../src/canvas/canvas-job.ts'
import { type CanvasState, NEW_CANVAS } from '../../src/canvas/canvas-state.ts'
import { NO_LINKS } from '../../src/canvas/links.ts'
import { placeJob } from '../../src/canvas/place-job.ts'
import type { PlaceState } from '../../src/canvas/place-state.ts'
import type { Cause, Delivery, JobKind, Key, Touch } from '../../src/jobs/ports.ts'
import { press, touchOf } from '../../src/jobs/subject.ts'
import { createWorker, type Worker } from '../../src/jobs/worker.ts'
import { localBell } from '../../src/local/bell.ts'
import { openSqliteJobs, type SqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { type EntryState, NEW_ENTRY } from '../../src/packaging/entry-state.ts'
import { Canvases } from '../support/canvases.ts'
import { FakeClock } from '../support/clock.ts'

const log = pino({ level: 'silent' })
let clock: FakeClock
let jobs: SqliteJobs
let canvases: Canvases
let worker: Worker
let entryRuns: number
let entryWork: () => Promise<void>
let deliveries = 0

const entryKind: JobKind<EntryState> = {
  deadlineMs: 60_000,
  started: (state) => state,
  failed: (state, { fault, at, retryAt, run }) => ({
    ...state,
    failure: {
      code: fault.code,
      message: fault.people,
      hint: fault.entry.hint,
      at,
      retryAt,
      attempt: run.attempt,
      run: run.id,
    },
  }),
  run: async () => {
    entryRuns++
    await entryWork()
    const revision = {
      topHash: 'a'.repeat(64),
      files: 3,
      bytes: 100,
      publishedAt: clock.now(),
      unchangedAt: null,
    }
    return {
      change: (state) => ({ ...state, failure: null, revision, packageName: 'benchling/EXP1' }),
      summary: {},
    }
  },
}

beforeEach(() => {
  clock = new FakeClock()
  jobs = openSqliteJobs(':memory:', { clock })
  canvases = new Canvases()
  entryRuns = 0
  entryWork = async () => {}
  const ports = {
    benchling: canvases.benchling,
    subjects: jobs.subjects,
    clock,
    links: NO_LINKS,
    footer: 'test Rev 1',
  }
  worker = createWorker({
    subjects: jobs.subjects,
    journal: jobs.journal,
    bell: localBell(),
    kinds: { entry: entryKind, canvas: canvasJob(ports), place: placeJob(ports) },
    clock,
    log,
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

/** Lets time pass in small steps until it is so. */
const eventually = async (so: () => boolean): Promise<void> => {
  for (let steps = 0; !so(); steps++) {
    if (steps > 500) throw new Error('it never became so')
    await clock.advance(100)
  }
}

const shows = (id: string, text: string) => eventually(() => canvases.text(id).includes(text))

const causeOf = (id: string): Cause => ({
  delivery: id,
  type: 'v2.canvas.userInteracted',
  at: clock.now(),
  by: 'ent_1',
})

const deliver = async (...touches: Touch[]) => {
  const delivery: Delivery = {
    id: `msg_${++deliveries}`,
    receivedAt: clock.now(),
    type: 't',
    outcome: 'accepted',
    facts: {},
  }
  await jobs.subjects.record(delivery, touches)
}

const onCanvas = (id: string, change: (state: CanvasState) => Partial<CanvasState> = () => ({})): Touch =>
  touchOf<CanvasState>({
    key: `canvas:${id}`,
    initial: NEW_CANVAS,
    change: (subject) => ({
      ...press(subject, causeOf(`c${deliveries}`)),
      state: { ...subject.state, ...change(subject.state) },
    }),
  })

const onEntry = (id: string): Touch =>
  touchOf<EntryState>({
    key: `entry:${id}`,
    initial: NEW_ENTRY,
    change: (subject) => press(subject, causeOf(`e${deliveries}`)),
  })

describe('a canvas', () => {
  it('is drawn and enabled again after every click, an unknown button included', async () => {
    canvases.insert('cnvs_1', 'etr_1')
    canvases.click('cnvs_1')
    await deliver(onCanvas('cnvs_1', () => ({ disabled: true, notice: 'This button is not known.' })))
    await worker.idle()
    expect(canvases.enabled('cnvs_1')).toBe(true)
    expect(canvases.text('cnvs_1')).toContain('This button is not known.')

    canvases.click('cnvs_1')
    await deliver(onCanvas('cnvs_1', () => ({ disabled: true })))
    await worker.idle()
    expect(canvases.text('cnvs_1')).not.toContain('This button is not known.')
  })

  it('learns its entry from Benchling and passes a press on Update to it, once for the delivery', async () => {
    canvases.insert('cnvs_1', 'etr_1')
    await deliver(
      onCanvas('cnvs_1', ({ pendingUpdates }) => ({
        disabled: true,
        pendingUpdates: [...pendingUpdates, 'msg_x'],
      })),
    )
    await shows('cnvs_1', '**Packaged** at revision aaaaaaaaaa')
    expect(entryRuns).toBe(1)
    const canvas = await jobs.subjects.get('canvas:cnvs_1')
    expect(canvas?.state).toMatchObject({ entryId: 'etr_1', pendingUpdates: [], disabled: false })
  })

  it('that was inserted without a word about its entry asks for a package once, and forces no export', async () => {
    canvases.insert('cnvs_1', 'etr_1')
    await deliver(onCanvas('cnvs_1', () => ({ pendingInsert: 'msg_x' })))
    await shows('cnvs_1', '**Packaged** at revision aaaaaaaaaa')
    expect(entryRuns).toBe(1)
    expect(await jobs.subjects.get('entry:etr_1')).toMatchObject({ wanted: 1, pressed: 0 })
    expect((await jobs.subjects.get('canvas:cnvs_1'))?.state).toMatchObject({ pendingInsert: null })
  })

  it('follows its entry: in work, failed with Retry, packaged', async () => {
    canvases.insert('cnvs_1', 'etr_1')
    let finish = () => {}
    entryWork = () => new Promise((resolve) => (finish = resolve))
    await deliver(
      onCanvas('cnvs_1', () => ({ entryId: 'etr_1' })),
      onEntry('etr_1'),
    )
    await shows('cnvs_1', '**Reading** the entry.')
    expect(canvases.text('cnvs_1')).toContain('"enabled":false')

    entryWork = async () => {
      throw new Fault('archive.overlap')
    }
    finish()
    await worker.idle()
    await deliver(onEntry('etr_1'))
    await shows('cnvs_1', '**Failed**')
    expect(canvases.text('cnvs_1')).toContain('"id":"retry"')

    entryWork = async () => {}
    await deliver(onEntry('etr_1'))
    await shows('cnvs_1', '**Packaged**')
  })

  it('is drawn in the end although Benchling was away, however often', async () => {
    canvases.insert('cnvs_1', 'etr_1')
    canvases.click('cnvs_1')
    canvases.faults.push(
      new Fault('benchling.unavailable'),
      new Fault('benchling.rate_limited'),
      new Fault('benchling.timeout'),
    )
    await deliver(onCanvas('cnvs_1', () => ({ entryId: 'etr_1', disabled: true })))
    await eventually(() => canvases.enabled('cnvs_1'))
    expect(canvases.enabled('cnvs_1')).toBe(true)
  })

  it('that may not be read shows why, enabled, with a button that tries again', async () => {
    canvases.insert('cnvs_1', 'etr_1')
    canvases.faults.push(new Fault('benchling.forbidden'))
    await deliver(onCanvas('cnvs_1', () => ({ disabled: true })))
    await worker.idle()
    expect(canvases.text('cnvs_1')).toContain('The app may not read this in Benchling.')
    expect(canvases.enabled('cnvs_1')).toBe(true)
  })

  it('that is gone ends quietly, passes the press on, and follows its entry no longer until it is clicked', async () => {
    canvases.insert('cnvs_1', 'etr_1')
    const gone = () => canvases.faults.push(new Fault('benchling.not_found'))
    gone()
    await deliver(onCanvas('cnvs_1', () => ({ entryId: 'etr_1', pendingUpdates: ['p'], disabled: true })))
    await eventually(() => entryRuns === 1)
    await clock.advance(3_000)
    const runs = await jobs.history.runs({ limit: 10, key: 'canvas:cnvs_1' })
    expect(runs).toMatchObject([{ outcome: 'done', summary: { status: 'gone' } }])
    expect(await jobs.subjects.watching('entry:etr_1')).toEqual([])
    await deliver(onCanvas('cnvs_1'))
    await shows('cnvs_1', '**Packaged**')
    expect(await jobs.subjects.watching('entry:etr_1')).toEqual(['canvas:cnvs_1'])
  })

  it('keeps a click that comes while it is being drawn', async () => {
    canvases.insert('cnvs_1', 'etr_1')
    const { benchling } = canvases
    const draw = benchling.updateCanvas
    let during = async () => {}
    Object.assign(benchling, {
      updateCanvas: async (...given: Parameters<typeof draw>) => {
        await during()
        return draw(...given)
      },
    })
    during = async () => {
      during = async () => {}
      await deliver(
        onCanvas('cnvs_1', ({ pendingUpdates }) => ({
          pendingUpdates: [...pendingUpdates, 'late'],
          disabled: true,
        })),
      )
    }
    await deliver(onCanvas('cnvs_1', () => ({ entryId: 'etr_1' })))
    await eventually(() => entryRuns === 1)
    await shows('cnvs_1', '**Packaged**')
  })
})

describe('a place outside of entries', () => {
  const place: Key = 'place:run_step:assayrun_1'
  const initial: PlaceState = {
    appId: 'app_1',
    featureId: 'run_step',
    resourceId: 'assayrun_1',
    canvasId: null,
  }
  const ask = (): Touch =>
    touchOf<PlaceState>({
      key: place,
      initial,
      change: (subject) => press(subject, causeOf(`p${deliveries}`)),
    })

  it('gets one canvas, however often it asks', async () => {
    await deliver(ask())
    await worker.idle()
    await deliver(ask())
    await worker.idle()
    expect(canvases.shown.size).toBe(1)
    const [canvas] = canvases.shown.values()
    expect(canvas).toMatchObject({ featureId: 'run_step', resourceId: 'assayrun_1', enabled: true })
    expect(canvases.text(canvas!.id)).toContain('Packages belong to notebook entries.')
  })
})
