import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { readButton } from '../../src/canvas/buttons.ts'
import { canvasJob } from '../../src/canvas/canvas-job.ts'
import type { CanvasState } from '../../src/canvas/canvas-state.ts'
import { NO_LINKS } from '../../src/canvas/links.ts'
import { type Route, readRouteData, routeData, stampOf } from '../../src/canvas/route.ts'
import type { Bell, Key, RunRecord } from '../../src/jobs/ports.ts'
import { touchOf } from '../../src/jobs/subject.ts'
import { createWorker, type Worker } from '../../src/jobs/worker.ts'
import { localBell } from '../../src/local/bell.ts'
import { openSqliteJobs, type SqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { type EntryState, NEW_ENTRY } from '../../src/packaging/entry-state.ts'
import { createFindPackage } from '../../src/packaging/find-package.ts'
import { packageName } from '../../src/quilt/names.ts'
import type { LogicalKey, TopHash } from '../../src/quilt/types.ts'
import { plan } from '../../src/webhook/routing.ts'
import { delivery } from '../jobs/support.ts'
import { bare } from '../packaging/entries.ts'
import { MemoryRegistry } from '../packaging/memory-registry.ts'
import { Canvases } from '../support/canvases.ts'
import { FakeClock } from '../support/clock.ts'

const CANVAS: Key = 'canvas:cnvs_1'
const NAME = packageName('benchling/EXP1')
const HASH = 'a'.repeat(64) as TopHash
const FILES: Route = { screen: 'files', of: null, revision: null, path: [], page: 0 }

/** What may go wrong with a call, one of each class, what no class knows, and an abort that nobody asked for. */
const TROUBLES = {
  never: () => new Fault('manifest.invalid'),
  again: () => new Fault('store.unavailable'),
  operator: () => new Fault('store.forbidden'),
  renew: () => new Fault('export.failed'),
  'a missing package': () => new Fault('package.not_found'),
  'an entry that was deleted': () => new Fault('benchling.not_found'),
  'a bug': () => new TypeError("Cannot read properties of undefined (reading 'arn:aws:s3:::secret')"),
  'an abort': () => new DOMException('This operation was aborted', 'AbortError'),
} as const
type Trouble = keyof typeof TROUBLES

let clock: FakeClock
let jobs: SqliteJobs
let canvases: Canvases
let registry: MemoryRegistry
let worker: Worker
let bell: Bell
/** The call that fails, how, and how often still. */
let broken: { name: string; trouble: Trouble; times: number } | null
let asked: Set<string>
let deliveries: number

const failing = <T extends object>(of: string, target: T): T =>
  new Proxy(target, {
    get: (from, name) => {
      const member = Reflect.get(from, name) as unknown
      if (typeof member !== 'function') return member
      return async (...given: unknown[]) => {
        const call = `${of}.${String(name)}`
        asked.add(call)
        if (broken?.name === call && broken.times-- > 0) throw TROUBLES[broken.trouble]()
        return member.apply(from, given)
      }
    },
  })

beforeEach(async () => {
  clock = new FakeClock()
  jobs = openSqliteJobs(':memory:', { clock })
  canvases = new Canvases()
  registry = new MemoryRegistry()
  bell = localBell()
  broken = null
  asked = new Set()
  deliveries = 0
  const hash = { type: 'SHA256', value: 'a'.repeat(64) }
  const files = Array.from({ length: 20 }, (_, at) => {
    return { logicalKey: `${at}.csv` as LogicalKey, physicalKey: `memory:${at}`, size: at, hash, meta: {} }
  })
  const header = { version: 'v0', user_meta: { entry_id: 'etr_1', display_id: 'EXP1' } }
  const revision = (topHash: string) => ({ name: NAME, topHash, header, entries: files }) as never
  registry.published.push(revision(HASH), revision('b'.repeat(64)))
  const port = failing('registry', registry.port())
  const ports = {
    benchling: failing('benchling', canvases.benchling),
    subjects: failing('subjects', jobs.subjects),
    clock,
    links: NO_LINKS,
    footer: 'Rev 1',
    bucket: 'memory',
    reader: failing('ports', { reader: async () => port }).reader,
    findPackage: createFindPackage({
      benchling: failing('benchling', {
        entry: async () => bare({ id: 'etr_1', displayId: 'EXP1' }),
      }),
      registry: port,
      clock,
      prefix: 'benchling',
    }),
  }
  canvases.insert('cnvs_1', 'etr_1')
  worker = createWorker({
    subjects: jobs.subjects,
    journal: jobs.journal,
    bell,
    kinds: { canvas: canvasJob(ports) },
    clock,
    log: pino({ level: 'silent' }),
    owner: 'test',
    concurrency: 1,
    version: '1',
    random: () => 0.5,
  })
  worker.start()
})
afterEach(async () => {
  await worker.drain(0)
  await jobs.close()
})

const packaged = async (): Promise<void> => {
  const revision = { topHash: HASH, files: 20, bytes: 1, publishedAt: 1, unchangedAt: null }
  const initial: EntryState = { ...NEW_ENTRY, displayId: 'EXP1', packageName: NAME, revision }
  await jobs.subjects.touch([
    touchOf<EntryState>({ key: 'entry:etr_1', initial, change: (subject) => subject }),
  ])
}

const click = async (buttonId: string): Promise<void> => {
  canvases.click('cnvs_1')
  const id = `msg_${++deliveries}`
  const at = clock.now()
  const cause = { delivery: id, type: 'v2.canvas.userInteracted', at, by: 'ent_1' }
  const request = {
    kind: 'click',
    canvasId: 'cnvs_1',
    featureId: 'f',
    button: readButton(buttonId),
  } as const
  const record = await jobs.subjects.get(CANVAS)
  const { touches } = plan(request, { appId: 'app_1', cause, record })
  await jobs.subjects.record(delivery(id, at, { type: cause.type }), touches)
  await bell.ring(CANVAS, id)
}

const pass = async (ms: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += 1_000) await clock.advance(1_000)
}

