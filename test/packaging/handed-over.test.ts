import { afterEach, describe, expect, it } from 'vitest'
import { NEW_CANVAS } from '../../src/canvas/canvas-state.ts'
import {
  FIRST_LOOK_MS,
  HANDOVER_TIMEOUT_MS,
  LAST_LOOK_MS,
  OVERDUE_LOOK_MS,
} from '../../src/packaging/hand-over.ts'
import type { PackageName } from '../../src/quilt/types.ts'
import type { Publisher } from '../../src/registry/ports.ts'
import { bare } from './entries.ts'
import { PackagerWorkshop } from './packager-room.ts'

const NAME = 'benchling/EXP1' as PackageName
const FILES = { 'a.pdf': 'PDF', 'data/b.csv': 'b' }
const { signal } = new AbortController()

const shops: PackagerWorkshop[] = []
afterEach(async () => {
  for (const shop of shops.splice(0)) await shop.close()
})

const open = (bent?: Parameters<typeof PackagerWorkshop.open>[1]): PackagerWorkshop => {
  const shop = PackagerWorkshop.open(bare(), bent)
  shop.world.exporting(FILES)
  shops.push(shop)
  return shop
}

/** A workshop whose entry was handed over and waits. */
const handedOver = async (bent?: Parameters<typeof PackagerWorkshop.open>[1]): Promise<PackagerWorkshop> => {
  const shop = open(bent)
  await shop.event()
  await shop.now()
  return shop
}

const exportsOf = (shop: PackagerWorkshop) =>
  shop.world.benchling.asked.filter((what) => what === 'export').length

