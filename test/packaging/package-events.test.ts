import { afterEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { createLog } from '../../src/base/log.ts'
import type { Key } from '../../src/jobs/ports.ts'
import { newSubject, type touch, touchOf } from '../../src/jobs/subject.ts'
import { LATEST_LAG_MS } from '../../src/packaging/current-revision.ts'
import { type EntryState, NEW_ENTRY } from '../../src/packaging/entry-state.ts'
import { CLOCKS_DIFFER_MS } from '../../src/packaging/event-news.ts'
import { createPackageEvents } from '../../src/packaging/package-events.ts'
import type { PackageName, TopHash } from '../../src/quilt/types.ts'
import { eventOf } from '../registry/memory-packager.ts'
import { draftOf } from '../registry/support.ts'
import { bare } from './entries.ts'
import { PackagerWorkshop } from './packager-room.ts'

const NAME = 'benchling/EXP1' as PackageName
const { signal } = new AbortController()
const OTHER = 'canvas:cnvs_Linked' as Key
const MINE = 'canvas:cnvs_Mine' as Key

const shops: PackagerWorkshop[] = []
afterEach(async () => {
  for (const shop of shops.splice(0)) await shop.close()
})

const open = (): PackagerWorkshop => {
  const shop = PackagerWorkshop.open(bare())
  shop.world.exporting({ 'a.pdf': 'PDF' })
  shops.push(shop)
  return shop
}

const packaged = async (shop = open()): Promise<PackagerWorkshop> => {
  await shop.event()
  await shop.now()
  return shop
}

/** A canvas that watches, and how often it was asked to be drawn since. */
const watcher = async (
  shop: PackagerWorkshop,
  key: Key,
  topic: Parameters<typeof shop.jobs.subjects.watching>[0],
) => {
  const change = (subject: Parameters<typeof touch>[0]) => ({ ...subject, done: subject.wanted })
  await shop.jobs.subjects.touch([{ key, initial: {}, change, watch: [topic] }])
  const before = (await shop.jobs.subjects.get(key))!.wanted
  return async () => (await shop.jobs.subjects.get(key))!.wanted - before
}

const eventAt = (shop: PackagerWorkshop, topHash: string, at = shop.world.clock.now(), more = {}): string =>
  eventOf({ bucket: 'memory', handle: NAME, topHash, at, ...more })

describe('An event that tells of a package revision', () => {
  it('shows that very revision, and draws the canvases of its entry and those it is linked in', async () => {
    const shop = await packaged()
    const mine = await watcher(shop, MINE, shop.key)
    const linked = await watcher(shop, OTHER, `package:memory/${NAME}`)
    const outcomes: unknown[] = []
    const [topHash] = await shop.packager.build(async (body) => {
      outcomes.push(await shop.events.handle(body))
    })
    expect(outcomes).toEqual([{ outcome: 'applied', reason: 'entry' }])
    expect(await shop.state()).toMatchObject({
      handedOver: null,
      revision: {
        topHash,
        files: 6,
        publishedAt: 1_800_000_000_000,
        unchangedAt: null,
        announcedAt: shop.world.clock.now(),
      },
    })
    expect([await mine(), await linked()]).toEqual([1, 1])
  })

  it('is believed before `latest` names the revision: nothing is exported anew meanwhile', async () => {
    const shop = await packaged()
    const [topHash] = await shop.packager.build(async (body) => {
      await shop.events.handle(body)
      await shop.later(15_000)
    })
    expect(await shop.statuses()).toEqual(['handedOver', 'unchanged'])
    expect(await shop.state()).toMatchObject({ revision: { topHash, unchangedAt: null }, handedOver: null })
    expect(shop.packager.sent).toHaveLength(1)
    expect(await shop.looksIn()).toBeNull()
  })

  it('is believed for a minute: what `latest` names afterwards counts', async () => {
    const shop = await packaged()
    let told = 0
    await shop.packager.build(async (body) => {
      if (told++ > 0) return
      await shop.events.handle(body)
      await shop.later(LATEST_LAG_MS + 1)
    })
    expect(await shop.statuses()).toEqual(['handedOver', 'handedOver'])
  })

  it('confirms although the run that handed over has not ended yet', async () => {
    const shop = PackagerWorkshop.open(bare(), (ports) => ({
      ...ports,
      publisher: {
        ...ports.publisher,
        publish: async (...given) => {
          const published = await ports.publisher.publish(...given)
          await shop.packager.build(async (body) => void (await shop.events.handle(body)))
          return published
        },
      },
    }))
    shops.push(shop)
    shop.world.exporting({ 'a.pdf': 'PDF' })
    await packaged(shop)
    const { topHash } = (await shop.registry.current(NAME, signal))!
    expect(await shop.state()).toMatchObject({ revision: { topHash }, handedOver: null })
  })

  it('confirms what was overdue', async () => {
    const shop = await packaged()
    while (!(await shop.state()).handedOver!.overdue) await shop.later((await shop.looksIn())!)
    await shop.packager.build(async (body) => void (await shop.events.handle(body)))
    expect((await shop.state()).handedOver).toBeNull()
  })

  it('of another revision does not confirm', async () => {
    const shop = await packaged()
    const [first] = await shop.packager.build()
    shop.world.benchling.entryNow = bare({ name: 'Edited' })
    await packaged(shop)
    expect(await shop.events.handle(eventAt(shop, first!))).toEqual({ outcome: 'applied', reason: 'entry' })
    expect(await shop.state()).toMatchObject({
      revision: { topHash: first },
      handedOver: { messageId: 'message-2' },
    })
  })

  it('is dropped when it is told again', async () => {
    const shop = await packaged()
    let event = ''
    await shop.packager.build(async (body) => {
      event = body
      await shop.events.handle(body)
    })
    const linked = await watcher(shop, OTHER, `package:memory/${NAME}`)
    expect(await shop.events.handle(event)).toEqual({ outcome: 'dropped', reason: 'known' })
    expect(await linked()).toBe(0)
  })

  it('draws linked canvases also when the entry knows of the revision already', async () => {
    const shop = await packaged()
    const [topHash] = await shop.packager.build()
    await shop.later(15_000)
    const { revision } = await shop.state()
    const linked = await watcher(shop, OTHER, `package:memory/${NAME}`)
    expect(await shop.events.handle(eventAt(shop, topHash!))).toMatchObject({ outcome: 'applied' })
    expect(await linked()).toBe(1)
    expect((await shop.state()).revision).toEqual({ ...revision, announcedAt: shop.world.clock.now() })
  })

  it.each([
    ['long before what the record shows', -CLOCKS_DIFFER_MS - 1_000],
    ['at nearly the same time, by the order of the pointers', 0],
  ])('is dropped when it is over: %s', async (_, ms) => {
    const shop = await packaged()
    const [first] = await shop.packager.build()
    shop.world.benchling.entryNow = bare({ name: 'Edited' })
    await packaged(shop)
    const events: string[] = []
    const [second] = await shop.packager.build(async (body) => void events.push(body))
    expect(await shop.events.handle(events[0]!)).toMatchObject({ outcome: 'applied' })
    const { publishedAt } = (await shop.state()).revision!
    expect(await shop.events.handle(eventAt(shop, first!, publishedAt + ms))).toEqual({
      outcome: 'dropped',
      reason: 'stale',
    })
    expect((await shop.state()).revision).toMatchObject({ topHash: second })
  })

  it('is dropped when its manifest is gone, after a little patience', async () => {
    const shop = await packaged()
    const handled = shop.events.handle(eventAt(shop, 'f'.repeat(64)))
    for (let tries = 0; tries < 3; tries++) await shop.world.clock.advance(2_000)
    expect(await handled).toEqual({ outcome: 'dropped', reason: 'missing' })
  })

  it.each([
    ['another bucket', { bucket: 'elsewhere' }],
    ['another prefix', { handle: 'team/EXP1' }],
  ])('is dropped when it is foreign: %s', async (_, more) => {
    const shop = await packaged()
    expect(await shop.events.handle(eventAt(shop, 'a'.repeat(64), 0, more))).toEqual({
      outcome: 'dropped',
      reason: 'foreign',
    })
  })

  it.each([
    ['another bucket', { bucket: 'elsewhere' }, 'package:elsewhere/benchling/EXP1' as const],
    ['another prefix', { handle: 'team/EXP1' }, 'package:memory/team/EXP1' as const],
  ])('draws the canvases that show a package as linked: %s', async (_, more, topic) => {
    const shop = await packaged()
    const linked = await watcher(shop, OTHER, topic)
    expect(await shop.events.handle(eventAt(shop, 'a'.repeat(64), 0, more))).toEqual({
      outcome: 'applied',
      reason: 'watched',
    })
    expect(await linked()).toBe(1)
  })

  const sound = JSON.parse(eventOf({ bucket: 'memory', handle: NAME, topHash: 'a'.repeat(64), at: 0 }))
  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['another source', { source: 'com.example' }],
    ['another type', { 'detail-type': 'package-objects-ready' }],
    ['no time', { time: undefined }],
    ['no detail', { detail: null }],
    ['a deletion', { detail: { ...sound.detail, type: 'deleted' } }],
    ['no top hash', { detail: { ...sound.detail, topHash: undefined } }],
    ['a short top hash', { detail: { ...sound.detail, topHash: 'a96bf01' } }],
    ['no package name', { detail: { ...sound.detail, handle: '../benchling/EXP1' } }],
    ['no bucket name', { detail: { ...sound.detail, bucket: 'a b' } }],
  ])('is dropped when it is not understood: %s', async (_, part) => {
    const shop = open()
    const body = typeof part === 'string' ? part : JSON.stringify({ ...sound, ...part })
    expect(await shop.events.handle(body)).toEqual({ outcome: 'dropped', reason: 'not-understood' })
  })

  it('comes back when what went wrong may pass', async () => {
    const shop = await packaged()
    for (const code of ['store.unavailable', 'store.forbidden'] as const) {
      const events = createPackageEvents({
        subjects: shop.jobs.subjects,
        registry: { ...shop.registry, revision: () => Promise.reject(new Fault(code)) },
        adoptCanvas: shop.world.ports.adoptCanvas,
        clock: shop.world.clock,
        log: createLog('silent'),
        place: () => ({ bucket: 'memory', prefix: 'benchling' }),
      })
      await expect(events.handle(eventAt(shop, 'a'.repeat(64)))).rejects.toMatchObject({ code })
    }
  })

  it('counts what became of it', async () => {
    const shop = open()
    const counted: unknown[] = []
    const touched: Key[][] = []
    const events = createPackageEvents({
      subjects: shop.jobs.subjects,
      registry: shop.registry,
      adoptCanvas: shop.world.ports.adoptCanvas,
      clock: shop.world.clock,
      log: createLog('silent'),
      place: () => null,
      metrics: { count: (...given) => void counted.push(given), observe: () => {}, gauge: () => {} },
      onTouched: (keys) => void touched.push([...keys]),
    })
    await watcher(shop, OTHER, `package:memory/${NAME}`)
    await events.handle('{')
    await events.handle(eventAt(shop, 'a'.repeat(64)))
    expect(counted).toEqual([
      ['package_events', 1, { outcome: 'dropped', reason: 'not-understood' }],
      ['package_events', 1, { outcome: 'applied', reason: 'watched' }],
    ])
    expect(touched).toEqual([[OTHER]])
  })
})

