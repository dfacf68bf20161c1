import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import type { Journal } from '../../src/jobs/ports.ts'
import { RunSteps } from '../../src/jobs/steps.ts'
import { discardEntry } from '../../src/packaging/discard-entry.ts'
import { createShelf, originOf } from '../../src/packaging/shelf.ts'
import type { TopHash } from '../../src/quilt/types.ts'
import type { Registry } from '../../src/registry/ports.ts'
import { body, entriesOf, NAME, signal } from '../registry/support.ts'
import { bare } from './entries.ts'
import { MemoryJournal, World } from './world.ts'

const KEY = 'data/a.csv' as never
const ORIGIN = originOf('a')

/** A run of one file over a registry in memory; `removed` is what the registry was told to remove. */
const lab = async (journal: Journal = new MemoryJournal()) => {
  const world = new World(bare())
  const run = world.run()
  const removed: string[] = []
  const port = world.memory.port()
  const registry: Registry = {
    ...port,
    discard: async (id, written, kept, inner) => {
      removed.push(...written)
      await port.discard(id, written, kept, inner)
    },
  }
  const hooks = { onStep: () => {}, onFenced: () => {} }
  /** The run as a process sees it that takes it over now. */
  const open = async () => {
    const steps = await RunSteps.open({ journal, key: 'entry:e', run, clock: world.clock, hooks })
    const shelf = createShelf({
      registry,
      name: NAME,
      current: null,
      run: run.id,
      steps,
      onFile: async () => {},
    })
    const leftover = { run: run.id, steps, held: true, signal, log: (await world.job()).log }
    return { steps, shelf, bury: () => discardEntry(registry, leftover) }
  }
  return { world, registry, removed, open }
}

describe('The objects of a run', () => {
  it('are removed when it comes to nothing, and not counted on afterwards', async () => {
    const { removed, open } = await lab()
    const first = await open()
    const { physicalKey } = await first.shelf.keep(KEY, ORIGIN, body('a'), signal)
    await first.steps.flush()
    const second = await open()
    expect(await second.shelf.recall(KEY, ORIGIN, signal)).toMatchObject({ physicalKey })
    await second.bury()
    expect(removed).toEqual([physicalKey])
    // A crash before the end of the run was written: whoever goes on stores it again.
    const third = await open()
    expect(await third.shelf.recall(KEY, ORIGIN, signal)).toBeNull()
  })

  it('are not counted on from the moment their removal is written down, even if they are there yet', async () => {
    const { world, registry, open } = await lab()
    const first = await open()
    await first.shelf.keep(KEY, ORIGIN, body('a'), signal)
    registry.discard = () => Promise.reject(new Fault('store.unavailable'))
    await expect(first.shelf.clear([], signal)).rejects.toThrow('store.unavailable')
    expect(world.memory.objects.size).toBe(1)
    expect(await (await open()).shelf.recall(KEY, ORIGIN, signal)).toBeNull()
  })

  it('are never removed by who lost the run to another process', async () => {
    const records = new MemoryJournal()
    let lost = false
    const journal: Journal = {
      steps: () => records.steps(),
      append: async (...given) => {
        if (lost) throw new Fault('jobs.fenced')
        await records.append(...given)
      },
    }
    const { removed, open } = await lab(journal)
    const first = await open()
    await first.shelf.keep(KEY, ORIGIN, body('a'), signal)
    await first.steps.flush()
    const again = await open()
    lost = true
    await expect(first.shelf.clear([], signal)).rejects.toMatchObject({ code: 'jobs.fenced' })
    await expect(again.bury()).rejects.toMatchObject({ code: 'jobs.fenced' })
    expect(removed).toEqual([])
  })

  it('are never removed once the run has begun to publish, whoever goes on with it', async () => {
    const { removed, open } = await lab()
    const first = await open()
    await first.shelf.keep(KEY, ORIGIN, body('a'), signal)
    await first.shelf.publishing('t' as TopHash)
    await first.shelf.clear([], signal)
    const second = await open()
    await second.shelf.clear([], signal)
    await second.bury()
    expect(removed).toEqual([])
    expect(await second.shelf.recall(KEY, ORIGIN, signal)).not.toBeNull()
  })

  it('are not those of the revision before, which it used again', async () => {
    const { world, registry, removed } = await lab()
    const entries = await entriesOf(registry, { 'old.csv': 'same' })
    await registry.publish(
      { name: NAME, run: 'run-0', message: 'm', meta: {}, entries, current: null },
      signal,
    )
    const current = await registry.current(NAME, signal)
    const steps = await RunSteps.open({
      journal: new MemoryJournal(),
      key: 'entry:e',
      run: world.run(),
      clock: world.clock,
      hooks: { onStep: () => {}, onFenced: () => {} },
    })
    const shelf = createShelf({ registry, name: NAME, current, run: 'run-9', steps, onFile: async () => {} })
    const again = await shelf.keep(KEY, ORIGIN, body('same'), signal)
    expect(again.physicalKey).toBe(entries[0]!.physicalKey)
    await shelf.clear([], signal)
    expect(removed).toEqual([])
  })

  it('of two exports under one name are both remembered', async () => {
    const { removed, open } = await lab()
    const first = await open()
    const old = await first.shelf.keep(KEY, originOf('old'), body('old'), signal)
    const later = await first.shelf.keep(KEY, originOf('new'), body('new'), signal)
    await first.steps.flush()
    const second = await open()
    await second.shelf.clear([{ ...later, meta: {} }], signal)
    expect(removed).toEqual([old.physicalKey])
    expect(await second.shelf.recall(KEY, originOf('new'), signal)).not.toBeNull()
  })
})