const says = () => canvases.text('cnvs_1')
const canvasState = async () => (await jobs.subjects.get(CANVAS))?.state as CanvasState

type Way = { readonly button: string; readonly title: string; readonly calls: readonly string[] }

/** Every screen, and the calls on the way to it whose failure is told to people. */
const WAYS: Readonly<Record<string, Way>> = {
  package: {
    button: 'show',
    title: 'benchling/EXP1',
    calls: ['registry.latest', 'registry.revision', 'registry.history'],
  },
  files: {
    button: 'files',
    title: '## Files',
    calls: ['ports.reader', 'registry.latest', 'registry.revision'],
  },
  metadata: {
    button: 'metadata',
    title: '## Metadata',
    calls: ['ports.reader', 'registry.latest', 'registry.revision'],
  },
  revisions: {
    button: 'revisions',
    title: '## Revisions',
    calls: ['ports.reader', 'registry.history', 'registry.revision'],
  },
  'an earlier revision': {
    button: 'at.1700000000',
    title: '## Files',
    calls: ['ports.reader', 'registry.revisionAt', 'registry.revision'],
  },
}
const troubles = Object.keys(TROUBLES) as Trouble[]
const reads = Object.entries(WAYS).flatMap(([screen, { calls }]) =>
  calls.flatMap((call) => troubles.map((trouble) => [screen, call, trouble] as const)),
)

/** No stack, no names of inner parts. */
const expectWords = () => expect(says()).not.toMatch(/TypeError|undefined|arn:aws|at .*\.ts|AbortError/)

describe('a read that fails on the way to a screen', () => {
  it.each(reads)(
    '(%s: %s, %s) leaves the canvas enabled at once, and heals',
    async (screen, call, trouble) => {
      const { button, title } = WAYS[screen]!
      await packaged()
      broken = { name: call, trouble, times: Number.POSITIVE_INFINITY }
      await click(button)
      await pass(2_000)
      expect(asked).toContain(call)
      expect(canvases.enabled('cnvs_1')).toBe(true)
      expectWords()
      expect(says()).toMatch(says().includes('❌') ? /"id":"show"/ : title)

      broken = null
      await click('show')
      await pass(2_000)
      expect(canvases.enabled('cnvs_1')).toBe(true)
      expect(says()).toContain(title)
      expect(says()).not.toContain('❌')
    },
  )
})

