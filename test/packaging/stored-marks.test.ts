import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Archive, Member } from '../../src/export/archive.ts'
import { RunSteps } from '../../src/jobs/steps.ts'
import { createShelf } from '../../src/packaging/shelf.ts'
import { storeMembers } from '../../src/packaging/store-members.ts'
import { logicalKey } from '../../src/quilt/names.ts'
import { NAME, signal } from '../registry/support.ts'
import { bare } from './entries.ts'
import { memoryArchive } from './memory-archive.ts'
import { MemoryJournal, World } from './world.ts'

const TEXT = 'well,od\nA1,0.4\n'
const TASK = 'task-1'

/** The archive, with its member described otherwise, or with another text but the same CRC-32. */
const withMember = (change: Partial<Member>, text = TEXT): Archive => {
  const archive = memoryArchive({ 'plate.csv': text })
  const members = archive.members.map((member) => ({ ...member, crc32: crc32(TEXT), ...change }))
  return { ...archive, members }
}

/** Names of the files stored by a run that goes on after it stored the plain archive of `TASK` and crashed. */
const storedAfterCrash = async (
  next: { archive?: Archive; task?: string },
  meanwhile: (world: World) => void = () => {},
): Promise<string[]> => {
  const world = new World(bare())
  const run = world.run()
  const journal = new MemoryJournal()
  const stored: string[] = []
  const registry = {
    ...world.ports.registry,
    store: (...given: Parameters<typeof world.ports.registry.store>) => {
      stored.push(given[0].key)
      return world.ports.registry.store(...given)
    },
  }
  const hooks = { onStep: () => {}, onFenced: () => {} }
  const once = async (archive: Archive, task: string) => {
    const steps = await RunSteps.open({ journal, key: 'entry:e', run, clock: world.clock, hooks })
    const shelf = createShelf({
      registry,
      name: NAME,
      current: null,
      run: run.id,
      steps,
      onFile: async () => {},
    })
    const placed = archive.members.map((member) => ({ member, key: logicalKey('plate.csv') }))
    const objects = await storeMembers(
      { archive, placed, task, ports: { ...world.ports, registry }, shelf },
      signal,
    )
    await steps.flush()
    return objects
  }
  await once(withMember({}), TASK)
  expect(stored).toEqual(['plate.csv'])
  meanwhile(world)
  const objects = await once(next.archive ?? withMember({}), next.task ?? TASK)
  expect(objects).toHaveLength(1)
  return stored.slice(1)
}

describe('A mark that a file was stored', () => {
  it('counts after a crash for the same file of the same export', async () => {
    expect(await storedAfterCrash({})).toEqual([])
  })

  it('counts wherever in the archive the file lies and however it is packed', async () => {
    const archive = withMember({ localHeaderOffset: 99, compressedSize: 3, method: 'deflated' })
    expect(await storedAfterCrash({ archive })).toEqual([])
  })

  it.each<[what: string, next: Parameters<typeof storedAfterCrash>[0]]>([
    ['of another export', { task: 'task-2' }],
    ['of another name', { archive: withMember({ name: 'plate (2).csv' }) }],
    ['of another size', { archive: withMember({}, `${TEXT}A2,0.5\n`) }],
    ['with another CRC-32', { archive: withMember({ crc32: 1 }) }],
  ])('does not count for a file %s, though it goes to the same place in the package', async (_what, next) => {
    expect(await storedAfterCrash(next)).toEqual(['plate.csv'])
  })

  it('does not count when the object is gone', async () => {
    expect(await storedAfterCrash({}, (world) => world.memory.objects.clear())).toEqual(['plate.csv'])
  })
})
