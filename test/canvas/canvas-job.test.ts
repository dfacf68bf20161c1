import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { readButton } from '../../src/canvas/buttons.ts'
import { canvasJob } from '../../src/canvas/canvas-job.ts'
import { type CanvasState, NEW_CANVAS } from '../../src/canvas/canvas-state.ts'
import { followButton } from '../../src/canvas/follow.ts'
import { NO_LINKS, type PackageLinks } from '../../src/canvas/links.ts'
import { placeJob } from '../../src/canvas/place-job.ts'
import type { PlaceState } from '../../src/canvas/place-state.ts'
import type { Cause, Delivery, JobKind, Key, Subjects, Touch } from '../../src/jobs/ports.ts'
import { press, touch, touchOf } from '../../src/jobs/subject.ts'
import { createWorker, type Worker } from '../../src/jobs/worker.ts'
import { localBell } from '../../src/local/bell.ts'
import { openSqliteJobs, type SqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { type EntryState, NEW_ENTRY } from '../../src/packaging/entry-state.ts'
import { LOOK } from '../../src/packaging/found-cause.ts'
import { Canvases } from '../support/canvases.ts'
import { FakeClock } from '../support/clock.ts'

const log = pino({ level: 'silent' })
let clock: FakeClock
let jobs: SqliteJobs
let canvases: Canvases
let worker: Worker
let entryRuns: number
let entryWork: () => Promise<void>
let links: PackageLinks
let readEntry: Subjects['get']
let findPackage: (entryId: string) => Promise<Touch | null>
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
  links = NO_LINKS
  readEntry = jobs.subjects.get
  findPackage = async () => null
  const ports = {
    benchling: canvases.benchling,
    subjects: { ...jobs.subjects, get: (key: Key) => readEntry(key) },
    clock,
    links: {
      package: (name: string) => links.package(name),
      revision: (name: string, topHash: string) => links.revision(name, topHash),
      file: () => null,
      isOurs: () => false,
      sync: (name: string, topHash: string | null) => links.sync(name, topHash),
    },
    footer: 'test Rev 1',
    reader: async () => null,
    bucket: null,
    findPackage: (entryId: string) => findPackage(entryId),
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

const foundTouch = (id: string, found: Partial<EntryState>): Touch =>
  touchOf<EntryState>({
    key: `entry:${id}`,
    initial: NEW_ENTRY,
    change: (subject) => ({ ...subject, state: { ...subject.state, ...found } }),
  })

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
    await deliver(onCanvas('cnvs_1', () => ({ notice: 'This button is not known.' })))
    await worker.idle()
    expect(canvases.enabled('cnvs_1')).toBe(true)
    expect(canvases.text('cnvs_1')).toContain('This button is not known.')

    canvases.click('cnvs_1')
    await deliver(onCanvas('cnvs_1'))
    await worker.idle()
    expect(canvases.text('cnvs_1')).not.toContain('This button is not known.')
  })

  it('learns its entry from Benchling and passes a press on Update to it, once for the delivery', async () => {
    canvases.insert('cnvs_1', 'etr_1')
    await deliver(
      onCanvas('cnvs_1', ({ pendingUpdates }) => ({
        pendingUpdates: [...pendingUpdates, 'msg_x'],
      })),
    )
    await shows('cnvs_1', '**Packaged** at revision aaaaaaaaaa')
    expect(entryRuns).toBe(1)
    const canvas = await jobs.subjects.get('canvas:cnvs_1')
    expect(canvas?.state).toMatchObject({ entryId: 'etr_1', pendingUpdates: [] })
  })

  it('passes every press on to its entry, each with its own cause, in one go', async () => {
    canvases.insert('cnvs_1', 'etr_1')
    const pressUpdate = () =>
      deliver(
        onCanvas('cnvs_1', ({ pendingUpdates }) => ({
          pendingUpdates: [...pendingUpdates, `c${deliveries}`],
        })),
      )
    await deliver(
      onCanvas('cnvs_1', () => ({ pendingInsert: `c${deliveries}`, pendingUpdates: ['msg_old'] })),
    )
    await pressUpdate()
    await pressUpdate()
    const [inserted, second, third] = [deliveries - 2, deliveries - 1, deliveries].map((n) => `c${n}`)
    await shows('cnvs_1', '**Packaged** at revision aaaaaaaaaa')
    expect(entryRuns).toBe(1)
    expect(await jobs.subjects.get('entry:etr_1')).toMatchObject({ wanted: 4, pressed: 4 })
    const [run] = await jobs.history.runs({ limit: 1, key: 'entry:etr_1' })
    expect(run?.causes).toMatchObject([
      { delivery: inserted, by: 'ent_1' },
      { delivery: 'msg_old', type: 'v2.canvas.userInteracted', by: null },
      { delivery: second, by: 'ent_1' },
      { delivery: third, by: 'ent_1' },
    ])
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

  it('follows a press that came before the word about its entry did', async () => {
    canvases.insert('cnvs_1', 'etr_1')
    await deliver(
      onCanvas('cnvs_1', () => followButton(NEW_CANVAS, readButton('revisions'), clock.now())),
      onCanvas('cnvs_1', () => ({ entryId: 'etr_1' })),
    )
    await shows('cnvs_1', 'Package not created')
    await worker.idle()
    const state = (await jobs.subjects.get('canvas:cnvs_1'))?.state
    expect(state).toMatchObject({ route: { screen: 'revisions' } })
    expect(state).not.toHaveProperty('pendingStep')
  })

  it('shows the package that was there before any run of ours, when somebody comes to it', async () => {
    const revision = { topHash: 'b'.repeat(64), files: 7, bytes: 9, publishedAt: 0, unchangedAt: null }
    findPackage = async (id) => foundTouch(id, { displayId: 'EXP7', packageName: 'benchling/EXP7', revision })
    canvases.insert('cnvs_1', 'etr_1')
    await deliver(onCanvas('cnvs_1'))
    await shows('cnvs_1', '**Packaged** at revision bbbbbbbbbb')
    expect(entryRuns).toBe(0)
  })

  it('says why what was there before cannot be looked up, and looks again by itself', async () => {
    findPackage = async () => {
      throw new Fault('store.unavailable')
    }
    canvases.insert('cnvs_1', 'etr_1')
    await deliver(onCanvas('cnvs_1'))
    await shows('cnvs_1', 'store.unavailable')
    expect(canvases.enabled('cnvs_1')).toBe(true)
    const revision = { topHash: 'b'.repeat(64), files: 7, bytes: 9, publishedAt: 0, unchangedAt: null }
    findPackage = async (id) => foundTouch(id, { displayId: 'EXP7', packageName: 'benchling/EXP7', revision })
    await shows('cnvs_1', '**Packaged** at revision bbbbbbbbbb')
  })

  it('is drawn in the end although Benchling was away, however often', async () => {
    canvases.insert('cnvs_1', 'etr_1')
    canvases.click('cnvs_1')
    canvases.faults.push(
      new Fault('benchling.unavailable'),
      new Fault('benchling.rate_limited'),
      new Fault('benchling.timeout'),
    )
    await deliver(onCanvas('cnvs_1', () => ({ entryId: 'etr_1' })))
    await eventually(() => canvases.enabled('cnvs_1'))
    expect(canvases.enabled('cnvs_1')).toBe(true)
  })

  it('that may not be read shows why, enabled, with a button that tries again', async () => {
    canvases.insert('cnvs_1', 'etr_1')
    canvases.faults.push(new Fault('benchling.forbidden'))
    await deliver(onCanvas('cnvs_1'))
    await worker.idle()
    expect(canvases.text('cnvs_1')).toContain('The app may not read this in Benchling.')
    expect(canvases.enabled('cnvs_1')).toBe(true)
  })

  it('keeps a press while it cannot learn its entry, and passes it on when it is clicked again', async () => {
    canvases.insert('cnvs_1', 'etr_1')
    canvases.faults.push(new Fault('benchling.forbidden'))
    await deliver(onCanvas('cnvs_1', () => ({ pendingUpdates: ['msg_x'] })))
    await shows('cnvs_1', 'The app may not read this in Benchling.')
    await deliver(onCanvas('cnvs_1'))
    await shows('cnvs_1', '**Packaged**')
    expect(entryRuns).toBe(1)
    expect((await jobs.subjects.get('canvas:cnvs_1'))?.state).toMatchObject({ pendingUpdates: [] })
  })

  const broken = (): never => {
    throw new TypeError('x is not a function')
  }
  const lastRun = async () => (await jobs.history.runs({ limit: 1, key: 'canvas:cnvs_1' }))[0]

  it.each<[string, () => void]>([
    ['its entry is looked up', () => canvases.faults.push(new Fault('internal'))],
    ['its records are read', () => (readEntry = broken)],
    ['the screen is rendered', () => (links = { ...NO_LINKS, sync: broken })],
  ])('shows trouble, enabled, when something unexpected happens while %s', async (_, happens) => {
    canvases.insert('cnvs_1', 'etr_1')
    await deliver(onEntry('etr_1'))
    await eventually(() => entryRuns === 1)
    await worker.idle()
    happens()
    canvases.click('cnvs_1')
    await deliver(onCanvas('cnvs_1'))
    await shows('cnvs_1', 'Something unexpected went wrong.')
    expect(canvases.enabled('cnvs_1')).toBe(true)
    expect(canvases.text('cnvs_1')).toContain('"id":"show"')
    await worker.idle()
    expect(await lastRun()).toMatchObject({
      outcome: 'done',
      summary: { status: 'internal', shown: 'trouble' },
    })
  })

  it('waits for records that cannot be read at the moment instead of showing trouble', async () => {
    canvases.insert('cnvs_1', 'etr_1')
    canvases.click('cnvs_1')
    let asked = 0
    readEntry = async (key) => {
      if (++asked < 3) throw new Fault('jobs.store_unavailable')
      return jobs.subjects.get(key)
    }
    await deliver(onCanvas('cnvs_1', () => ({ entryId: 'etr_1' })))
    await eventually(() => canvases.enabled('cnvs_1'))
    expect(asked).toBe(3)
    expect(canvases.patches).toHaveLength(1)
  })

  const refuses = (times: number, code: 'benchling.rejected' | 'internal') => {
    for (let i = 0; i < times; i++)
      canvases.faults.push(new Fault(code, {}, { detail: 'blocks[1] is wrong' }))
  }

  it.each([
    ['benchling.rejected', 'is wrong'],
    ['internal', 'Something unexpected went wrong.'],
  ] as const)(
    'whose screen is refused (%s) shows why, enabled, and passes the press on',
    async (code, why) => {
      canvases.insert('cnvs_1', 'etr_1')
      canvases.click('cnvs_1')
      refuses(1, code)
      await deliver(onCanvas('cnvs_1', () => ({ entryId: 'etr_1', pendingUpdates: ['msg_x'] })))
      await eventually(() => canvases.enabled('cnvs_1'))
      expect(canvases.text('cnvs_1')).toContain(why)
      await worker.idle()
      expect(await lastRun()).toMatchObject({ outcome: 'done', summary: { status: code, shown: 'trouble' } })
      await shows('cnvs_1', '**Packaged**')
    },
  )

  it('whose trouble screen is refused too is enabled as it is', async () => {
    canvases.insert('cnvs_1', 'etr_1')
    canvases.click('cnvs_1')
    refuses(2, 'benchling.rejected')
    await deliver(onCanvas('cnvs_1', () => ({ entryId: 'etr_1' })))
    await eventually(() => canvases.enabled('cnvs_1'))
    expect(canvases.patches).toEqual([{ id: 'cnvs_1', patch: { enabled: true } }])
    await worker.idle()
    expect(await lastRun()).toMatchObject({
      outcome: 'done',
      summary: { status: 'benchling.rejected', shown: 'enabled' },
    })
  })

  it('that disappears between two tries is gone', async () => {
    canvases.insert('cnvs_1', 'etr_1')
    refuses(1, 'benchling.rejected')
    canvases.faults.push(new Fault('benchling.not_found'))
    await deliver(onCanvas('cnvs_1', () => ({ entryId: 'etr_1' })))
    await eventually(() => canvases.faults.length === 0)
    await worker.idle()
    expect(await lastRun()).toMatchObject({ outcome: 'done', summary: { status: 'gone', shown: 'nothing' } })
  })

  it('that cannot even be enabled for a reason nobody foresaw is tried until it can', async () => {
    canvases.insert('cnvs_1', 'etr_1')
    canvases.click('cnvs_1')
    refuses(3 * 5, 'internal')
    await deliver(onCanvas('cnvs_1', () => ({ entryId: 'etr_1' })))
    await eventually(() => canvases.enabled('cnvs_1'))
    await worker.idle()
    expect(await lastRun()).toMatchObject({ outcome: 'done', attempt: 5 })
    await shows('cnvs_1', 'Not packaged yet.')
  })

  it('that is gone ends quietly, passes the press on, and follows its entry no longer until it is clicked', async () => {
    canvases.insert('cnvs_1', 'etr_1')
    const gone = () => canvases.faults.push(new Fault('benchling.not_found'))
    gone()
    await deliver(onCanvas('cnvs_1', () => ({ entryId: 'etr_1', pendingUpdates: ['p'] })))
    await eventually(() => entryRuns === 1)
    await clock.advance(3_000)
    const runs = await jobs.history.runs({ limit: 10, key: 'canvas:cnvs_1' })
    expect(runs).toMatchObject([{ outcome: 'done', summary: { status: 'gone', shown: 'nothing' } }])
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
    expect(canvases.text(canvas!.id)).toContain('No package was made yet.')
  })

  it('gets no second one when it is not known whether the first was made', async () => {
    canvases.faults.push(new Fault('benchling.unavailable', { maybeDone: true }))
    await deliver(ask())
    await worker.idle()
    for (let hour = 0; hour < 4; hour++) await clock.advance(3_600_000)
    await worker.idle()
    expect(canvases.shown.size).toBe(0)
    expect((await jobs.history.runs({ limit: 1 }))[0]).toMatchObject({ code: 'canvas.perhaps_made' })
    await deliver(ask())
    await worker.idle()
    expect(canvases.shown.size).toBe(1)
  })
})