const unmet = ['registry.current', 'benchling.entry'].flatMap((call) =>
  troubles.map((trouble) => [call, trouble] as const),
)
describe('an entry that no run of ours has met', () => {
  it.each(unmet)('and whose look-up fails (%s, %s) shows why, enabled, and heals', async (call, trouble) => {
    broken = { name: call, trouble, times: Number.POSITIVE_INFINITY }
    await click('show')
    await pass(2_000)
    expect(asked).toContain(call)
    expect(canvases.enabled('cnvs_1')).toBe(true)
    expectWords()
    expect(says()).toContain('❌')
    broken = null
    await click('show')
    await pass(2_000)
    expect(says()).toContain(NAME)
    expect(says()).toContain('**Packaged**')
  })
})

const calls = ['benchling.canvas', 'benchling.updateCanvas', 'subjects.get', 'subjects.watch']
// Benchling that will not even enable a canvas, for good, is the end: that is in every-road.test.ts.
const forGood: readonly string[] = ['never', 'a missing package', 'an entry that was deleted']
const needed = calls
  .flatMap((call) => troubles.map((trouble) => [call, trouble] as const))
  .filter(([call, trouble]) => call !== 'benchling.updateCanvas' || !forGood.includes(trouble))
  .filter(([call, trouble]) => call !== 'benchling.canvas' || trouble !== 'an entry that was deleted')
describe('a call that no canvas can do without', () => {
  it.each(needed)(
    'and that fails for ten minutes (%s, %s) leaves it enabled in the end',
    async (call, trouble) => {
      await packaged()
      broken = { name: call, trouble, times: Number.POSITIVE_INFINITY }
      await click('files')
      await pass(600_000)
      expect(asked).toContain(call)
      broken = null
      await pass(300_000)
      expect(canvases.enabled('cnvs_1')).toBe(true)
      expectWords()
      await click('show')
      await pass(2_000)
      expect(says()).toContain('## Files')
    },
  )
})

describe('a canvas', () => {
  const lastRun = async (): Promise<RunRecord | undefined> =>
    (await jobs.history.runs({ limit: 1, key: CANVAS }))[0]

  it('whose data cannot be stored says that, enabled, and the next press goes on', async () => {
    await packaged()
    await click('files')
    await pass(2_000)
    const { benchling } = canvases
    const update = benchling.updateCanvas
    Object.assign(benchling, {
      updateCanvas: async (...given: Parameters<typeof update>) => {
        if (given[1].data !== undefined)
          throw new Fault('benchling.rejected', {}, { detail: 'data is too long' })
        return update(...given)
      },
    })
    await click('metadata')
    await pass(2_000)
    expect(canvases.enabled('cnvs_1')).toBe(true)
    expect(says()).toContain('data is too long')
    expect((await lastRun())?.summary).toMatchObject({ shown: 'trouble' })
    Object.assign(benchling, { updateCanvas: update })
    await click('show')
    await pass(2_000)
    expect(says()).toContain('## Metadata')
  })

  it('that was deleted is left alone, and comes back to life with a press', async () => {
    await packaged()
    const lost = canvases.shown.get('cnvs_1')!
    await click('files')
    canvases.shown.delete('cnvs_1')
    await pass(120_000)
    expect(await lastRun()).toMatchObject({ outcome: 'done', summary: { status: 'gone', shown: 'nothing' } })
    expect(await jobs.subjects.get(CANVAS)).toMatchObject({ wanted: 1, done: 1 })
    canvases.shown.set('cnvs_1', lost)
    await click('metadata')
    await pass(2_000)
    expect(says()).toContain('## Metadata')
    expect(canvases.enabled('cnvs_1')).toBe(true)
  })

  it('draws nothing that a press left while it was asked where the canvas is: nobody could press on that', async () => {
    await packaged()
    const { benchling } = canvases
    const ask = benchling.canvas
    Object.assign(benchling, {
      canvas: async (...given: Parameters<typeof ask>) => {
        Object.assign(benchling, { canvas: ask })
        await click('metadata')
        return ask(...given)
      },
    })
    await click('files')
    await pass(2_000)
    expect(canvases.patches.map(({ patch }) => readRouteData(patch.data ?? null)?.screen)).not.toContain(
      'files',
    )
    expect(says()).toContain('## Metadata')
  })

  it('that outlived the records goes on from the route in its data', async () => {
    await packaged()
    canvases.shown.set('cnvs_1', { ...canvases.shown.get('cnvs_1')!, data: routeData(FILES) })
    await click(`last~${stampOf(FILES)}`)
    await pass(2_000)
    expect((await canvasState()).route).toEqual({ ...FILES, page: 1 })
    expect(says()).toContain('## Files')
  })
})
