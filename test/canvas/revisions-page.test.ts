import { beforeEach, describe, expect, it } from 'vitest'
import { REVISIONS_A_PAGE, revisionsPage } from '../../src/canvas/browse/revisions-page.ts'
import type { PackageReader } from '../../src/canvas/canvas-ports.ts'
import { LAST_PAGE } from '../../src/canvas/route.ts'
import { latestKey, manifestKey, pointerKey } from '../../src/registry/layout.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { MemoryStore } from '../registry/memory-store.ts'
import { bound, draftOf, NAME, signal } from '../registry/support.ts'
import { FakeClock } from '../support/clock.ts'

let store: MemoryStore
let clock: FakeClock
/** Keys that were read from the store. */
let reads: string[]
/** Manifests being read at the same time, at most. */
let most: number
let reader: PackageReader

beforeEach(() => {
  store = new MemoryStore()
  clock = new FakeClock()
  reader = openReader()
})

/** As another process: nothing is in its memory. */
const openReader = (): PackageReader => {
  reads = []
  most = 0
  let now = 0
  const read: MemoryStore['read'] = async (key) => {
    reads.push(key)
    if (!key.startsWith('.quilt/packages/')) return store.read(key)
    most = Math.max(most, ++now)
    await new Promise(setImmediate)
    now--
    return store.read(key)
  }
  return createRegistry({ ...bound(store), read }, new FakeClock(), { workflow: null })
}

const publish = async (files: Record<string, string>, message = 'm', meta = {}) => {
  const registry = createRegistry(store, clock, { workflow: null })
  await clock.advance(1_000)
  return (await registry.publish(await draftOf(registry, files, message, meta), signal)).topHash
}

const page = (number = 0, from = reader) =>
  revisionsPage(from, NAME, { screen: 'revisions', of: null, page: number }, signal)
const manifests = () => reads.filter((key) => key.startsWith('.quilt/packages/'))
const pointers = () => reads.filter((key) => /\/\d{10}$/.test(key))
const put = (key: string, text: string) => store.write(key, Buffer.from(text), null, signal)

describe('a page of revisions', () => {
  it('tells of each what it changed, which is current, and which is the first', async () => {
    const first = await publish({ a: '1', b: '2' }, 'begun')
    const second = await publish({ a: '1', b: '3', c: '4' }, 'more', { ph: 7 })
    const shown = await page()
    const at = Math.floor(clock.now() / 1_000)
    expect(shown).toMatchObject({ pages: 1, total: 2, latest: second, route: { page: 0 } })
    const none = { count: 0, first: [] }
    expect(shown?.revisions).toEqual([
      {
        at,
        topHash: second,
        current: true,
        before: at - 1,
        facts: {
          message: 'more',
          files: 3,
          bytes: 3,
          changes: {
            added: { count: 1, first: ['c'] },
            changed: { count: 1, first: ['b'] },
            removed: none,
            metadata: true,
            workflow: false,
          },
        },
      },
      {
        at: at - 1,
        topHash: first,
        current: false,
        before: null,
        facts: { message: 'begun', files: 2, bytes: 2, changes: 'first' },
      },
    ])
  })

  it('is null where there is no package', async () => {
    expect(await page()).toBeNull()
  })

  it('reads its own pointers and manifests and one more, two at a time, and again none of the manifests', async () => {
    for (let i = 0; i < 30; i++) await publish({ a: `${i}` })
    expect((await page(1))?.revisions).toHaveLength(REVISIONS_A_PAGE)
    expect(pointers()).toHaveLength(REVISIONS_A_PAGE + 1)
    expect(manifests()).toHaveLength(REVISIONS_A_PAGE + 1)
    expect(new Set(manifests()).size).toBe(REVISIONS_A_PAGE + 1)
    expect(most).toBe(2)
    reads.length = 0
    await page(1)
    expect(manifests()).toEqual([])
    expect(pointers()).toHaveLength(REVISIONS_A_PAGE + 1)
  })

  it('is the last one that there is where a later one is asked for', async () => {
    for (let i = 0; i < REVISIONS_A_PAGE + 1; i++) await publish({ a: `${i}` })
    const last = await page(LAST_PAGE)
    expect(last).toMatchObject({ route: { page: 1 }, pages: 2 })
    expect(last?.revisions).toMatchObject([{ before: null, facts: { changes: 'first' } }])
    // The last of a page is compared with one that is not on it.
    const first = await page(0)
    expect(first?.revisions.at(-1)).toMatchObject({
      before: last!.revisions[0]!.at,
      facts: { changes: { changed: { count: 1 } } },
    })
  })

  it('lists revisions that cannot be read beside the others, each with its reason', async () => {
    const hashes = []
    for (let i = 0; i < 6; i++) hashes.push(await publish({ a: `${i}` }))
    await put(manifestKey(hashes[1]!), 'damaged')
    await put(
      manifestKey(hashes[3]!),
      Buffer.from((await store.read(manifestKey(hashes[0]!)))!.bytes).toString(),
    )
    const at = Math.floor(clock.now() / 1_000)
    await put(pointerKey(NAME, at - 5), 'f'.repeat(64))
    await put(pointerKey(NAME, at + 1), 'no hash')
    const shown = await page()
    expect(shown?.revisions.map(({ facts }) => (typeof facts === 'string' ? facts : facts.changes))).toEqual([
      'gone',
      { ...nothing, changed: { count: 1, first: ['a'] } },
      'unknown',
      'damaged',
      'unknown',
      'damaged',
      'gone',
    ])
  })

  it('looks again at what could not be read', async () => {
    await publish({ a: '1' })
    const [hash, before] = [await publish({ a: '2' }), await page()]
    expect(before?.revisions).toHaveLength(2)
    const bytes = (await store.read(manifestKey(hash)))!.bytes.toString()
    const fresh = openReader()
    await put(manifestKey(hash), 'damaged')
    expect((await page(0, fresh))?.revisions[0]?.facts).toBe('damaged')
    await put(manifestKey(hash), bytes)
    expect((await page(0, fresh))?.revisions[0]?.facts).toMatchObject({ files: 1 })
  })

  it('marks what `latest` names, also when somebody set it back, and says so of none when it is spoilt', async () => {
    const [first] = [await publish({ a: '1' }), await publish({ a: '2' })]
    await put(latestKey(NAME), first)
    expect((await page())?.revisions.map(({ current }) => current)).toEqual([false, true])
    await put(latestKey(NAME), 'spoilt')
    expect(await page()).toMatchObject({ latest: null, revisions: [{ current: false }, { current: false }] })
  })

  it('knows a revision that was pushed twice as the same, and reads it once', async () => {
    const hash = await publish({ a: '1' })
    const at = Math.floor(clock.now() / 1_000)
    await put(pointerKey(NAME, at + 5), hash)
    const shown = await page()
    expect(shown?.revisions).toMatchObject([
      { at: at + 5, before: at, current: true, facts: { changes: 'same', files: 1 } },
      { at, before: null, current: true, facts: { changes: 'first' } },
    ])
    expect(manifests()).toEqual([manifestKey(hash)])
  })

  it('throws what keeps it from the registry', async () => {
    await publish({ a: '1' })
    const broken: PackageReader = {
      ...reader,
      revision: async () => {
        throw new Error('away')
      },
    }
    await expect(page(0, broken)).rejects.toThrow('away')
  })
})

const nothing = {
  added: { count: 0, first: [] },
  changed: { count: 0, first: [] },
  removed: { count: 0, first: [] },
  metadata: false,
  workflow: false,
}
