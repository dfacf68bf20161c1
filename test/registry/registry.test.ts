import { describe, expect, it } from 'vitest'
import { logicalKey, packageName } from '../../src/quilt/names.ts'
import { latestKey, manifestKey, pointerKey } from '../../src/registry/layout.ts'
import type { ObjectStore } from '../../src/registry/ports.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { verifyRevision } from '../../src/registry/verify-revision.ts'
import { vectorFile, vectorJson } from '../quilt/vectors.ts'
import { FakeClock } from '../support/clock.ts'
import { MemoryStore } from './memory-store.ts'
import { body, bound, draftOf, NAME, signal } from './support.ts'

const open = (store: ObjectStore = new MemoryStore()) => ({
  store,
  registry: createRegistry(store, new FakeClock(), { workflow: null }),
})
const write = (store: ObjectStore, key: string, text: string | Buffer) =>
  store.write(key, Buffer.from(text), null, signal)

describe('A registry', () => {
  it('names its bucket, for links, and none where there is none', () => {
    expect(open().registry).toMatchObject({ url: 's3://memory', bucket: 'memory' })
    expect(open({ ...bound(new MemoryStore()), url: 'file:///r' }).registry.bucket).toBeNull()
  })

  it('reads the revisions that quilt3 wrote', async () => {
    const { store, registry } = open(new MemoryStore('quilt-vectors'))
    const vector = vectorJson<{ pointers: Record<string, string>; manifests: Record<string, string> }>(
      'revisions.json',
    )
    for (const [key, text] of Object.entries(vector.pointers)) await write(store, key, text)
    for (const [hash, text] of Object.entries(vector.manifests))
      await write(store, manifestKey(hash as never), text)
    const name = packageName('vec/rev')
    const revisions = await registry.revisions(name, signal)
    expect(revisions.map(({ at }) => at)).toEqual([1_700_000_040, 1_700_000_039])
    expect((await registry.current(name, signal))?.header.message).toBe('r2')
    expect((await registry.revision(name, revisions[1]!.topHash, signal)).header.message).toBe('r1')
    expect(await registry.packages(signal)).toEqual([name])
  })

  it('refuses a manifest that does not match its name', async () => {
    const { store, registry } = open()
    const hash = vectorJson<{ top_hash: string }>('v05-basic/vector.json').top_hash
    await write(store, latestKey(NAME), hash)
    await expect(registry.current(NAME, signal)).rejects.toMatchObject({ code: 'package.not_found' })
    await write(store, manifestKey(hash as never), vectorFile('v08-meta-safe/manifest.s3.jsonl'))
    await expect(registry.current(NAME, signal)).rejects.toMatchObject({ code: 'manifest.hash_mismatch' })
    await write(store, manifestKey(hash as never), vectorFile('v05-basic/manifest.s3.jsonl'))
    expect((await registry.current(NAME, signal))?.entries).toHaveLength(3)
  })

  it('tolerates a newline after a pointer, and nothing else', async () => {
    const { store, registry } = open()
    const hash = 'a'.repeat(64)
    await write(store, pointerKey(NAME, 1_700_000_000), `${hash}\n`)
    expect(await registry.revisions(NAME, signal)).toEqual([{ at: 1_700_000_000, topHash: hash }])
    await write(store, latestKey(NAME), 'abc')
    await expect(registry.current(NAME, signal)).rejects.toMatchObject({ code: 'manifest.invalid' })
  })

  it('passes over strangers among the pointers', async () => {
    const { store, registry } = open()
    for (const key of ['notes.txt', '17', 'x/1700000000'])
      await write(store, `.quilt/named_packages/a/b/${key}`, 'x')
    await write(store, '.quilt/named_packages/README', 'x')
    expect(await registry.revisions(packageName('a/b'), signal)).toEqual([])
    expect(await registry.packages(signal)).toEqual(['a/b'])
  })
})