describe('An event of a package under our prefix that nobody knows', () => {
  it('adopts the canvas that the known system wrote down, with its entry and revision', async () => {
    const shop = open()
    const topHash = await shop.packagedBefore({ 'a.pdf': 'PDF' }, 'cnvs_Old1')
    expect(await shop.events.handle(eventAt(shop, topHash))).toEqual({
      outcome: 'applied',
      reason: 'adopted',
    })
    expect(await shop.jobs.subjects.get('canvas:cnvs_Old1')).toMatchObject({
      state: { entryId: 'etr_Bare1' },
    })
    expect(await shop.jobs.subjects.watching(shop.key)).toEqual(['canvas:cnvs_Old1'])
    expect(await shop.jobs.subjects.get(shop.key)).toMatchObject({
      wanted: 0,
      state: { packageName: NAME, displayId: 'EXP1', adopted: NAME, revision: { topHash, files: 6 } },
    })
    // A later one finds the entry by its package.
    expect(await shop.events.handle(eventAt(shop, topHash))).toEqual({ outcome: 'dropped', reason: 'known' })
  })

  it('is foreign without a canvas, or when it was made from no entry', async () => {
    const shop = open()
    const topHash = await shop.packagedBefore({ 'a.pdf': 'PDF' }, null)
    expect(await shop.events.handle(eventAt(shop, topHash))).toEqual({
      outcome: 'dropped',
      reason: 'foreign',
    })
    const draft = await draftOf(shop.registry, { 'a.txt': 'a' })
    const { topHash: byHand } = await shop.registry.publish(draft, signal)
    expect(await shop.events.handle(eventAt(shop, byHand))).toEqual({ outcome: 'dropped', reason: 'foreign' })
    expect(await shop.jobs.subjects.get(shop.key)).toBeNull()
  })

  it('tells an entry that has a record, but was packaged before it listened', async () => {
    const shop = open()
    const topHash = await shop.packagedBefore({ 'a.pdf': 'PDF' }, null)
    await shop.jobs.subjects.touch([
      touchOf<EntryState>({ key: shop.key, initial: NEW_ENTRY, change: (s) => s }),
    ])
    expect(await shop.events.handle(eventAt(shop, topHash))).toEqual({ outcome: 'applied', reason: 'entry' })
    expect(await shop.state()).toMatchObject({ packageName: NAME, revision: { topHash } })
  })

  it('leaves an entry alone whose package has another name', async () => {
    const shop = open()
    const topHash = await shop.packagedBefore({ 'a.pdf': 'PDF' }, 'cnvs_Old1')
    const state = { ...NEW_ENTRY, packageName: 'benchling/EXP2' }
    await shop.jobs.subjects.touch([touchOf<EntryState>({ key: shop.key, initial: state, change: (s) => s })])
    expect(await shop.events.handle(eventAt(shop, topHash))).toEqual({
      outcome: 'dropped',
      reason: 'foreign',
    })
    expect(await shop.jobs.subjects.get('canvas:cnvs_Old1')).toBeNull()
  })
})

