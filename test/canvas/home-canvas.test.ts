import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { buttonId, readButton } from '../../src/canvas/buttons.ts'
import { canvasJob } from '../../src/canvas/canvas-job.ts'
import type { PackageReader } from '../../src/canvas/canvas-ports.ts'
import { type CanvasState, NEW_CANVAS } from '../../src/canvas/canvas-state.ts'
import { followButton } from '../../src/canvas/follow.ts'
import type { RecentEntry } from '../../src/canvas/home.ts'
import { linkedPackages } from '../../src/canvas/linked-packages.ts'
import { NO_LINKS } from '../../src/canvas/links.ts'
import type { Key } from '../../src/jobs/ports.ts'
import { press, touchOf } from '../../src/jobs/subject.ts'
import { createWorker, type Worker } from '../../src/jobs/worker.ts'
import { localBell } from '../../src/local/bell.ts'
import { openSqliteJobs, type SqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { NEW_ENTRY } from '../../src/packaging/entry-state.ts'
import type { PackageName, TopHash } from '../../src/quilt/types.ts'
import { type CachedQuery, cachedQuery } from '../../src/registry/cached-query.ts'
import type { FoundPackage } from '../../src/registry/package-query.ts'
import { Canvases } from '../support/canvases.ts'
import { FakeClock } from '../support/clock.ts'

const ID = 'cnvs_1'
const KEY: Key = `canvas:${ID}`
const HASH = 'a'.repeat(64) as TopHash
const log = pino({ level: 'silent' })

let clock: FakeClock
let jobs: SqliteJobs
let canvases: Canvases
let worker: Worker
let query: CachedQuery
let recent: RecentEntry[]
let looks: number
let lookingUp: () => Promise<null>
let search: () => Promise<readonly FoundPackage[]>
let presses = 0

const entry = (displayId: string, more: Partial<RecentEntry> = {}): RecentEntry => ({
  entryId: `etr_${displayId}`,
  packageName: `benchling/${displayId}` as PackageName,
  state: {
    ...NEW_ENTRY,
    displayId,
    packageName: `benchling/${displayId}`,
    revision: { topHash: HASH, files: 1, bytes: 1, publishedAt: clock.now(), unchangedAt: null },
  },
  status: 'idle',
  ...more,
})

/** Every package has one file, named like it. */
const reader = {
  latest: async () => HASH,
  revision: async (name: PackageName) => ({
    name,
    topHash: HASH,
    header: { version: 'v0' as const, message: null, user_meta: {} },
    entries: [{ logicalKey: `${name.split('/')[1]}.csv`, size: 1 }],
  }),
} as unknown as PackageReader

beforeEach(() => {
  clock = new FakeClock()
  jobs = openSqliteJobs(':memory:', { clock })
  canvases = new Canvases()
  recent = []
  looks = 0
  lookingUp = async () => null
  search = async () => []
  query = cachedQuery(
    { find: async () => ({ packages: await search(), complete: true, problem: null }) },
    { clock, log },
  )
  const linked = linkedPackages({
    query,
    bucket: 'lab',
    announce: (topics) => jobs.subjects.touch([], topics),
    log,
  })
  const ports = {
    benchling: canvases.benchling,
    subjects: jobs.subjects,
    clock,
    links: NO_LINKS,
    footer: 'test Rev 1',
    reader: async () => reader,
    bucket: 'lab',
    linked,
    home: {
      recent: async () => {
        looks++
        return recent
      },
      named: () => lookingUp(),
      state: () => null,
    },
  }
  const unused = {
    deadlineMs: 1,
    started: (s: never) => s,
    failed: (s: never) => s,
    run: async () => never(),
  }
  worker = createWorker({
    subjects: jobs.subjects,
    journal: jobs.journal,
    bell: localBell(),
    kinds: { entry: unused, canvas: canvasJob(ports), place: unused },
    clock,
    log,
    owner: 'test',
    concurrency: 4,
    version: '1.0.0',
    random: () => 0.5,
  })
  worker.start()
  canvases.insert(ID, 'app_1')
})

afterEach(async () => {
  await worker.drain(0)
  await query.close()
  await jobs.close()
})

const never = (): never => {
  throw new Error('only canvases are worked on here')
}

const eventually = async (so: () => boolean): Promise<void> => {
  for (let steps = 0; !so(); steps++) {
    if (steps > 500) throw new Error(`it never became so: ${canvases.text(ID)}`)
    await clock.advance(100)
  }
}

/** What a press on this button does, as the door records it. */
const pressed = async (button: string): Promise<void> => {
  canvases.click(ID)
  const at = clock.now()
  const cause = { delivery: `d${++presses}`, type: 'v2.canvas.userInteracted', at, by: null }
  await jobs.subjects.touch([
    touchOf<CanvasState>({
      key: KEY,
      initial: NEW_CANVAS,
      change: (subject) => ({
        ...press(subject, cause),
        state: followButton(subject.state, readButton(button), at),
      }),
    }),
  ])
  await eventually(() => canvases.enabled(ID))
  await worker.idle()
}
const leaves = () =>
  canvases.shown.get(ID)!.blocks.flatMap(({ children }) => (children ?? []) as { [name: string]: string }[])
const clicked = async (label: string): Promise<void> => {
  const id = leaves().find(({ text }) => text === label)?.id
  if (!id) throw new Error(`There is no ${label} in ${canvases.text(ID)}`)
  await pressed(id)
}
const type = (value: string) => {
  const canvas = canvases.shown.get(ID)!
  const blocks = JSON.parse(
    JSON.stringify(canvas.blocks, (_, one) => (one?.id === 'search-text' ? { ...one, value } : one)),
  )
  canvases.shown.set(ID, { ...canvas, blocks })
}
const typed = () => leaves().find(({ id }) => id === 'search-text')?.value
const moved = async (entryId: string) => {
  await jobs.subjects.touch([], [`entry:${entryId}`])
  await clock.advance(12_000)
  await worker.idle()
}
const state = async () => (await jobs.subjects.get(KEY))?.state as CanvasState | undefined

describe('a canvas outside of entries', () => {
  it('remembers what it searches before it shows it, and leads back to it from however far', async () => {
    recent = [entry('EXP1'), entry('EXP2'), entry('OTHER1')]
    await pressed('show')
    type(' exp\u0007 ')
    await clicked('Search')
    expect((await state())?.route).toEqual({ screen: 'home', search: 'exp', page: 0 })
    expect(JSON.parse(canvases.shown.get(ID)!.data!).route).toEqual((await state())?.route)
    expect(canvases.text(ID)).not.toContain('OTHER1')

    await clicked('Browse EXP2')
    for (let times = 0; times < 10; times++) {
      await clicked('Metadata')
      await clicked('Files')
    }
    expect(canvases.text(ID)).toContain('EXP2.csv')
    await clicked('Back to packages')
    expect(canvases.text(ID)).toContain('Packages for “exp”')
    expect(typed()).toBe('exp')
  })

  it('does not search the words of a search that was cleared, nor nothing', async () => {
    recent = [entry('EXP1')]
    await pressed('show')
    type('nothing like it')
    await clicked('Search')
    await clicked('Clear')
    expect([typed(), (await state())?.route]).toEqual([null, { screen: 'home', search: null, page: 0 }])
    type('   ')
    await clicked('Search')
    expect(canvases.text(ID)).toContain('### Latest packages')
  })

  it('does not lose what was typed while Benchling does not answer', async () => {
    recent = [entry('EXP1')]
    await pressed('show')
    type('EXP1')
    canvases.faults.push(new Fault('benchling.unavailable'), new Fault('benchling.timeout'))
    await clicked('Search')
    expect(canvases.text(ID)).toContain('Packages for “EXP1”')
  })

  it('watches what it lists, and no longer what it does not', async () => {
    recent = Array.from({ length: 11 }, (_, at) => entry(`EXP${at}`))
    await pressed('show')
    expect(await jobs.subjects.watching('entry:etr_EXP0')).toEqual([KEY])
    expect(await jobs.subjects.watching('entry:etr_EXP10')).toEqual([])
    await clicked('Next ›')
    expect(await jobs.subjects.watching('entry:etr_EXP0')).toEqual([])
    expect(await jobs.subjects.watching('entry:etr_EXP10')).toEqual([KEY])
    await clicked('Browse EXP10')
    expect(await jobs.subjects.watching('entry:etr_EXP10')).toEqual([KEY])
    expect(await jobs.subjects.watching('package:lab/benchling/EXP10')).toEqual([KEY])
    await clicked('Back to packages')
    expect(await jobs.subjects.watching('package:lab/benchling/EXP10')).toEqual([])
  })

  it('is drawn by itself only when that shows something new, and leaves what is being typed', async () => {
    recent = [entry('EXP1')]
    await pressed('show')
    type('half a wor')
    const { patches } = canvases
    const before = patches.length
    const looked = looks
    await moved('etr_EXP1')
    expect(looks).toBeGreaterThan(looked)
    expect(patches.length).toBe(before)
    recent = [entry('EXP1', { status: 'running' })]
    await moved('etr_EXP1')
    expect(patches.length).toBe(before + 1)
    expect(canvases.text(ID)).toContain('Being packaged')
    expect(typed()).toBe('half a wor')
  })

  it('enables a canvas that shows the right thing but is locked', async () => {
    recent = [entry('EXP1')]
    await pressed('show')
    canvases.click(ID)
    await moved('etr_EXP1')
    expect(canvases.enabled(ID)).toBe(true)
  })

  it('is drawn by itself every ten seconds at most, and no more ten minutes after the last press', async () => {
    recent = [entry('EXP1')]
    await pressed('show')
    const drawn = async () => (await state())?.drawn?.last
    const moves = async (times: number) => {
      let draws = 0
      for (let time = 0; time < times; time++) {
        const before = await drawn()
        await jobs.subjects.touch([], ['entry:etr_EXP1'])
        await clock.advance(1_000)
        if ((await drawn()) !== before) draws++
      }
      return draws
    }
    const draws = await moves(30)
    expect(draws).toBeGreaterThan(0)
    expect(draws).toBeLessThanOrEqual(3)
    await clock.advance(10 * 60_000)
    const last = await drawn()
    await moved('etr_EXP1')
    expect(await drawn()).toBe(last)
    expect(await jobs.subjects.watching('entry:etr_EXP1')).toEqual([])
    await pressed('show')
    expect(await jobs.subjects.watching('entry:etr_EXP1')).toEqual([KEY])
  })

  it('opens nothing but what it lists or found', async () => {
    recent = [entry('EXP1')]
    await pressed('show')
    for (const button of [buttonId({ kind: 'open', tag: '0badc0de' }), buttonId({ kind: 'files' })]) {
      await pressed(button)
      expect(canvases.text(ID)).toContain('## Not listed')
      expect(canvases.text(ID)).not.toContain('.csv')
      expect(canvases.text(ID)).not.toContain('Update package')
      await clicked('Back to packages')
    }
    await clicked('Browse EXP1')
    recent = []
    await clicked('Metadata')
    expect(canvases.text(ID)).toContain('## Not listed')
  })

  it('shows packages of others as soon as they are found, and opens them', async () => {
    let answer = (_: readonly FoundPackage[]) => {}
    search = () => new Promise((resolve) => (answer = resolve))
    await pressed('show')
    type('EXP7')
    await clicked('Search')
    expect(canvases.text(ID)).toContain('Searching for linked packages')
    answer([{ bucket: 'other', name: 'x/y' as PackageName, topHash: null }])
    await eventually(() => canvases.text(ID).includes('x/y'))
    await worker.idle()
    await clicked('Browse x/y')
    expect(canvases.text(ID)).toContain('y.csv')
  })

  it('says what is wrong with a search, with buttons that work', async () => {
    await pressed('show')
    type('EXP1')
    lookingUp = async () => {
      throw new Fault('store.forbidden', { bucket: 'arn:secret' })
    }
    await clicked('Search')
    expect(canvases.text(ID)).toContain('store.forbidden')
    expect(canvases.text(ID)).not.toMatch(/Update package|arn:/)
    await clicked('Show the latest packages')
    expect(canvases.text(ID)).toContain('### Latest packages')
  })

  it('comes back by itself after a registry that did not answer', async () => {
    await pressed('show')
    type('EXP1')
    lookingUp = async () => {
      throw new Fault('store.unavailable')
    }
    await clicked('Search')
    expect(canvases.text(ID)).toContain('The canvas looks again by itself in a moment.')
    lookingUp = async () => null
    await eventually(() => canvases.text(ID).includes('Packages for “EXP1”'))
    expect(typed()).toBe('EXP1')
  })

  it('offers no update when its blocks are refused', async () => {
    await pressed('show')
    canvases.faults.push(new Fault('benchling.rejected', {}, { detail: 'blocks[3] is wrong' }))
    await pressed('show')
    expect(canvases.text(ID)).toContain('is wrong')
    expect(canvases.text(ID)).not.toContain('Update package')
  })
})
