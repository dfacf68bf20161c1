import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { createFolderStore, type FolderStore } from '../../src/local/folder-store.ts'
import { packageEntry } from '../../src/packaging/package-entry.ts'
import type { PackagingPorts } from '../../src/packaging/ports.ts'
import type { PackageName } from '../../src/quilt/types.ts'
import type { Registry } from '../../src/registry/ports.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { verifyRevision } from '../../src/registry/verify-revision.ts'
import { everything } from './entries.ts'
import { inMemory } from './fake-benchling.ts'
import { filesOf, MemoryJournal, onRegistry, World } from './world.ts'

const NAME = 'benchling/EXP26000042' as PackageName
const { signal } = new AbortController()

let folder: string
let store: FolderStore
let registry: Registry
let world: World
let ports: PackagingPorts

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packaging-'))
  store = createFolderStore(folder)
  world = new World(everything())
  registry = createRegistry(store, world.clock, { workflow: null })
  ports = { ...world.ports, ...onRegistry(registry) }
  for (const [id, name] of [['efl_Photo', 'plate.png'] as const, ['efl_Reads', 'reads.fasta'] as const])
    world.benchling.attachments.set(id, { name, size: id.length, download: inMemory(Buffer.from(id)) })
  world.exporting({ 'x.pdf': 'PDF', 'reads.fasta': 'efl_Reads', 'old.csv': 'a,b' })
})

afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

const packaged = async (more: Parameters<World['run']>[0] = {}) =>
  packageEntry(await world.job(world.run(more)), ports)

describe('a package in a folder', () => {
  it('keeps every revision readable and verified through edits, removals and second exports', async () => {
    const first = await packaged()
    world.benchling.entryNow = { ...everything(), name: 'Corrected', modifiedAt: '2026-05-01T00:00:00+00:00' }
    world.exporting({ 'x.pdf': 'PDF, corrected', 'reads.fasta': 'efl_Reads' })
    const edited = await packaged()
    world.exporting({ 'x.pdf': 'PDF, made again', 'reads.fasta': 'efl_Reads' })
    const again = await packaged({ forced: true })
    expect([first, edited, again].map(({ status }) => status)).toEqual(Array(3).fill('published'))

    const revisions = await registry.revisions(NAME, signal)
    expect(revisions.map(({ topHash }) => topHash)).toEqual([again.topHash, edited.topHash, first.topHash])
    for (const { topHash } of revisions)
      await verifyRevision(registry, await registry.revision(NAME, topHash, signal), signal)
    const files = await filesOf(registry, NAME)
    expect(files['x.pdf']).toBe('PDF, made again')
    expect(Object.keys(files)).not.toContain('old.csv')
  })

  it('is unchanged when nothing is new, pressed or not', async () => {
    const { topHash } = await packaged()
    expect(await packaged()).toMatchObject({ status: 'unchanged', topHash, export: null })
    expect(await packaged({ forced: true, causes: [] })).toMatchObject({ status: 'unchanged', topHash })
    expect(await registry.revisions(NAME, signal)).toHaveLength(1)
  })

  it('does not differ because a name could not be looked up this time', async () => {
    world.benchling.names.set('bfi_Strain1', 'MG1655')
    const { topHash } = await packaged()
    world.benchling.names.clear()
    expect(await packaged({ forced: true })).toMatchObject({ status: 'unchanged', topHash })
  })

  it('has entry.json as its metadata', async () => {
    await packaged()
    const current = await registry.current(NAME, signal)
    expect(JSON.parse((await filesOf(registry, NAME))['entry.json']!)).toEqual(current!.header.user_meta)
  })

  it('is published once when the run is started again after it was already published', async () => {
    const run = world.run({ forced: true })
    const journal = new MemoryJournal()
    const lost = {
      ...registry,
      publish: async (...given: Parameters<Registry['publish']>) => {
        await registry.publish(...given)
        throw new Error('crash')
      },
    }
    const crashing = { ...ports, ...onRegistry(lost) }
    await expect(packageEntry(await world.job(run, journal), crashing)).rejects.toThrow('crash')
    const outcome = await packageEntry(await world.job(run, journal), ports)
    expect(outcome).toMatchObject({ status: 'published', export: { taskId: 'task-1' } })
    expect(await registry.revisions(NAME, signal)).toHaveLength(1)
  })

  it('does not take files for stored that somebody removed with the registry while the run waited', async () => {
    const journal = new MemoryJournal()
    const run = world.run()
    const job = () => world.job(run, journal)
    const down = { ...registry, publish: () => Promise.reject(new Fault('store.unavailable')) }
    await expect(packageEntry(await job(), { ...ports, ...onRegistry(down) })).rejects.toThrow(
      'store.unavailable',
    )
    await rm(folder, { recursive: true })
    await packageEntry(await job(), ports)
    await verifyRevision(registry, (await registry.current(NAME, signal))!, signal)
  })

  it('gets back files that somebody removed when it is updated', async () => {
    await packaged()
    const { entries } = (await registry.current(NAME, signal))!
    for (const { physicalKey } of entries) await rm(fileURLToPath(physicalKey), { force: true })
    world.exporting({ 'x.pdf': 'PDF, made again', 'reads.fasta': 'efl_Reads', 'old.csv': 'a,b' })
    expect(await packaged({ forced: true })).toMatchObject({ status: 'published' })
    await verifyRevision(registry, (await registry.current(NAME, signal))!, signal)
  })

  it('is refused to another entry', async () => {
    await packaged()
    world.benchling.entryNow = { ...everything(), id: 'etr_Other' }
    await expect(packaged()).rejects.toMatchObject({ code: 'package.foreign' })
  })
})