describe('a revision that an event told of while a look for it was still to come', () => {
  const NOW = {
    topHash: 'b'.repeat(64),
    files: 1,
    bytes: 1,
    publishedAt: 0,
    unchangedAt: null,
    announcedAt: 0,
  }
  const lookedFor = async (id: string, type: string) => {
    const cause: Cause = { ...causeOf('look'), type }
    await jobs.subjects.touch([
      touchOf<EntryState>({
        key: `entry:${id}`,
        initial: { ...NEW_ENTRY, packageName: 'benchling/EXP1', revision: NOW },
        change: (subject) => touch(subject, cause, { notBefore: clock.now() + 3_600_000 }),
      }),
    ])
  }

  it('is shown as packaged at once', async () => {
    await lookedFor('etr_L', LOOK)
    canvases.insert('cnvs_L', 'etr_L')
    await deliver(onCanvas('cnvs_L'))
    await shows('cnvs_L', '**Packaged**')
    expect(canvases.text('cnvs_L')).not.toContain('Queued')
  })

  it('is not when something else is wanted', async () => {
    await lookedFor('etr_M', LOOK)
    await lookedFor('etr_M', 'v2.entry.created')
    canvases.insert('cnvs_M', 'etr_M')
    await deliver(onCanvas('cnvs_M'))
    await shows('cnvs_M', '**Queued**')
  })
})
