import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/base/errors.ts'
import { Fault } from '../../src/base/fault.ts'
import type { Benchling } from '../../src/benchling/ports.ts'
import { buttonId, readButton } from '../../src/canvas/buttons.ts'
import { canvasJob } from '../../src/canvas/canvas-job.ts'
import type { PackageReader } from '../../src/canvas/canvas-ports.ts'
import { NO_LINKS } from '../../src/canvas/links.ts'
import { packageTag } from '../../src/canvas/route.ts'
import type { Bell, Subjects } from '../../src/jobs/ports.ts'
import { createWorker, type Worker } from '../../src/jobs/worker.ts'
import { localBell } from '../../src/local/bell.ts'
import { openSqliteJobs, type SqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { NEW_ENTRY } from '../../src/packaging/entry-state.ts'
import type { PackageName, TopHash } from '../../src/quilt/types.ts'
import { plan } from '../../src/webhook/routing.ts'
import { Canvases } from '../support/canvases.ts'
import { FakeClock } from '../support/clock.ts'

const ID = 'cnvs_1'
const KEY = `canvas:${ID}` as const
const NAME = 'benchling/EXP1' as PackageName
const HASH = 'a'.repeat(64) as TopHash
const LINKED = { bucket: 'other', name: 'x/y' as PackageName, topHash: null }

/** A fault of each class that these calls can come to, and what nobody foresaw. */
const OF_BENCHLING: ErrorCode[] = [
  'benchling.unavailable',
  'benchling.timeout',
  'benchling.rate_limited',
  'benchling.unexpected_answer',
  'benchling.unauthorized',
  'benchling.forbidden',
  'benchling.rejected',
  'internal',
]
const OF_REGISTRY: ErrorCode[] = [
  'store.unavailable',
  'store.corrupt',
  'store.forbidden',
  'store.not_found',
  'aws.role_refused',
  'manifest.invalid',
  'manifest.hash_mismatch',
  'manifest.too_large',
  'package.not_found',
  'package.forbidden',
  'internal',
]
const OF_RECORDS: ErrorCode[] = ['jobs.store_unavailable', 'internal']

/** So often a call fails before all is well again. */
const A_WHILE = 6
/** A screen, and then the trouble screen: more is tried after that only by the next press. */
const REFUSALS = 2

let clock: FakeClock
let jobs: SqliteJobs
let canvases: Canvases
let worker: Worker
let bell: Bell
/** How often a call fails from now on, by its name. */
let fails: Map<string, { readonly code: ErrorCode; times: number }>
let presses = 0

const failing = <T extends object>(of: T, room: string): T =>
  new Proxy(of, {
    get: (target, name) => {
      const call = Reflect.get(target, name) as unknown
      if (typeof call !== 'function') return call
      return async (...given: unknown[]) => {
        const fails = strike(`${room}.${String(name)}`)
        if (fails) throw fails
        return call.apply(target, given)
      }
    },
  })

const strike = (call: string): Fault | Error | null => {
  const failure = fails.get(call)
  if (!failure || failure.times === 0) return null
  failure.times--
  return failure.code === 'internal' ? new TypeError('x is not a function') : new Fault(failure.code)
}

const revision = {
  name: NAME,
  topHash: HASH,
  header: { version: 'v0' as const, message: null, user_meta: { a: 1 } },
  entries: [{ logicalKey: 'a.csv', size: 1 }],
}

const reader = {
  latest: async () => HASH,
  revision: async () => revision,
  history: async () => ({ total: 1, pointers: [{ at: 1_700_000_000, topHash: HASH }] }),
  revisionAt: async () => HASH,
} as unknown as PackageReader

const open = (resourceId: string): void => {
  clock = new FakeClock()
  bell = localBell()
  jobs = openSqliteJobs(':memory:', { clock })
  canvases = new Canvases()
  canvases.insert(ID, resourceId)
  fails = new Map()
  const benchling = failing<Benchling>(
    {
      canvas: canvases.benchling.canvas,
      updateCanvas: canvases.benchling.updateCanvas,
    } as unknown as Benchling,
    'benchling',
  )
  const records = { ...jobs.subjects, ...failing<Partial<Subjects>>(pick(jobs.subjects), 'records') }
  const shown = failing(
    {
      find: async () => null,
      open: async () => failing(reader, 'reader'),
      recent: async () => [recentEntry()],
      named: async () => null,
    },
    'reader',
  )
  const linked = { packages: [LINKED], complete: true, searching: false, warning: null }
  const ports = {
    benchling,
    subjects: records as Subjects,
    clock,
    links: NO_LINKS,
    footer: 'test Rev 1',
    reader: () => shown.open(),
    bucket: 'lab',
    findPackage: () => shown.find(),
    linked: { of: () => linked, search: () => linked, close: () => {} },
    home: { recent: () => shown.recent(), named: () => shown.named(), state: () => null },
  }
  const entry = { deadlineMs: 60_000, started: (s: never) => s, failed: (s: never) => s, run: noRun }
  worker = createWorker({
    subjects: jobs.subjects,
    journal: jobs.journal,
    bell,
    kinds: { entry, canvas: canvasJob(ports) },
    clock,
    log: pino({ level: 'silent' }),
    owner: 'test',
    concurrency: 2,
    version: '1',
    random: () => 0.5,
  })
  worker.start()
}

const pick = ({ get, watch, unwatch, touch }: Subjects): Partial<Subjects> => ({ get, watch, unwatch, touch })

const noRun = (): never => {
  throw new Error('only canvases are drawn here')
}

const metState = () => ({
  ...NEW_ENTRY,
  displayId: 'EXP1',
  packageName: NAME,
  revision: { topHash: HASH, files: 1, bytes: 1, publishedAt: clock.now(), unchangedAt: null },
})
const recentEntry = () =>
  ({ entryId: 'etr_1', packageName: NAME, state: metState(), status: 'idle' }) as const

const press = async (button: string): Promise<void> => {
  canvases.click(ID)
  const id = `msg_${++presses}`
  const type = 'v2.canvas.userInteracted'
  const { outcome, touches } = plan(
    { kind: 'click', canvasId: ID, featureId: 'f', button: readButton(button) },
    {
      appId: 'app_1',
      cause: { delivery: id, type, at: clock.now(), by: null },
      record: await jobs.subjects.get(KEY),
    },
  )
  await jobs.subjects.record({ id, receivedAt: clock.now(), type, outcome, facts: {} }, touches)
  await bell.ring(KEY, id)
}

const enabled = async (withinMs: number): Promise<boolean> => {
  const end = clock.now() + withinMs
  while (!canvases.enabled(ID) && clock.now() < end) await clock.advance(Math.max(250, withinMs / 200))
  return canvases.enabled(ID)
}

const located = async (): Promise<void> => {
  await press('show')
  expect(await enabled(10_000)).toBe(true)
  await worker.idle()
}

/** Buttons that lead to each screen, or ask for something that is not there. */
const IN_ENTRY = [
  'show',
  'files',
  'metadata',
  'revisions',
  'at.1700000000',
  `open.${packageTag(LINKED)}`,
  'open.0badc0de',
  'browse-files-etr_9-p3-s15',
  'browse-linked-etr_1-pkg-x--y-p0-s15',
  'no-such-button',
]
const AT_HOME = [
  'show',
  `open.${packageTag({ bucket: 'lab', name: NAME })}`,
  `open.${packageTag(LINKED)}`,
  'open.0badc0de',
  'search',
  'clear',
  'metadata',
  'update',
  'no-such-button',
]

const places: [string, string, string[]][] = [
  ['in an entry', 'etr_1', IN_ENTRY],
  ['outside of entries', 'app_1', AT_HOME],
]

describe.each(places)('a canvas %s', (_, resourceId, buttons) => {
  beforeEach(() => open(resourceId))
  afterEach(async () => {
    await worker.drain(0)
    await jobs.close()
  })

  it.each(buttons)(
    'is enabled at once after %s, whatever the registry comes to, for as long as that lasts',
    async (button) => {
      await jobs.subjects.touch([
        { key: 'entry:etr_1', initial: NEW_ENTRY, change: (subject) => ({ ...subject, state: metState() }) },
      ])
      await located()
      const calls = ['find', 'open', 'recent', 'named', 'latest', 'revision', 'history', 'revisionAt']
      for (const call of calls)
        for (const code of OF_REGISTRY) {
          fails = new Map([[`reader.${call}`, { code, times: Number.POSITIVE_INFINITY }]])
          await press(button)
          expect([call, code, await enabled(1_000)]).toEqual([call, code, true])
          expect(canvases.text(ID)).toContain('"BUTTON"')
        }
    },
  )

  it.each(buttons)(
    'is enabled after %s when Benchling is well again, or says that it never will be',
    async (button) => {
      await located()
      for (const call of ['canvas', 'updateCanvas'])
        for (const code of OF_BENCHLING) {
          const times = code === 'benchling.rejected' ? REFUSALS : A_WHILE
          fails = new Map([[`benchling.${call}`, { code, times }]])
          await press(button)
          expect([call, code, await enabled(3 * 3_600_000)]).toEqual([call, code, true])
          await worker.idle()
        }
    },
  )

  it.each(buttons)('is enabled after %s as soon as the records answer', async (button) => {
    await located()
    for (const call of ['get', 'watch', 'unwatch', 'touch'])
      for (const code of OF_RECORDS) {
        fails = new Map([[`records.${call}`, { code, times: A_WHILE }]])
        await press(button)
        expect([call, code, await enabled(3_600_000)]).toEqual([call, code, true])
      }
  })

  it.each(['benchling.unexpected_answer', 'benchling.forbidden', 'benchling.rejected', 'internal'] as const)(
    'is enabled at once though it can never be read (%s)',
    async (code) => {
      fails = new Map([['benchling.canvas', { code, times: Number.POSITIVE_INFINITY }]])
      for (const button of buttons) {
        await press(button)
        expect([button, await enabled(1_000)]).toEqual([button, true])
        expect(canvases.text(ID)).toContain('"BUTTON"')
        await worker.idle()
      }
    },
  )
})

it('a canvas that was deleted meanwhile is left alone, and its record holds no open work', async () => {
  open('etr_1')
  await located()
  await press(buttonId({ kind: 'files' }))
  canvases.shown.clear()
  for (let at = 0; at < 20; at++) await clock.advance(500)
  await worker.idle()
  const record = await jobs.subjects.get(KEY)
  expect(record).toMatchObject({ wanted: record?.done, run: null })
  const [run] = await jobs.history.runs({ limit: 1, key: KEY })
  expect(run).toMatchObject({ outcome: 'done', summary: { shown: 'nothing' } })
  await worker.drain(0)
  await jobs.close()
})