describe('An entry that was handed to Quilt', () => {
  it('says so in its record, and looks again by itself', async () => {
    const shop = await handedOver()
    const state = await shop.state()
    expect(state).toMatchObject({
      packageName: NAME,
      progress: null,
      failure: null,
      revision: null,
      handedOver: {
        packageName: NAME,
        messageId: 'message-1',
        at: shop.world.clock.now(),
        files: 7,
        overdue: false,
      },
    })
    expect(await shop.looksIn()).toBe(FIRST_LOOK_MS)
    // What waits for its time has not waited for a worker.
    const planned = (await shop.jobs.subjects.get(shop.key))!
    expect(planned.causes.map(({ at }) => at)).toEqual([planned.dueAt])
    const [run] = await shop.runs()
    expect(run!.summary).toMatchObject({
      status: 'handedOver',
      topHash: state.handedOver!.topHash,
      messageId: 'message-1',
      taskId: 'task-1',
    })
  })

  it('exports nothing and asks for nothing while it waits, and looks less and less often', async () => {
    const shop = await handedOver()
    const pauses: (number | null)[] = []
    for (let look = 0; look < 5; look++) {
      await shop.later((await shop.looksIn())!)
      pauses.push(await shop.looksIn())
    }
    expect(pauses).toEqual([15_000, 30_000, 60_000, 60_000, 60_000])
    expect(await shop.statuses()).toEqual(['handedOver', ...Array(5).fill('waiting')])
    expect([exportsOf(shop), shop.packager.sent.length]).toEqual([1, 1])
  })

  it('is confirmed by what `latest` names, and then waits for nothing', async () => {
    const shop = await handedOver()
    const { handedOver: before } = await shop.state()
    const [topHash] = await shop.packager.build()
    await shop.later(FIRST_LOOK_MS)
    expect(topHash).toBe(before!.topHash)
    expect(await shop.state()).toMatchObject({
      handedOver: null,
      revision: { topHash, files: 7, publishedAt: 1_800_000_000_000, unchangedAt: null },
    })
    expect(await shop.looksIn()).toBeNull()
    expect(await shop.statuses()).toEqual(['handedOver', 'confirmed'])
    expect(exportsOf(shop)).toBe(1)
    const [asked, seen] = await shop.runs()
    expect(asked).toMatchObject({
      causes: [{ delivery: 'wh_1', type: 'test' }],
      summary: { messageId: 'message-1', taskId: 'task-1', topHash },
    })
    expect(seen).toMatchObject({
      causes: [{ delivery: 'look:message-1', type: 'look' }],
      summary: { messageId: 'message-1', topHash },
    })
  })

  it('is confirmed by another revision that says the same about the entry', async () => {
    const shop = await handedOver()
    await shop.put({ 'notes.txt': 'added by hand before the packager came to it' })
    const [topHash] = await shop.packager.build()
    expect(topHash).not.toBe((await shop.state()).handedOver!.topHash)
    await shop.later(FIRST_LOOK_MS)
    expect(await shop.state()).toMatchObject({ handedOver: null, revision: { topHash, files: 8 } })
  })

  it('is confirmed by a stack that writes other hashes, also when drawing moved its time', async () => {
    for (const modifiedAt of [bare().modifiedAt, '2026-02-01T00:00:00.000000+00:00']) {
      const shop = await handedOver()
      shop.packager.hashType = 'CRC64NVME'
      const [topHash] = await shop.packager.build()
      shop.world.benchling.entryNow = bare({ modifiedAt })
      await shop.later(FIRST_LOOK_MS)
      expect(await shop.statuses()).toEqual(['handedOver', 'confirmed'])
      expect((await shop.state()).revision).toMatchObject({ topHash })
    }
  })

  it('is overdue after ten minutes, and is still looked at for a day', async () => {
    const shop = await handedOver()
    const start = shop.world.clock.now()
    while (!(await shop.state()).handedOver!.overdue) await shop.later((await shop.looksIn())!)
    expect(shop.world.clock.now() - start).toBe(HANDOVER_TIMEOUT_MS)
    expect(await shop.looksIn()).toBe(OVERDUE_LOOK_MS)
    for (let wait = await shop.looksIn(); wait !== null; wait = await shop.looksIn()) await shop.later(wait)
    expect(shop.world.clock.now() - start).toBe(LAST_LOOK_MS)
    expect((await shop.state()).handedOver).not.toBeNull()
    expect(shop.packager.sent).toHaveLength(1)
  })

  it('is confirmed however late the revision comes', async () => {
    const shop = await handedOver()
    while (!(await shop.state()).handedOver!.overdue) await shop.later((await shop.looksIn())!)
    const [topHash] = await shop.packager.build()
    await shop.later(OVERDUE_LOOK_MS)
    expect(await shop.state()).toMatchObject({ handedOver: null, revision: { topHash } })
  })

  it('is exported and handed over again when somebody presses', async () => {
    const shop = await handedOver()
    await shop.event('press')
    await shop.now()
    expect([exportsOf(shop), shop.packager.sent.length]).toEqual([2, 2])
    expect((await shop.state()).handedOver!.messageId).toBe('message-2')
    await shop.packager.build()
    await shop.later(60_000)
    expect((await shop.state()).handedOver).toBeNull()
  })

  it('is exported anew when the entry changed meanwhile', async () => {
    const shop = await handedOver()
    shop.world.benchling.entryNow = bare({ name: 'Edited' })
    await shop.event()
    await shop.now()
    expect(await shop.statuses()).toEqual(['handedOver', 'handedOver'])
    expect(shop.packager.sent).toHaveLength(2)
    const [, topHash] = await shop.packager.build()
    await shop.later(60_000)
    expect(await shop.state()).toMatchObject({ handedOver: null, revision: { topHash } })
  })

  it('waits for the new revision where only the files of the export changed, not for the one it replaces', async () => {
    const shop = await handedOver()
    const [before] = await shop.packager.build()
    await shop.later(FIRST_LOOK_MS)
    shop.world.exporting({ ...FILES, 'late.csv': 'scanned at last' })
    await shop.event('press')
    await shop.now()
    await shop.later(FIRST_LOOK_MS)
    expect(await shop.statuses()).toEqual(['handedOver', 'confirmed', 'handedOver', 'waiting'])
    expect(await shop.state()).toMatchObject({
      revision: { topHash: before },
      handedOver: { messageId: 'message-2' },
    })
    const [after] = await shop.packager.build()
    await shop.later(60_000)
    expect(await shop.state()).toMatchObject({ handedOver: null, revision: { topHash: after } })
    expect(shop.packager.sent).toHaveLength(2)
  })

  it('keeps waiting when a late event tells of the revision it replaces', async () => {
    const shop = await handedOver()
    let late = ''
    await shop.packager.build(async (event) => {
      late = event
    })
    await shop.later(FIRST_LOOK_MS)
    shop.world.exporting({ ...FILES, 'late.csv': 'scanned at last' })
    await shop.event('press')
    await shop.now()
    await shop.events.handle(late)
    expect((await shop.state()).handedOver).toMatchObject({ messageId: 'message-2' })
  })

  it('is handed over once, however often a canvas that is drawn moves the time of the entry', async () => {
    const shop = await handedOver()
    let moved = 0
    const draws = () => {
      shop.world.benchling.entryNow = bare({ modifiedAt: `2026-02-01T00:00:0${++moved}.000000+00:00` })
    }
    draws()
    await shop.later(FIRST_LOOK_MS)
    draws()
    await shop.later((await shop.looksIn())!)
    expect(await shop.statuses()).toEqual(['handedOver', 'waiting', 'waiting'])
    const [topHash] = await shop.packager.build()
    draws()
    await shop.later((await shop.looksIn())!)
    expect(await shop.statuses()).toEqual(['handedOver', 'waiting', 'waiting', 'confirmed'])
    expect(await shop.state()).toMatchObject({ handedOver: null, revision: { topHash } })
    expect([exportsOf(shop), shop.packager.sent.length, await shop.looksIn()]).toEqual([1, 1, null])
  })

  it('is not exported again by the look that an event made needless, when drawing moved its time', async () => {
    const shop = await handedOver()
    await shop.packager.build(async (event) => void (await shop.events.handle(event)))
    expect((await shop.state()).handedOver).toBeNull()
    shop.world.benchling.entryNow = bare({ modifiedAt: '2026-02-01T00:00:00.000000+00:00' })
    await shop.later(60_000)
    expect(await shop.statuses()).toEqual(['handedOver', 'unchanged'])
    expect([exportsOf(shop), shop.packager.sent.length]).toEqual([1, 1])
  })

  it('is handed over again when an edit was undone before Quilt came to it', async () => {
    const shop = await handedOver()
    await shop.packager.build()
    await shop.later(FIRST_LOOK_MS)
    shop.world.benchling.entryNow = bare({ name: 'Edited', modifiedAt: '2026-02-01T00:00:01.000000+00:00' })
    await shop.event()
    await shop.now()
    shop.world.benchling.entryNow = bare({ modifiedAt: '2026-02-01T00:00:02.000000+00:00' })
    await shop.later(FIRST_LOOK_MS)
    expect(await shop.statuses()).toEqual(['handedOver', 'confirmed', 'handedOver', 'handedOver'])
    const made = await shop.packager.build()
    await shop.later(60_000)
    expect(await shop.state()).toMatchObject({ handedOver: null, revision: { topHash: made.at(-1) } })
  })

  it('asks once when it crashed after it had asked', async () => {
    let crashes = 1
    const shop = await handedOver((ports) => ({
      ...ports,
      publisher: {
        ...ports.publisher,
        publish: async (...given: Parameters<Publisher['publish']>) => {
          const published = await ports.publisher.publish(...given)
          if (crashes-- > 0) throw new Error('crash')
          return published
        },
      },
    }))
    expect((await shop.state()).failure).not.toBeNull()
    await shop.later(10_000)
    expect(await shop.state()).toMatchObject({ failure: null, handedOver: { messageId: 'message-1' } })
    expect(shop.packager.sent).toHaveLength(1)
  })

  it('exports nothing where Quilt could not package it', async () => {
    const shop = await handedOver((ports) => ({
      ...ports,
      publisher: {
        ...ports.publisher,
        ready: () => Promise.reject(new Error('not ready')),
      },
    }))
    expect(exportsOf(shop)).toBe(0)
  })
})

