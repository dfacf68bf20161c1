import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { canvasJob } from '../../src/canvas/canvas-job.ts'
import { type CanvasState, NEW_CANVAS } from '../../src/canvas/canvas-state.ts'
import { type LinkedNow, linkedPackages } from '../../src/canvas/linked-packages.ts'
import { type PackageScreen, packageScreen } from '../../src/canvas/screens/package.ts'
import type { Key, Topic } from '../../src/jobs/ports.ts'
import { press, touchOf } from '../../src/jobs/subject.ts'
import { createWorker, type Worker } from '../../src/jobs/worker.ts'
import { localBell } from '../../src/local/bell.ts'
import { openSqliteJobs, type SqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { type EntryState, NEW_ENTRY } from '../../src/packaging/entry-state.ts'
import type { PackageName } from '../../src/quilt/types.ts'
import { type CachedQuery, cachedQuery } from '../../src/registry/cached-query.ts'
import { collectFound, type FoundPackage, type FoundPackages } from '../../src/registry/package-query.ts'
import { Canvases } from '../support/canvases.ts'
import { FakeClock } from '../support/clock.ts'

const LINKS = {
  package: (name: string, bucket = 'own') => `https://c.test/b/${bucket}/packages/${name}`,
  revision: () => null,
  file: () => null,
  isOurs: () => false,
  sync: (name: string, topHash: string | null, bucket = 'own') =>
    `https://c.test/redir/${bucket}/${name}@${topHash}`,
}
const found = (bucket: string | null, name: string): FoundPackage => ({
  bucket,
  name: name as PackageName,
  topHash: null,
})
const many = (count: number) => Array.from({ length: count }, (_, at) => found('lab', `lab/p${1_000 + at}`))

const NOW: LinkedNow = { packages: [], complete: true, searching: false, warning: null }
const draw = (linked: Partial<LinkedNow> | null, more: Partial<PackageScreen> = {}) =>
  packageScreen({
    entry: { ...NEW_ENTRY, displayId: 'EXP1', packageName: 'benchling/EXP1' },
    status: 'idle',
    links: LINKS,
    notice: null,
    footer: 'f',
    linked: linked && { ...NOW, ...linked },
    ...more,
  })
const block = (id: string, ...given: Parameters<typeof draw>) => {
  const one = draw(...given).find((each) => each.id === id)
  return one?.type === 'MARKDOWN' ? one.value : one
}

describe('linked packages on the package screen', () => {
  it('have links of their own bucket', () => {
    expect(block('linked', { packages: [found('lab.two', 'x/a_b')] })).toBe(
      [
        '### Linked packages',
        '',
        '* [x/a\\_b](https://c.test/b/lab.two/packages/x/a_b) in lab.two [[🔄 sync](https://c.test/redir/lab.two/x/a_b@null)]',
      ].join('\n'),
    )
  })

  it('lie in the service’s own registry where they have no bucket', () => {
    expect(block('linked', { packages: [found(null, 'x/a')] })).toContain(
      '* [x/a](https://c.test/b/own/packages/x/a) [',
    )
  })

  it.each([
    [21, true, '* and 1 more'],
    [500, false, '* and at least 480 more'],
    [3, false, '* and perhaps more'],
  ])('are listed up to twenty: %i, complete: %s', (count, complete, last) => {
    const lines = String(block('linked', { packages: many(count), complete })).split('\n')
    expect(lines.at(-1)).toBe(last)
    expect(lines.filter((line) => line.includes('sync'))).toHaveLength(Math.min(20, count))
  })

  it('are no part of it where there are none, or none are searched', () => {
    expect(block('linked', {})).toBeUndefined()
    expect(draw(null)).toEqual(draw({}))
  })

  it('are being searched as long as nothing is known', () => {
    expect(block('linked', { searching: true })).toBe('### Linked packages\n\nSearching for linked packages…')
  })

  it('may be missing, in words of ours at the bottom, whatever AWS said', () => {
    const warning = new Fault('query.failed', { reason: 'arn:aws:s3:::secret' })
    const blocks = draw({ warning })
    expect(blocks.slice(-2).map(({ id }) => id)).toEqual(['warnings', 'footer'])
    expect(block('warnings', { warning })).toMatch(
      /> Linked packages could not be searched\. A search .*`query\.failed`/,
    )
    expect(block('warnings', { warning, packages: many(1) })).toMatch(/> Linked packages may be missing/)
    expect(JSON.stringify(blocks)).not.toContain('arn:')
  })
})

describe('the package screen without a package bucket', () => {
  const bare = (linked: Partial<LinkedNow> | null, more: Partial<PackageScreen> = {}) =>
    draw(linked, { bucketless: true, ...more })
  const state = (...given: Parameters<typeof bare>) =>
    String((bare(...given).find(({ id }) => id === 'state') as { value: string }).value)

  it('says so, lists what references the entry, and offers no update', () => {
    const blocks = bare({ packages: many(1) })
    expect(state({ packages: many(1) })).toBe(
      'ℹ️ No package bucket is configured, so no package is made of this entry.\n\nThe packages below reference this entry.',
    )
    expect(blocks.map(({ id }) => id)).toEqual(['title', 'state', 'actions', 'linked', 'linked-0', 'footer'])
    expect(JSON.stringify(blocks)).not.toContain('Update package')
    expect(JSON.stringify(blocks)).not.toContain('benchling/EXP1')
    expect(blocks[2]).toMatchObject({ children: [{ id: 'show', enabled: true }] })
  })

  it.each<[Partial<LinkedNow> | null, string | null]>([
    [{}, 'No package references this entry yet.'],
    [{ searching: true }, null],
    [{ warning: new Fault('query.failed') }, null],
    [null, null],
  ])('claims nothing about packages it does not know: %j', (linked, line) => {
    expect(state(linked).split('\n\n')[1] ?? null).toBe(line)
  })

  it.each([
    ['queued', '⏳ **Queued**: the entry is read in a moment.'],
    ['running', '⏳ **Reading** the entry.'],
  ] as const)('says what is going on: %s', (status, line) => {
    expect(state(null, { status })).toBe(line)
  })

  it('says why the entry could not be read, with a way to try again', () => {
    const failure = {
      code: 'benchling.forbidden',
      message: 'No.',
      hint: 'Ask.',
      at: 0,
      retryAt: null,
      attempt: 1,
      run: 'r',
    }
    const entry = { ...NEW_ENTRY, failure }
    expect(state(null, { entry })).toContain('**Failed**')
    expect(JSON.stringify(bare(null, { entry }))).toContain('"id":"retry"')
  })
})

describe('a canvas with linked packages', () => {
  const log = pino({ level: 'silent' })
  let clock: FakeClock
  let jobs: SqliteJobs
  let canvases: Canvases
  let worker: Worker
  let cache: CachedQuery
  let answer: () => Promise<FoundPackages>
  let announced: Topic[][]
  let announcing: boolean
  let deliveries = 0

  beforeEach(async () => {
    clock = new FakeClock()
    jobs = openSqliteJobs(':memory:', { clock })
    canvases = new Canvases()
    announced = []
    announcing = true
    answer = async () => collectFound([found('own', 'benchling/EXP1'), found('lab', 'x/a')], true)
    cache = cachedQuery({ find: () => answer() }, { clock, log })
    const linked = linkedPackages({
      query: cache,
      bucket: 'own',
      log,
      announce: async (topics) => {
        announced.push([...topics])
        if (announcing) await jobs.subjects.touch([], topics)
      },
    })
    const ports = {
      benchling: canvases.benchling,
      subjects: jobs.subjects,
      clock,
      links: LINKS,
      footer: 'f',
      reader: async () => null,
      bucket: null,
      linked,
    }
    const unused = {
      deadlineMs: 1,
      started: <S>(s: S) => s,
      failed: <S>(s: S) => s,
      run: () => Promise.reject(),
    }
    worker = createWorker({
      ...jobs,
      bell: localBell(),
      kinds: { entry: unused, canvas: canvasJob(ports), place: unused },
      clock,
      log,
      owner: 'test',
      concurrency: 4,
      version: '1',
      random: () => 0.5,
    })
    worker.start()
    canvases.insert('cnvs_1', 'etr_1')
    await jobs.subjects.record({ id: 'd', receivedAt: 0, type: 't', outcome: 'accepted', facts: {} }, [
      touchOf<EntryState>({
        key: 'entry:etr_1',
        initial: { ...NEW_ENTRY, displayId: 'EXP1', packageName: 'benchling/EXP1' },
        change: (subject) => subject,
      }),
    ])
  })

  afterEach(async () => {
    await worker.drain(0)
    await cache.close()
    await jobs.close()
  })

  const click = async () => {
    await jobs.subjects.record(
      { id: `msg_${++deliveries}`, receivedAt: clock.now(), type: 't', outcome: 'accepted', facts: {} },
      [
        touchOf<CanvasState>({
          key: 'canvas:cnvs_1',
          initial: { ...NEW_CANVAS, entryId: 'etr_1' },
          change: (subject) => press(subject, { delivery: 'd', type: 't', at: clock.now(), by: null }),
        }),
      ],
    )
    await worker.idle()
  }
  const eventually = async (so: () => boolean): Promise<void> => {
    for (let steps = 0; !so(); steps++) {
      if (steps > 900) throw new Error('it never became so')
      await clock.advance(100)
    }
    await worker.idle()
  }
  const shown = () => canvases.text('cnvs_1')
  const watching = (topic: string): Promise<Key[]> => jobs.subjects.watching(topic as Topic)

  it('is drawn without waiting, and again when the search has ended, without its own package', async () => {
    let end = () => {}
    const found = await answer()
    answer = () => new Promise((resolve) => (end = () => resolve(found)))
    await click()
    expect(shown()).toContain('Searching for linked packages…')
    expect(canvases.enabled('cnvs_1')).toBe(true)
    end()
    await eventually(() => shown().includes('[x/a]'))
    expect(shown()).not.toContain('Searching')
    expect(shown()).not.toContain('* [benchling/EXP1]')
    expect(announced).toEqual([['entry:etr_1']])
    expect(canvases.patches).toHaveLength(2)
  })

  it('is drawn again although the process that searched for it could tell nobody', async () => {
    announcing = false
    await click()
    await clock.advance(40_000)
    expect(shown()).toContain('Searching for linked packages…')
    await eventually(() => shown().includes('[x/a]'))
  })

  it('is drawn once more when a later search finds something else, and not when it does not', async () => {
    await click()
    await eventually(() => shown().includes('[x/a]'))
    await clock.advance(120_000)
    await click()
    await clock.advance(10_000)
    const before = canvases.patches.length
    answer = async () => collectFound([found('lab', 'x/b')], true)
    await clock.advance(60_000)
    await click()
    await eventually(() => shown().includes('[x/b]'))
    expect(canvases.patches).toHaveLength(before + 2)
    expect(shown()).not.toContain('[x/a]')
  })

  it('watches the packages it lists, and those only', async () => {
    await click()
    await eventually(() => shown().includes('[x/a]'))
    expect(await watching('package:lab/x/a')).toEqual(['canvas:cnvs_1'])
    expect(await watching('package:own/benchling/EXP1')).toEqual([])
    const before = canvases.patches.length
    await jobs.subjects.touch([], ['package:lab/x/a'])
    await eventually(() => canvases.patches.length > before)
    answer = async () => collectFound(many(30), true)
    await clock.advance(120_000)
    await click()
    await eventually(() => shown().includes('and 10 more'))
    expect(await watching('package:lab/x/a')).toEqual([])
    expect(await watching('package:lab/lab/p1000')).toEqual(['canvas:cnvs_1'])
    expect(await watching('package:lab/lab/p1025')).toEqual([])
  })

  it('watches them no longer when it is gone', async () => {
    await click()
    await eventually(() => shown().includes('[x/a]'))
    canvases.faults.push(new Fault('benchling.not_found'))
    await click()
    expect(await watching('package:lab/x/a')).toEqual([])
  })

  it('keeps watching them while trouble hides them', async () => {
    await click()
    await eventually(() => shown().includes('[x/a]'))
    canvases.faults.push(new Fault('benchling.rejected'))
    await click()
    expect(await watching('package:lab/x/a')).toEqual(['canvas:cnvs_1'])
  })

  it('is drawn with a warning when the search fails, and heals by itself', async () => {
    answer = async () => {
      throw new Fault('query.refused', { reason: 'arn:aws:athena' })
    }
    await click()
    await eventually(() => shown().includes('Linked packages could not be searched.'))
    expect(shown()).not.toContain('arn:')
    expect(canvases.enabled('cnvs_1')).toBe(true)
    answer = async () => collectFound([found('lab', 'x/a')], true)
    await eventually(() => shown().includes('[x/a]'))
    expect(shown()).not.toContain('Warnings')
  })

  it('is drawn although nobody can be told of an answer', async () => {
    await jobs.subjects.watch('canvas:cnvs_1', [])
    const broken = linkedPackages({
      query: cache,
      bucket: null,
      log,
      announce: () => Promise.reject(new Error('store away')),
    })
    const one = { id: 'etr_9', displayId: 'EXP9', packageName: null }
    expect(broken.of(one)).toMatchObject({ searching: true })
    await clock.advance(0)
    expect(broken.of(one)).toMatchObject({ searching: false, packages: { length: 2 } })
    broken.close()
  })
})
