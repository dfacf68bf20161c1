import { beforeEach, describe, expect, it } from 'vitest'
import { logicalKey } from '../../src/quilt/names.ts'
import { renderManifest } from '../../src/quilt/render-manifest.ts'
import { topHash } from '../../src/quilt/top-hash.ts'
import type { ManifestEntry, ManifestHeader, TopHash } from '../../src/quilt/types.ts'
import { manifestKey } from '../../src/registry/layout.ts'
import { LOOKED_AT_BYTES, ManifestCache } from '../../src/registry/manifest-cache.ts'
import type { ObjectStore, Registry } from '../../src/registry/ports.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { FakeClock } from '../support/clock.ts'
import { MemoryStore } from './memory-store.ts'
import { bound, NAME, signal } from './support.ts'

const MiB = 1 << 20
const LOOK = { bounded: true }

/** Manifests that were read, by top hash, and how many at most at the same time. */
let reads: string[]
let most: number
let held: Promise<void>
let store: MemoryStore
let registry: Registry
/** The store, watched. */
let watched: ObjectStore

beforeEach(() => {
  reads = []
  most = 0
  held = Promise.resolve()
  let now = 0
  store = new MemoryStore()
  watched = {
    ...bound(store),
    read: async (key, inner) => {
      reads.push(key.split('/').at(-1)!)
      most = Math.max(most, ++now)
      await held
      now--
      inner.throwIfAborted()
      return store.read(key)
    },
  }
  registry = createRegistry(watched, new FakeClock(), { workflow: null })
})

const put = async (header: Partial<ManifestHeader>, entries: readonly ManifestEntry[] = [], to = store) => {
  const manifest = { header: { version: 'v0', message: null, ...header }, entries }
  const hash = topHash(manifest.header, entries)
  await to.write(manifestKey(hash), Buffer.concat([...renderManifest(manifest)]), null, signal)
  return hash
}

/** Metadata is the cheapest way to a large manifest. */
const putLarge = (bytes: number, message = '') => {
  const pads = Object.fromEntries(
    Array.from({ length: Math.ceil(bytes / 900_000) }, (_, at) => [at, 'x'.repeat(900_000)]),
  )
  const hash = topHash({ version: 'v0', message, user_meta: pads }, [])
  const text = `${JSON.stringify({ version: 'v0', message, user_meta: pads })}\n`
  return store.write(manifestKey(hash), Buffer.from(text), null, signal).then(() => hash)
}

const filesOf = (count: number): ManifestEntry[] =>
  Array.from({ length: count }, (_, i) => ({
    logicalKey: logicalKey(`plate/${String(i).padStart(6, '0')}.csv`),
    physicalKey: `s3://memory/benchling/EXP1/plate/${i}.csv?versionId=${'v'.repeat(32)}`,
    size: i,
    hash: { type: 'sha2-256-chunked', value: 'JmGw1SNNTY2YmalGaVL4qnlI1/hLTEYzZDzyos7/NRQ=' },
    meta: {},
  }))

const look = (hash: TopHash, from = registry) => from.revision(NAME, hash, signal, LOOK)

