import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFolderStore } from '../../src/local/folder-store.ts'
import { packageName } from '../../src/quilt/names.ts'
import type { TopHash } from '../../src/quilt/types.ts'
import type { ObjectStore } from '../../src/registry/ports.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { verifyRevision } from '../../src/registry/verify-revision.ts'
import { type Emulator, startMoto, startVersitygw } from './emulators.ts'
import { publishFiles, steppingClock } from './history.ts'
import { checkRegistry, type Foreign, problemsOf, writeForeign } from './quilt3.ts'
import { scratch } from './tools.ts'

const signal = new AbortController().signal

type Opened = {
  store: ObjectStore
  source: string
  sizes: 'large' | 'small'
  env: Record<string, string>
  close(): Promise<void>
}

const folder = async (): Promise<Opened> => {
  const home = await scratch()
  const store = createFolderStore(home.path)
  const close = async () => {
    await store.close()
    await home.remove()
  }
  return { store, source: `${home.path}/source`, sizes: 'large', env: {}, close }
}

const bucket = (start: () => Promise<Emulator>) => async (): Promise<Opened> => {
  const [emulator, home] = await Promise.all([start(), scratch()])
  const close = async () => {
    await emulator.close()
    await home.remove()
  }
  return {
    store: await emulator.createBucket('lab-data', true),
    source: home.path,
    sizes: emulator.composite ? 'large' : 'small',
    env: emulator.env,
    close,
  }
}

const REGISTRIES: [string, () => Promise<Opened>][] = [
  ['a folder', folder],
  ['a bucket of moto', bucket(startMoto)],
  ['a bucket of versitygw', bucket(startVersitygw)],
]

describe.each(REGISTRIES)('we read what quilt3 wrote into %s', (_, open) => {
  let opened: Opened
  let foreign: Foreign[]

  beforeAll(async () => {
    opened = await open()
    foreign = await writeForeign(opened.store.url, opened.source, opened.sizes, opened.env)
  })
  afterAll(() => opened?.close())

  const registry = () => createRegistry(opened.store, steppingClock(), { workflow: null })

  it('with the top hash quilt3 gave it, number literals and all', async () => {
    for (const { name, topHash, files } of foreign) {
      const revision = await registry().revision(packageName(name), topHash as TopHash, signal)
      expect(revision.topHash).toBe(topHash)
      expect(revision.entries).toHaveLength(files)
    }
  })

  it('as current revision and in the list of packages', async () => {
    expect(await registry().packages(signal)).toEqual([...new Set(foreign.map(({ name }) => name))].sort())
    for (const name of new Set(foreign.map((one) => one.name))) {
      const newest = foreign.findLast((one) => one.name === name)!
      expect((await registry().current(packageName(name), signal))?.topHash).toBe(newest.topHash)
    }
  })

  it('and verify every file of every revision', async () => {
    for (const { name, topHash, files } of foreign) {
      const revision = await registry().revision(packageName(name), topHash as TopHash, signal)
      expect(await verifyRevision(registry(), revision, signal)).toMatchObject({ files })
    }
  })

  it('and publish on top of it, for quilt3 to read again', async () => {
    const { name } = foreign[0]!
    const written = await publishFiles(
      registry(),
      name,
      'ours',
      { by: 'us' },
      { 'a.txt': Buffer.from('ours') },
    )
    const checked = await checkRegistry(opened.store.url, opened.env)
    expect(problemsOf(checked)).toEqual([])
    expect(checked.find((one) => one.name === name)?.latest).toBe(written.topHash)
  })
})
