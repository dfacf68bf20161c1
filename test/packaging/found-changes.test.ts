import { describe, expect, it } from 'vitest'
import { contentDigest } from '../../src/packaging/content-digest.ts'
import {
  eventCause,
  modifiedCause,
  newestByBenchling,
  nothingDelivered,
} from '../../src/packaging/found-cause.ts'
import { packageEntry } from '../../src/packaging/package-entry.ts'
import type { PackageName } from '../../src/quilt/types.ts'
import { bare } from './entries.ts'
import { UPDATED, World } from './world.ts'

const NAME = 'benchling/EXP1' as PackageName
const FOUND = modifiedCause('look-1', Date.parse('2026-05-01T00:00:00Z'))
const EVENT = eventCause({
  ...{ id: 'evt_1', type: 'v2.entry.updated.fields', createdAt: '2026-05-02T00:00:00Z' },
  ...{ entryId: 'etr_Bare1', archived: false },
})
const LOOK = { delivery: 'look:message-1', type: 'look', at: Date.now(), by: null }
const PRESS = { delivery: 'wh_9', type: 'v2.canvas.userInteracted', at: Date.now(), by: 'ent_1' }

const packagedOnce = async (): Promise<World> => {
  const world = new World(bare())
  world.exporting({ 'a.pdf': 'PDF' })
  await packageEntry(await world.job(world.run()), world.ports)
  world.exporting({ 'a.pdf': 'PDF made anew' })
  return world
}

const again = async (world: World, more: Parameters<World['run']>[0]) =>
  packageEntry(await world.job(world.run(more)), world.ports)

const LATER = '2026-05-01T00:00:00.123456+00:00'

describe('A run that only the reconciler asked for', () => {
  it('makes no revision where the entry’s time moved and nothing else', async () => {
    for (const causes of [[FOUND], [EVENT], [FOUND, EVENT]]) {
      const world = await packagedOnce()
      world.benchling.entryNow = bare({ modifiedAt: LATER })
      expect(await again(world, { causes })).toMatchObject({ status: 'unchanged', export: null })
      expect(world.memory.published).toHaveLength(1)
    }
  })

  it('makes one where the entry says something else', async () => {
    const world = await packagedOnce()
    world.benchling.entryNow = bare({ modifiedAt: LATER, name: 'Assay, corrected' })
    expect(await again(world, { causes: [FOUND] })).toMatchObject({ status: 'published' })
    expect(world.memory.latest(NAME)!.header.message).toBe('Benchling entry modified at 2026-05-01T00:00:00Z')
  })

  it('makes one where a delivery or a person asked, too', async () => {
    for (const more of [{ causes: [FOUND, UPDATED] }, { causes: [FOUND], forced: true }, { causes: [] }]) {
      const world = await packagedOnce()
      world.benchling.entryNow = bare({ modifiedAt: LATER })
      expect(await again(world, more)).toMatchObject({ status: 'published' })
    }
  })

  it('makes one where the facts of the package are gone or are no facts', async () => {
    const lost = await packagedOnce()
    const facts = lost.memory
      .latest(NAME)!
      .entries.find(({ logicalKey }) => logicalKey === 'entry_data.json')!
    lost.memory.objects.delete(facts.physicalKey)
    lost.benchling.entryNow = bare({ modifiedAt: LATER })
    expect(await again(lost, { causes: [FOUND] })).toMatchObject({ status: 'published' })

    const spoilt = await packagedOnce()
    spoilt.memory.objects.set(facts.physicalKey, Buffer.from('x'.repeat(facts.size)))
    spoilt.benchling.entryNow = bare({ modifiedAt: LATER })
    expect(await again(spoilt, { causes: [FOUND] })).toMatchObject({ status: 'published' })
  })
})

describe('What a run read', () => {
  it('is in the record at once, for the reconciler to compare with', async () => {
    const world = await packagedOnce()
    const state = world.states.at(-1)!
    expect(state.seenModifiedAt).toBe(bare().modifiedAt)
    expect(state.seenDigest).toBe(contentDigest(bare()))
  })

  it('has one digest whatever its time, and another one when anything else differs', () => {
    const digest = contentDigest(bare())
    expect(contentDigest(bare({ modifiedAt: LATER }))).toBe(digest)
    expect(contentDigest(bare({ name: 'Other' }))).not.toBe(digest)
    expect(
      contentDigest(bare({ days: [{ date: '2026-01-02', notes: [{ type: 'text', text: 'x' }] }] })),
    ).not.toBe(digest)
  })
})

describe('Causes', () => {
  it('are found ones or not', () => {
    expect(
      [[FOUND], [FOUND, EVENT], [FOUND, UPDATED], [LOOK], [LOOK, PRESS], [PRESS], []].map(nothingDelivered),
    ).toEqual([true, true, false, true, false, false, false])
  })

  it('tell by Benchling’s clock up to when nothing was missed; presses have ours', () => {
    expect(newestByBenchling([])).toBe(0)
    expect(newestByBenchling([PRESS])).toBe(0)
    expect(newestByBenchling([PRESS, EVENT, FOUND, UPDATED])).toBe(Date.parse('2026-05-02T00:00:00Z'))
  })
})