describe('Storing an object', () => {
  const place = { name: NAME, key: logicalKey('data/x'), run: 'r' }

  it('gives size, hash and physical key', async () => {
    const { registry } = open()
    expect(await registry.store(place, body('a,b\n1,2\n'), null, signal)).toEqual({
      logicalKey: 'data/x',
      size: 8,
      hash: { type: 'sha2-256-chunked', value: 'JmGw1SNNTY2YmalGaVL4qnlI1/hLTEYzZDzyos7/NRQ=' },
      physicalKey: 's3://memory/benchling/EXP1/data/x?versionId=v1',
    })
  })

  it('uses again what the current revision holds, under any key, and keeps no second copy', async () => {
    const { store, registry } = open()
    await registry.publish(await draftOf(registry, { 'a.txt': 'same', 'b.txt': 'other' }), signal)
    const current = await registry.current(NAME, signal)
    const before = await Array.fromAsync(store.list('', signal))
    const again = await registry.store(place, body('same'), current, signal)
    expect(again.physicalKey).toBe(current!.entries[0]!.physicalKey)
    expect(await Array.fromAsync(store.list('', signal))).toEqual(before)
    expect((await registry.store(place, body('sam2'), current, signal)).physicalKey).toContain('data/x')
  })

  it('does not lean on content that lies outside the registry', async () => {
    const { registry } = open()
    const draft = await draftOf(registry, { a: 'same' })
    const entries = draft.entries.map((entry) => ({ ...entry, physicalKey: 's3://elsewhere/a' }))
    await registry.publish({ ...draft, entries }, signal)
    const current = await registry.current(NAME, signal)
    expect((await registry.store(place, body('same'), current, signal)).physicalKey).toContain('data/x')
  })

  it.each([
    ['fewer', 9],
    ['more', 3],
  ])('keeps nothing of a body with %s bytes than declared', async (came, size) => {
    const { store, registry } = open()
    const stored = registry.store(place, { ...body('eight...'), size }, null, signal)
    await expect(stored).rejects.toMatchObject({
      facts: { problem: `a body gave ${came} bytes than it declared` },
    })
    expect(await Array.fromAsync(store.list('', signal))).toEqual([])
  })

  it('keeps nothing of a body that breaks off, and tells the cause', async () => {
    const { store, registry } = open()
    let aborted = 0
    const watched: ObjectStore = {
      ...bound(store),
      begin: async (...args) => {
        const upload = await store.begin(...args)
        return { ...upload, abort: async () => void aborted++ }
      },
    }
    const chunks = (async function* () {
      yield Buffer.from('half')
      throw new Error('connection lost')
    })()
    const watching = createRegistry(watched, new FakeClock(), { workflow: null })
    await expect(watching.store(place, { size: 8, chunks }, null, signal)).rejects.toThrow('connection lost')
    expect(aborted).toBe(1)
    expect(await registry.packages(signal)).toEqual([])
    expect(await Array.fromAsync(store.list('', signal))).toEqual([])
  })

  it('stops when the work is given up', async () => {
    const { store, registry } = open()
    const control = new AbortController()
    const chunks = (async function* () {
      yield Buffer.from('half')
      control.abort(new Error('drained'))
      yield Buffer.from('half')
    })()
    await expect(registry.store(place, { size: 8, chunks }, null, control.signal)).rejects.toThrow('drained')
    expect(await Array.fromAsync(store.list('', signal))).toEqual([])
  })
})

describe('Verifying a revision', () => {
  const published = async (files: Record<string, string>) => {
    const { store, registry } = open()
    const { topHash } = await registry.publish(await draftOf(registry, files), signal)
    return { store, registry, revision: await registry.revision(NAME, topHash, signal) }
  }

  it('counts what it read', async () => {
    const { registry, revision } = await published({ a: '123', b: '' })
    expect(await verifyRevision(registry, revision, signal)).toEqual({ files: 2, bytes: 3 })
  })

  it.each([
    ['content changed', { physicalKey: 's3://memory/benchling/EXP1/b?versionId=v2' }],
    ['shorter than stated', { size: 4 }],
    ['longer than stated', { size: 2 }],
    ['missing', { physicalKey: 's3://memory/gone' }],
    ['unknown hash type BLAKE9', { hash: { type: 'BLAKE9', value: '' } }],
  ])('names a file with %s', async (problem, change) => {
    const { registry, revision } = await published({ a: '123', b: '456' })
    const entries = [{ ...revision.entries[0]!, ...change }, revision.entries[1]!]
    await expect(verifyRevision(registry, { ...revision, entries }, signal)).rejects.toMatchObject({
      code: 'store.corrupt',
      detail: `a: ${problem}.`,
    })
  })

  it('knows the other hashes of Quilt', async () => {
    const { registry, revision } = await published({ a: '123456789' })
    const entry = revision.entries[0]!
    const entries = [{ ...entry, hash: { type: 'CRC64NVME', value: 'rosUhgp5mIg=' } }]
    expect(await verifyRevision(registry, { ...revision, entries }, signal)).toMatchObject({ files: 1 })
  })
})