describe('A package of the known system', () => {
  it('serves as the revision that a new one builds on: its other files go, and earlier revisions stay whole', async () => {
    const shop = open()
    const old = await shop.packagedBefore({ 'a.pdf': 'PDF', 'renamed.csv': 'b' }, 'cnvs_Old1')
    await shop.put({ 'by-hand.txt': 'a note' })
    await shop.event()
    await shop.now()
    const topHashes = await shop.packager.build()
    await shop.later(60_000)
    const current = (await shop.registry.current(NAME, signal))!
    expect(topHashes).toEqual([current.topHash])
    const keys = current.entries.map(({ logicalKey }) => logicalKey as string)
    expect(keys).toEqual(expect.arrayContaining(['a.pdf', 'data/b.csv', 'by-hand.txt', 'entry.json']))
    expect(keys).not.toContain('renamed.csv')
    expect(current.header.user_meta).not.toHaveProperty('canvas_id')
    const before = await shop.registry.revision(NAME, old as never, signal)
    for (const { physicalKey } of before.entries) expect(await shop.store.has(physicalKey)).toBe(true)
  })

  it('gives its canvas to us when we package the entry for the first time, once', async () => {
    const shop = open()
    await shop.packagedBefore({ 'a.pdf': 'PDF' }, 'cnvs_Old1')
    await shop.event()
    await shop.now()
    expect(await shop.jobs.subjects.get('canvas:cnvs_Old1')).toMatchObject({
      wanted: expect.any(Number),
      state: { ...NEW_CANVAS, entryId: 'etr_Bare1' },
    })
    expect(await shop.jobs.subjects.watching('entry:etr_Bare1')).toEqual(['canvas:cnvs_Old1'])
    expect(await shop.jobs.subjects.watching('package:memory/benchling/EXP1:entry')).toEqual([shop.key])
    expect((await shop.state()).adopted).toBe(NAME)
  })

  it('gives no canvas that is none of this entry', async () => {
    for (const canvasId of ['cnvs_../../x', 'cnvs_', 'canvas']) {
      const shop = open()
      await shop.packagedBefore({ 'a.pdf': 'PDF' }, canvasId)
      await shop.event()
      await shop.now()
      expect(await shop.jobs.subjects.watching('entry:etr_Bare1')).toEqual([])
    }
  })
})
