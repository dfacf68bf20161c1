import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/base/errors.ts'
import { Fault } from '../../src/base/fault.ts'
import type { Archive } from '../../src/export/archive.ts'
import type { PackagingPorts } from '../../src/packaging/ports.ts'
import type { PackageName } from '../../src/quilt/types.ts'
import type { Registry } from '../../src/registry/ports.ts'
import { verifyRevision } from '../../src/registry/verify-revision.ts'
import { bare } from './entries.ts'
import { memoryArchive } from './memory-archive.ts'
import { bucketRoom, folderRoom, type Room, referenced, Workshop } from './workshop.ts'
import { onRegistry } from './world.ts'

const NAME = 'benchling/EXP1' as PackageName
const { signal } = new AbortController()
const FILES = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`data/${n}.csv`, `file ${n}`]))

/** An archive of which one member is not what its directory says. */
const faulty = (files: Readonly<Record<string, string>>, code: ErrorCode, at = 6): Archive => {
  const whole = memoryArchive(files)
  return {
    ...whole,
    requests: 1,
    async *read(span, inner) {
      for await (const body of whole.read(span, inner)) {
        const chunks = (async function* () {
          yield* body.chunks
          throw new Fault(code)
        })()
        yield body.member.index === at ? { ...body, chunks } : body
      }
    },
  }
}

/** A registry whose next `publish` calls do something else. */
const publishing = (
  bend: (publish: Registry['publish'], ...given: Parameters<Registry['publish']>) => unknown,
) => {
  let bends = 1
  return (ports: PackagingPorts): PackagingPorts => ({
    ...ports,
    ...onRegistry({
      ...ports.registry,
      publish: async (...given) => {
        if (bends-- > 0) await bend(ports.registry.publish, ...given)
        return ports.registry.publish(...given)
      },
    }),
  })
}

const down = async (): Promise<never> => {
  throw new Fault('store.unavailable')
}