describe('A record that changes while an event is taken', () => {
  const racing = (shop: PackagerWorkshop, always: boolean) => {
    let races = 1
    return createPackageEvents({
      subjects: {
        ...shop.jobs.subjects,
        touch: async (touches, announce) => {
          if (always || races-- > 0)
            await shop.jobs.subjects.change(shop.key, (subject) => {
              const state = subject.state as unknown as EntryState
              const topHash = `${Math.random()}`.slice(2).padEnd(64, '0') as TopHash
              const revision = { topHash, files: 0, bytes: 0, publishedAt: 0, unchangedAt: null }
              return { ...subject, state: { ...state, revision } }
            })
          return shop.jobs.subjects.touch(touches, announce)
        },
      },
      registry: shop.registry,
      adoptCanvas: shop.world.ports.adoptCanvas,
      clock: shop.world.clock,
      log: createLog('silent'),
      place: () => ({ bucket: 'memory', prefix: 'benchling' }),
    })
  }

  it('is looked at again', async () => {
    const shop = await packaged()
    const [topHash] = await shop.packager.build()
    await racing(shop, false).handle(eventAt(shop, topHash!))
    expect((await shop.state()).revision).toMatchObject({ topHash })
  })

  it('makes the event come back when it does not come to rest', async () => {
    const shop = await packaged()
    const [topHash] = await shop.packager.build()
    await expect(racing(shop, true).handle(eventAt(shop, topHash!))).rejects.toMatchObject({
      code: 'jobs.store_unavailable',
    })
  })
})

it('a record of an earlier version, without what was added, is told like any other', async () => {
  const shop = open()
  const topHash = await shop.packagedBefore({ 'a.pdf': 'PDF' }, null)
  const { handedOver: _, adopted: __, ...old } = NEW_ENTRY
  await shop.jobs.subjects.touch([{ key: shop.key, initial: old, change: (s) => s }])
  expect(newSubject(shop.key, old).state).not.toHaveProperty('handedOver')
  expect(await shop.events.handle(eventAt(shop, topHash))).toMatchObject({ outcome: 'applied' })
  await shop.event()
  await shop.now()
  expect((await shop.state()).handedOver).toMatchObject({ messageId: 'message-2' })
})
