import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, describe, expect, it } from 'vitest'
import { ALLOW_ALL, parseAllowList } from '../../src/base/allow-list.ts'
import type { JsonObject } from '../../src/base/json.ts'
import { createFolderStore } from '../../src/local/folder-store.ts'
import { packageName } from '../../src/quilt/names.ts'
import { latestKey, manifestKey } from '../../src/registry/layout.ts'
import type { ObjectStore } from '../../src/registry/ports.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { createRegistryScan } from '../../src/registry/scan-packages.ts'
import { FakeClock } from '../support/clock.ts'
import { MemoryStore } from './memory-store.ts'
import { signal } from './support.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const clean of cleanups) await clean()
})

const stores: [string, string | null, () => Promise<ObjectStore>][] = [
  ['a bucket', 'memory', async () => new MemoryStore()],
  [
    'a folder',
    null,
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'scan-'))
      const store = createFolderStore(folder)
      cleanups.push(() => store.close().then(() => rm(folder, { recursive: true })))
      return store
    },
  ],
]

describe.each(stores)('A scan of %s', (_, bucket, makeStore) => {
  const open = async (allow = ALLOW_ALL) => {
    const store = await makeStore()
    const reads: string[] = []
    const read: ObjectStore['read'] = (key, inner) => {
      reads.push(key)
      return store.read(key, inner)
    }
    const counted = new Proxy(store, {
      get: (target, key) => {
        if (key === 'read') return read
        const value = Reflect.get(target, key) as unknown
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const clock = new FakeClock()
    const publish = async (name: string, meta: JsonObject) => {
      // A registry of its own each time: what the scan reads is in no cache.
      const registry = createRegistry(store, clock, { workflow: null })
      const current = await registry.current(packageName(name), signal)
      await clock.advance(1_000)
      const draft = { name: packageName(name), run: 'run-1', message: name, meta, entries: [], current }
      return (await registry.publish(draft, signal)).topHash
    }
    const registry = createRegistry(counted, clock, { workflow: null })
    let key = 'Experiment_ID'
    const scan = createRegistryScan({
      registry,
      metadataKey: () => key,
      allow,
      clock,
      log: pino({ level: 'silent' }),
    })
    const find = async (value: string) => (await scan.find(value, signal)).packages
    return { store, clock, registry, publish, scan, find, reads, setKey: (other: string) => (key = other) }
  }

  it('finds what names the value in its current metadata, under either spelling of the key', async () => {
    const { publish, find } = await open()
    const topHash = await publish('lab/b', { Experiment_ID: 'EXP1' })
    await publish('lab/a', { experiment_id: 'EXP1' })
    await publish('lab/number', { Experiment_ID: 7 })
    await publish('lab/other', { Experiment_ID: ['EXP1'], x: 'EXP1' })
    await publish('lab/was', { Experiment_ID: 'EXP1' })
    await publish('lab/was', { Experiment_ID: 'EXP2' })
    const found = await find('EXP1')
    expect(found.map(({ name }) => name)).toEqual(['lab/a', 'lab/b'])
    expect(found[1]).toEqual({ bucket, name: 'lab/b', topHash })
    expect((await find('7')).map(({ name }) => name)).toEqual(['lab/number'])
    expect(await find('EXP')).toEqual([])
    expect(await find('__proto__')).toEqual([])
  })

  it('pushes nothing out that people browse', async () => {
    const { publish, find, registry, reads } = await open()
    const large = { pad: 'x'.repeat(900_000) }
    const browsed = await publish('a/browsed', { Experiment_ID: 'EXP1', ...large })
    const look = () => registry.revision(packageName('a/browsed'), browsed, signal, { bounded: true })
    await look()
    for (let i = 0; i < 10; i++) await publish(`lab/${i}`, { Experiment_ID: i, ...large })
    expect(await find('EXP1')).toHaveLength(1)
    reads.length = 0
    await look()
    expect(reads).toEqual([])
  })

  it('passes over what may not be shown, without reading it; a folder is in no bucket', async () => {
    for (const [text, shown] of [
      ['memory/lab', ['lab/a']],
      ['other', []],
      ['memory', ['hid/b', 'lab/a']],
    ] as const) {
      const parsed = parseAllowList(text)
      const { publish, find, reads } = await open('value' in parsed ? parsed.value : ALLOW_ALL)
      for (const name of ['lab/a', 'hid/b']) await publish(name, { Experiment_ID: 'EXP1' })
      const expected = bucket === null ? ['hid/b', 'lab/a'] : shown
      expect((await find('EXP1')).map(({ name }) => name)).toEqual(expected)
      expect(reads).toHaveLength(2 * expected.length)
    }
  })

  it('reads pointers once for all values, and a manifest never twice', async () => {
    const { publish, find, reads, clock } = await open()
    await publish('lab/a', { Experiment_ID: 'EXP1' })
    await publish('lab/b', { Experiment_ID: 'EXP2' })
    await Promise.all([find('EXP1'), find('EXP2')])
    expect(reads).toHaveLength(4)
    await find('EXP1')
    expect(reads).toHaveLength(4)
    const topHash = await publish('lab/b', { Experiment_ID: 'EXP1' })
    await clock.advance(30_000)
    expect(await find('EXP1')).toHaveLength(2)
    expect(reads.slice(4).toSorted()).toEqual(
      [latestKey(packageName('lab/a')), latestKey(packageName('lab/b')), manifestKey(topHash)].toSorted(),
    )
  })

  it('looks under another key as soon as it is configured', async () => {
    const { publish, find, clock, setKey } = await open()
    await publish('lab/a', { Experiment_ID: 'EXP1', study: 'S1' })
    expect(await find('S1')).toEqual([])
    setKey('study')
    await clock.advance(30_000)
    expect(await find('S1')).toHaveLength(1)
    expect(await find('EXP1')).toEqual([])
  })

  it('passes over a package that cannot be read', async () => {
    const { publish, find, store } = await open()
    await publish('lab/a', { Experiment_ID: 'EXP1' })
    const broken = await publish('lab/b', { Experiment_ID: 'EXP1' })
    await store.write(manifestKey(broken), Buffer.from('no manifest'), null, signal)
    await store.write(latestKey(packageName('lab/c')), Buffer.from('no hash'), null, signal)
    expect((await find('EXP1')).map(({ name }) => name)).toEqual(['lab/a'])
  })

  it('throws the signal’s reason when nobody waits any more', async () => {
    const { scan } = await open()
    await expect(scan.find('EXP1', AbortSignal.abort(new Error('left')))).rejects.toThrow('left')
    scan.close()
    await expect(scan.find('EXP1', signal)).rejects.toMatchObject({ name: 'AbortError' })
  })
})

it('A scan does not hide that a registry cannot be reached', async () => {
  const store = new MemoryStore()
  const clock = new FakeClock()
  const registry = createRegistry(store, clock, { workflow: null })
  const away = { ...registry, packages: () => Promise.reject(new Error('away')) }
  const log = pino({ level: 'silent' })
  const scan = createRegistryScan({ registry: away, metadataKey: () => 'k', clock, log })
  await expect(scan.find('EXP1', signal)).rejects.toThrow('away')
})