describe('Manifests that people look at', () => {
  it('are read once, however many pages of 10,000 files are turned', async () => {
    const hash = await put({ message: 'm' }, filesOf(10_000))
    for (let page = 0; page < 50; page++) expect((await look(hash)).entries).toHaveLength(10_000)
    expect(reads).toEqual([hash])
  })

  it('stay where many others are looked at once: revisions, and packages of a scan', async () => {
    const hash = await put({ message: 'm' }, filesOf(10_000))
    await look(hash)
    const others = await Promise.all(
      Array.from({ length: 12 }, (_, i) => put({ message: `${i}` }, filesOf(10_000))),
    )
    for (const other of others) await registry.revision(NAME, other, signal, { once: true, ...LOOK })
    reads.length = 0
    await look(hash)
    expect(reads).toEqual([])
    await look(others[0]!)
    expect(reads).toEqual([others[0]])
  })

  it('are read once for all who ask at the same time, and for the others when one leaves', async () => {
    const hash = await put({ message: 'm' }, filesOf(3))
    const gate = Promise.withResolvers<void>()
    held = gate.promise
    const leaving = new AbortController()
    const left = registry.revision(NAME, hash, leaving.signal, LOOK)
    const stays = [look(hash), look(hash)]
    leaving.abort(new Error('left'))
    await expect(left).rejects.toThrow('left')
    gate.resolve()
    expect((await Promise.all(stays)).map(({ entries }) => entries.length)).toEqual([3, 3])
    expect(reads).toEqual([hash])
  })

  it('are not read a second time while a search reads them for another reason, nor by the search', async () => {
    const hash = await put({ message: 'm' }, filesOf(3))
    const search = () => registry.revision(NAME, hash, signal, { once: true })
    const gate = Promise.withResolvers<void>()
    held = gate.promise
    const both = [search(), look(hash), search()]
    gate.resolve()
    expect((await Promise.all(both)).map(({ entries }) => entries.length)).toEqual([3, 3, 3])
    expect(reads).toEqual([hash])
  })

  it('are kept when one alone is larger than all that is kept, the last one of those', async () => {
    const [small, large, larger] = [
      await put({ message: 'small' }),
      await putLarge(9 * MiB, 'a'),
      await putLarge(20 * MiB, 'b'),
    ]
    for (const hash of [small, large, large, small, larger, larger, large]) await look(hash)
    expect(reads).toEqual([small, large, larger, large])
  })

  it('are not kept so when a run reads one of that size, which nobody looks at', async () => {
    const large = await putLarge(9 * MiB)
    await registry.revision(NAME, large, signal)
    await registry.revision(NAME, large, signal)
    expect(reads).toEqual([large, large])
  })

  it('are refused before they are read when they are too large to look at; runs read them all the same', async () => {
    const huge = await putLarge(LOOKED_AT_BYTES)
    await expect(look(huge)).rejects.toMatchObject({
      code: 'manifest.too_large',
      facts: { topHash: huge, size: expect.any(Number) },
    })
    expect(reads).toEqual([])
    expect((await registry.revision(NAME, huge, signal)).entries).toEqual([])
  })

  it('are read one after another where they are large, beside each other where they are small', async () => {
    const large = [
      await putLarge(20 * MiB, 'a'),
      await putLarge(20 * MiB, 'b'),
      await putLarge(20 * MiB, 'c'),
    ]
    await Promise.all(large.map((hash) => look(hash)))
    expect([reads.length, most]).toEqual([3, 1])
    const small = [await put({ message: '1' }), await put({ message: '2' }), await put({ message: '3' })]
    const gate = Promise.withResolvers<void>()
    held = gate.promise
    const all = Promise.all(small.map((hash) => look(hash)))
    while (reads.length < 6) await new Promise(setImmediate)
    gate.resolve()
    await all
    expect(most).toBe(3)
  })

  it('of one top hash in two registries are two: their files lie elsewhere', async () => {
    const cache = new ManifestCache()
    const theirs = new MemoryStore('theirs')
    const [mine] = filesOf(1)
    const hash = await put({ message: 'm' }, [mine!])
    await put({ message: 'm' }, [{ ...mine!, physicalKey: 's3://theirs/x' }], theirs)
    const [one, other] = [watched, theirs].map((at) =>
      createRegistry(at, new FakeClock(), { workflow: null, cache }),
    )
    expect((await look(hash, one)).entries[0]!.physicalKey).toContain('s3://memory/')
    expect((await look(hash, other)).entries[0]!.physicalKey).toBe('s3://theirs/x')
  })

  it('that are gone are told as such', async () => {
    await expect(look('a'.repeat(64) as TopHash)).rejects.toMatchObject({ code: 'package.not_found' })
  })
})