describe.each([
  ['a folder', folderRoom],
  ['a bucket with versions', bucketRoom('enabled')],
  ['a bucket without versions', bucketRoom('off')],
] as const)('In %s', (_, open) => {
  let room: Room
  const shops: Workshop[] = []
  beforeEach(async () => {
    room = await open()
  })
  afterEach(async () => {
    for (const shop of shops.splice(0)) await shop.close()
    await room.close()
  })
  const workshop = (entry = bare(), bent?: (ports: PackagingPorts) => PackagingPorts): Workshop => {
    const shop = new Workshop(room, entry, bent)
    shops.push(shop)
    shop.world.exporting(FILES)
    return shop
  }
  const outcomes = async (shop: Workshop) => (await shop.runs()).map((run) => run.code ?? run.summary.status)
  /** Every object is named by a revision, and every revision is whole. */
  const nothingLeft = async (shop: Workshop) => {
    expect((await room.objects()).sort()).toEqual(await referenced(shop.registry))
    for (const name of await shop.registry.packages(signal))
      for (const { topHash } of await shop.registry.revisions(name, signal))
        await verifyRevision(shop.registry, await shop.registry.revision(name, topHash, signal), signal)
  }

  it.each(['archive.overlap', 'archive.member_invalid'] as const)(
    'nothing at all is left of a first run that is buried with %s',
    async (code) => {
      const shop = workshop()
      shop.world.exportingArchive(faulty(FILES, code))
      await shop.event()
      await shop.work()
      expect(await outcomes(shop)).toEqual([code])
      expect(await room.objects()).toEqual([])
    },
  )

  it('the package stays as it was when a later run is buried', async () => {
    const shop = workshop()
    await shop.event()
    await shop.work()
    const before = (await room.objects()).sort()
    shop.world.exportingArchive(
      faulty({ ...FILES, 'data/0.csv': 'new', 'more.csv': 'more' }, 'archive.overlap'),
    )
    await shop.event('press')
    await shop.work()
    expect(await outcomes(shop)).toEqual(['published', 'archive.overlap'])
    expect((await room.objects()).sort()).toEqual(before)
    await nothingLeft(shop)
  })

  it('nothing is left of an export that had to be made anew', async () => {
    const shop = workshop()
    shop.world.exportingArchive(faulty({ ...FILES, 'only/here.csv': 'old' }, 'archive.truncated'))
    await shop.event()
    await shop.work(1)
    expect(await room.objects()).toEqual([])
    shop.world.exporting(FILES)
    await shop.work()
    expect(await outcomes(shop)).toEqual(['published'])
    await nothingLeft(shop)
  })

  it('nothing is left of an export whose entry changed before it was published', async () => {
    const shop = workshop(bare(), publishing(down))
    shop.world.exporting({ ...FILES, 'data/0.csv': 'old' })
    await shop.event()
    await shop.work(1)
    shop.world.benchling.entryNow = bare({ name: 'Edited' })
    shop.world.exporting(FILES)
    await shop.work()
    expect(await outcomes(shop)).toEqual(['published'])
    await nothingLeft(shop)
  })

  it('nothing is left of a run that ends unchanged because the entry is again what it was', async () => {
    let fails = false
    const shop = workshop(bare(), (ports) => ({
      ...ports,
      ...onRegistry({
        ...ports.registry,
        publish: (...given) => (fails ? down() : ports.registry.publish(...given)),
      }),
    }))
    await shop.event()
    await shop.work()
    fails = true
    shop.world.benchling.entryNow = bare({ name: 'Edited' })
    shop.world.exporting({ ...FILES, 'data/0.csv': 'edited' })
    await shop.event()
    await shop.work(1)
    expect(await room.objects()).not.toEqual(await referenced(shop.registry))
    shop.world.benchling.entryNow = bare()
    await shop.work()
    expect(await outcomes(shop)).toEqual(['published', 'unchanged'])
    await nothingLeft(shop)
  })

  it('nothing is left of a run that another one took the place of', async () => {
    const shop = workshop(bare(), publishing(down))
    shop.world.exporting({ ...FILES, 'data/0.csv': 'old' })
    await shop.event()
    await shop.work(1)
    shop.world.exporting(FILES)
    await shop.event('press')
    await shop.work()
    expect(await outcomes(shop)).toEqual(['published'])
    await nothingLeft(shop)
  })

  it('a crash right before anything is published costs no upload and leaves nothing', async () => {
    const shop = workshop(bare(), publishing(down))
    await shop.event()
    await shop.work(1)
    const stored = (await room.objects()).sort()
    expect(stored.length).toBeGreaterThan(9)
    await shop.work()
    expect(await outcomes(shop)).toEqual(['published'])
    await nothingLeft(shop)
    expect(await room.objects()).toHaveLength(stored.length)
  })

  it.each(['manifest', 'pointer', 'latest'])(
    'a crash right before the %s is written leaves nothing in the end',
    async (what) => {
      const fits = { manifest: /packages\/[0-9a-f]{64}$/, pointer: /\/\d{10}$/, latest: /\/latest$/ }[what]!
      const { write } = room.store
      let crashes = 1
      room.store.write = async (key, ...given) => {
        if (fits.test(key) && crashes-- > 0) throw new Error('crash')
        return write.call(room.store, key, ...given)
      }
      const shop = workshop()
      await shop.event()
      await shop.work()
      expect(await outcomes(shop)).toEqual(['published'])
      expect(await shop.registry.revisions(NAME, signal)).toHaveLength(1)
      await nothingLeft(shop)
    },
  )

  it('a crash right after publishing leaves one revision and nothing else', async () => {
    const crash = publishing(async (publish, ...given) => {
      await publish(...given)
      throw new Error('crash')
    })
    const shop = workshop(bare(), crash)
    await shop.event()
    await shop.work()
    expect(await outcomes(shop)).toEqual(['published'])
    expect(await shop.registry.revisions(NAME, signal)).toHaveLength(1)
    await nothingLeft(shop)
  })

  it('two entries with equal content do not disturb each other when one fails and one succeeds at once', async () => {
    const fails = workshop(bare({ id: 'etr_Fails', displayId: 'EXP2' }))
    const succeeds = workshop()
    fails.world.exportingArchive(faulty(FILES, 'archive.overlap', 8))
    await Promise.all([fails.event(), succeeds.event()])
    await Promise.all([fails.work(), succeeds.work()])
    expect([await outcomes(fails), await outcomes(succeeds)]).toEqual([['archive.overlap'], ['published']])
    expect(await succeeds.registry.packages(signal)).toEqual([NAME])
    await nothingLeft(succeeds)
  })

  it('files of equal content are no reason for another revision', async () => {
    const shop = workshop()
    shop.world.exporting({
      'a.csv': 'same',
      'b/c.csv': 'same',
      'd.csv': 'same',
      'empty 1': '',
      'empty 2': '',
    })
    await shop.event()
    await shop.work()
    await shop.event('press')
    await shop.work()
    expect(await outcomes(shop)).toEqual(['published', 'unchanged'])
    await nothingLeft(shop)
  })

  it('an object that somebody removed is stored again, and a revision names it', async () => {
    const shop = workshop()
    await shop.event()
    await shop.work()
    const { entries } = (await shop.registry.current(NAME, signal))!
    const lost = entries.find(({ logicalKey }) => logicalKey === 'data/3.csv')!.physicalKey
    if (room.bucket) await room.store.discard(lost.split('/')[5]!, [lost], new Set(), signal)
    else await (await import('node:fs/promises')).rm(new URL(lost))
    expect(await room.objects()).not.toContain(lost)
    await shop.event('press')
    await shop.work()
    const current = (await shop.registry.current(NAME, signal))!
    expect(await verifyRevision(shop.registry, current, signal)).toMatchObject({ files: entries.length })
  })
})
