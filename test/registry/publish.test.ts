import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createFolderStore } from '../../src/local/folder-store.ts'
import { parseManifest } from '../../src/quilt/parse-manifest.ts'
import { latestKey, manifestKey, pointerKey, pointersPrefix } from '../../src/registry/layout.ts'
import type { ObjectStore, Registry } from '../../src/registry/ports.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { FakeClock } from '../support/clock.ts'
import { MemoryStore } from './memory-store.ts'
import { bound, draftOf, failing, NAME, signal } from './support.ts'

const NOW = 1_800_000_000
const cleanups: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const clean of cleanups) await clean()
})

const stores: [string, () => Promise<ObjectStore>][] = [
  ['a versioned bucket', async () => new MemoryStore()],
  [
    'a folder',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'registry-'))
      const store = createFolderStore(folder)
      cleanups.push(() => store.close().then(() => rm(folder, { recursive: true })))
      return store
    },
  ],
]

const text = async (store: ObjectStore, key: string) => (await store.read(key, signal))?.bytes.toString()
const keys = async (store: ObjectStore, prefix: string) =>
  (await Array.fromAsync(store.list(prefix, signal))).sort()

describe.each(stores)('Publishing to %s', (_, makeStore) => {
  const open = async (clock = new FakeClock(NOW * 1000)) => {
    const store = await makeStore()
    return { store, clock, registry: createRegistry(store, clock, { workflow: null }) }
  }

  it('makes a first revision: manifest, pointer, latest', async () => {
    const { store, registry } = await open()
    expect(await registry.current(NAME, signal)).toBeNull()
    expect(await registry.packages(signal)).toEqual([])
    const draft = await draftOf(registry, { 'b.txt': 'bb', 'a/c.txt': 'c' }, 'first', { entry_id: 'etr_1' })
    const published = await registry.publish(draft, signal)
    expect(published).toMatchObject({ status: 'published', files: 2, bytes: 3 })
    const { topHash } = published
    expect(await text(store, latestKey(NAME))).toBe(topHash)
    expect(await text(store, pointerKey(NAME, NOW))).toBe(topHash)
    expect(await keys(store, pointersPrefix(NAME))).toHaveLength(2)

    const reader = createRegistry(store, new FakeClock(), { workflow: null })
    const current = (await reader.current(NAME, signal))!
    expect(current).toMatchObject({
      name: NAME,
      topHash,
      header: { version: 'v0', user_meta: { entry_id: 'etr_1' }, message: 'first' },
    })
    expect(current.entries.map((entry) => entry.logicalKey)).toEqual(['a/c.txt', 'b.txt'])
    expect(await reader.packages(signal)).toEqual([NAME])
    expect(await reader.revisions(NAME, signal)).toEqual([{ at: NOW, topHash }])
  })

  it('keeps every revision readable after edits, removals and a way back', async () => {
    const { registry, clock } = await open()
    const histories: Record<string, string>[] = [
      { 'a.txt': 'one', 'b.txt': 'two' },
      { 'a.txt': 'edited', 'b.txt': 'two' },
      { 'a.txt': 'edited' },
      { 'a.txt': 'one', 'b.txt': 'two' },
    ]
    const hashes: string[] = []
    for (const files of histories) {
      hashes.push((await registry.publish(await draftOf(registry, files), signal)).topHash)
      await clock.advance(10_000)
    }
    expect(hashes[3]).toBe(hashes[0])
    const revisions = await registry.revisions(NAME, signal)
    expect(revisions.map(({ topHash }) => topHash)).toEqual(hashes.toReversed())
    for (const [index, files] of histories.entries()) {
      const { entries } = await registry.revision(NAME, hashes[index] as never, signal)
      const contents = await Promise.all(
        entries.map(async ({ logicalKey, physicalKey }) => [
          logicalKey,
          Buffer.concat(await Array.fromAsync(registry.open(physicalKey, signal))).toString(),
        ]),
      )
      expect(Object.fromEntries(contents)).toEqual(files)
    }
  })

  it('says unchanged, and writes nothing, when only the message differs', async () => {
    const { store, registry } = await open()
    const first = await registry.publish(await draftOf(registry, { a: '1' }, 'first', { x: 1 }), signal)
    const before = await keys(store, '.quilt/')
    const again = await registry.publish(await draftOf(registry, { a: '1' }, 'second', { x: 1 }), signal)
    expect(again).toEqual({ ...first, status: 'unchanged' })
    expect(await keys(store, '.quilt/')).toEqual(before)
    const changed = await registry.publish(await draftOf(registry, { a: '1' }, 'first', { x: 2 }), signal)
    expect(changed.status).toBe('published')
    expect(changed.topHash).not.toBe(first.topHash)
  })

  it('takes the next free second, and never one before an older revision', async () => {
    const { store, registry, clock } = await open()
    await store.write(pointerKey(NAME, NOW), Buffer.from('0'.repeat(64)), null, signal)
    await store.write(pointerKey(NAME, NOW + 1), Buffer.from('1'.repeat(64)), null, signal)
    const first = await registry.publish(await draftOf(registry, { a: '1' }), signal)
    expect(await text(store, pointerKey(NAME, NOW + 2))).toBe(first.topHash)
    await clock.advance(1_000)
    const second = await registry.publish(await draftOf(registry, { a: '2' }), signal)
    expect((await registry.revisions(NAME, signal)).map(({ at }) => at)).toEqual([
      NOW + 3,
      NOW + 2,
      NOW + 1,
      NOW,
    ])
    expect(await text(store, pointerKey(NAME, NOW + 3))).toBe(second.topHash)
  })

  it('is not led astray by a pointer of the far future', async () => {
    const { store, registry } = await open()
    await store.write(pointerKey(NAME, 9_999_999_999), Buffer.from('0'.repeat(64)), null, signal)
    const { topHash } = await registry.publish(await draftOf(registry, { a: '1' }), signal)
    expect(await text(store, pointerKey(NAME, NOW))).toBe(topHash)
  })

  it('refuses when somebody published since the current revision was read', async () => {
    const { store, registry } = await open()
    await registry.publish(await draftOf(registry, { a: '1' }), signal)
    const stale = await draftOf(registry, { a: '2' })
    const theirs = await registry.publish(await draftOf(registry, { a: '3' }), signal)
    const before = await keys(store, '.quilt/')
    await expect(registry.publish(stale, signal)).rejects.toMatchObject({ code: 'package.conflict' })
    await expect(registry.publish({ ...stale, current: null }, signal)).rejects.toMatchObject({
      code: 'package.conflict',
    })
    expect(await keys(store, '.quilt/')).toEqual(before)
    expect((await registry.current(NAME, signal))?.topHash).toBe(theirs.topHash)
  })

  it('refuses when somebody publishes in the last moment, and succeeds on top of theirs', async () => {
    const { store, registry } = await open()
    await registry.publish(await draftOf(registry, { a: '1' }), signal)
    const draft = await draftOf(registry, { a: '2' })
    let raced = false
    const racing: ObjectStore = {
      ...bound(store),
      write: async (key, bytes, condition, inner) => {
        if (key === latestKey(NAME) && !raced) {
          raced = true
          await registry.publish(await draftOf(registry, { a: 'theirs' }), signal)
        }
        return store.write(key, bytes, condition, inner)
      },
    }
    const ours = createRegistry(racing, new FakeClock(NOW * 1000), { workflow: null })
    await expect(ours.publish(draft, signal)).rejects.toMatchObject({ code: 'package.conflict' })
    const current = (await ours.current(NAME, signal))!
    expect(current.entries[0]!.size).toBe('theirs'.length)
    const published = await ours.publish({ ...draft, current }, signal)
    expect(published.status).toBe('published')
    const [newest] = await ours.revisions(NAME, signal)
    expect(newest?.topHash).toBe(published.topHash)
    expect((await ours.current(NAME, signal))?.topHash).toBe(published.topHash)
  })

  describe.each(['before', 'after'] as const)('when the process dies %s a write', (when) => {
    it.each([
      ['manifest', 0],
      ['pointer', 1],
      ['latest', 2],
    ])('of the %s, the next try ends with one manifest, one pointer and latest', async (_name, count) => {
      const contents: Record<string, string>[] = [{ a: '1' }, { a: '1', b: '2' }]
      for (const files of contents) {
        const { store, registry, clock } = await open()
        const older =
          'b' in files ? (await registry.publish(await draftOf(registry, { a: '0' }), signal)).topHash : null
        const broken = failing(store, count, when)
        const dying = createRegistry(broken.store, clock, { workflow: null })
        await expect(dying.publish(await draftOf(dying, files), signal)).rejects.toThrow('crash')
        const seen = (await registry.current(NAME, signal))?.topHash ?? null
        if (count < 2 || when === 'before') expect(seen).toBe(older)
        else expect(seen).toBe(await text(store, latestKey(NAME)))

        await clock.advance(5_000)
        const again = createRegistry(store, clock, { workflow: null })
        const { topHash } = await again.publish(await draftOf(again, files), signal)
        expect((await again.current(NAME, signal))?.topHash).toBe(topHash)
        const revisions = await again.revisions(NAME, signal)
        expect(revisions.map((revision) => revision.topHash)).toEqual(older ? [topHash, older] : [topHash])
        expect(await keys(store, '.quilt/packages/')).toHaveLength(older ? 2 : 1)
      }
    })
  })

  it('takes a lost answer to the write of latest for what it is', async () => {
    const { store, clock } = await open()
    const lossy: ObjectStore = {
      ...bound(store),
      write: async (key, bytes, condition, inner) => {
        const done = await store.write(key, bytes, condition, inner)
        // As an S3 client that repeats a request whose answer was lost: the repetition meets our own write.
        return key === latestKey(NAME) ? store.write(key, bytes, condition, inner) : done
      },
    }
    const registry = createRegistry(lossy, clock, { workflow: null })
    const { status } = await registry.publish(await draftOf(registry, { a: '1' }), signal)
    expect(status).toBe('published')
  })

  it('leaves no pointer newer than latest when it stood still while somebody else published', async () => {
    const { store, registry, clock } = await open()
    await registry.publish(await draftOf(registry, { a: '1' }), signal)
    const [reached, still] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const standing: ObjectStore = {
      ...bound(store),
      write: async (key, ...given) => {
        if (/\/[0-9]{10}$/.test(key)) {
          reached.resolve()
          await still.promise
        }
        return store.write(key, ...given)
      },
    }
    const slow = createRegistry(standing, clock, { workflow: null })
    const old = slow.publish(await draftOf(slow, { a: '2' }), signal)
    await reached.promise
    const { topHash } = await registry.publish(await draftOf(registry, { a: '3' }), signal)
    still.resolve()
    await expect(old).rejects.toMatchObject({ code: 'package.conflict' })
    expect((await registry.current(NAME, signal))?.topHash).toBe(topHash)
    expect((await registry.revisions(NAME, signal))[0]?.topHash).toBe(topHash)
  })

  it('takes a lost answer to the write of a pointer for what it is', async () => {
    const { store, clock } = await open()
    const lossy: ObjectStore = {
      ...bound(store),
      write: async (key, bytes, condition, inner) => {
        const done = await store.write(key, bytes, condition, inner)
        return /\/[0-9]{10}$/.test(key) ? store.write(key, bytes, condition, inner) : done
      },
    }
    const registry = createRegistry(lossy, clock, { workflow: null })
    await registry.publish(await draftOf(registry, { a: '1' }), signal)
    expect(await registry.revisions(NAME, signal)).toHaveLength(1)
  })

  it('does not rewrite a manifest that is there, unless it is damaged', async () => {
    const { store, registry, clock } = await open()
    const first = await registry.publish(await draftOf(registry, { a: '1' }), signal)
    const key = manifestKey(first.topHash)
    const before = await store.read(key, signal)
    await registry.publish(await draftOf(registry, { a: '2' }), signal)
    await registry.publish(await draftOf(registry, { a: '1' }), signal)
    expect((await store.read(key, signal))?.physicalKey).toBe(before?.physicalKey)

    await registry.publish(await draftOf(registry, { a: '2' }), signal)
    await store.write(key, Buffer.from('{"version":"v0"}\n'), null, signal)
    const fresh: Registry = createRegistry(store, clock, { workflow: null })
    await fresh.publish(await draftOf(fresh, { a: '1' }), signal)
    const healed = (await store.read(key, signal))!
    expect(parseManifest(healed.bytes).topHash).toBe(first.topHash)
  })
})
