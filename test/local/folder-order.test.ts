import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DurableFolders } from '../../src/local/folder-durable.ts'
import { createFolderStore, type FolderStore } from '../../src/local/folder-store.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { draftOf, NAME, signal } from '../registry/support.ts'
import { FakeClock } from '../support/clock.ts'

/** What the file system was asked to do, in order, each when it was done. */
const { done } = vi.hoisted(() => ({ done: [] as { what: string; path: string; to?: string }[] }))

vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof import('node:fs/promises')>()
  const open: typeof fs.open = async (path, ...more) => {
    const file = await fs.open(path, ...more)
    for (const method of ['sync', 'datasync'] as const) {
      const real = file[method].bind(file)
      file[method] = async () => {
        await real()
        done.push({ what: 'sync', path: String(path) })
      }
    }
    return file
  }
  const rename: typeof fs.rename = async (path, to) => {
    await fs.rename(path, to)
    done.push({ what: 'rename', path: String(path), to: String(to) })
  }
  return { ...fs, open, rename }
})
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const renameSync: typeof fs.renameSync = (path, to) => {
    fs.renameSync(path, to)
    done.push({ what: 'rename', path: String(path), to: String(to) })
  }
  return { ...fs, renameSync }
})

describe('What a folder registry promises is on disk', () => {
  let folder: string
  let store: FolderStore
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'folder-order-'))
    store = createFolderStore(folder)
    done.length = 0
  })
  afterEach(async () => {
    await store.close()
    await rm(folder, { recursive: true })
  })

  /** Everything done so far, paths without what differs from run to run. */
  const story = (): string[] => {
    const plain = (path: string) =>
      path
        .replace(folder, '')
        .replace(/^$/, '/')
        .replace(/[0-9a-f]{64}$/, 'HASH')
        .replace(/\.objects\/[0-9a-f]{2}(?=\/|$)/, '.objects/AA')
        .replace(/\.partial\/[0-9a-f-]{36}\/\d+$/, '.partial/FILE')
        .replace(/\/\d{10}$/, '/TIME')
    return done.map(({ what, path, to }) => `${what} ${plain(path)}${to ? ` > ${plain(to)}` : ''}`)
  }

  it('in this order: content, its folder, its journal mark; then address, manifest, pointer, latest', async () => {
    const registry = createRegistry(store, new FakeClock(), { workflow: null })
    const draft = await draftOf(registry, { 'a.csv': 'a' })
    // Here the mark is written: the bytes, the name and every folder above it are on disk.
    expect(story()).toEqual([
      'sync /.objects/.partial/FILE',
      'sync /',
      'sync /.objects',
      'sync /.objects/.staged',
      'rename /.objects/.partial/FILE > /.objects/.staged/run-1/HASH',
      'sync /.objects/.staged/run-1',
    ])
    done.length = 0
    let begun = -1
    await registry.publish(draft, signal, async () => {
      begun = done.length
    })
    expect(begun).toBe(0)
    expect(story()).toEqual([
      'sync /.objects',
      'rename /.objects/.staged/run-1/HASH > /.objects/AA/HASH',
      'sync /.objects/AA',
      'sync /',
      'sync /.quilt',
      'sync /.objects/.partial/FILE',
      'rename /.objects/.partial/FILE > /.quilt/packages/HASH',
      'sync /.quilt/packages',
      'sync /.quilt',
      'sync /.quilt/named_packages',
      'sync /.quilt/named_packages/benchling',
      'sync /.objects/.partial/FILE',
      `rename /.objects/.partial/FILE > /.quilt/named_packages/${NAME}/TIME`,
      `sync /.quilt/named_packages/${NAME}`,
      'sync /.objects/.partial/FILE',
      `rename /.objects/.partial/FILE > /.quilt/named_packages/${NAME}/latest`,
      `sync /.quilt/named_packages/${NAME}`,
    ])
  })

  it('once for a folder, however many objects are moved into it', async () => {
    const registry = createRegistry(store, new FakeClock(), { workflow: null })
    const files = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`${n}.csv`, `content ${n}`]))
    const draft = await draftOf(registry, files)
    done.length = 0
    await registry.publish(draft, signal)
    const synced = done.filter(({ what, path }) => what === 'sync' && /\.objects\/[0-9a-f]{2}$/.test(path))
    const moved = done.filter(({ to }) => to !== undefined && /\.objects\/[0-9a-f]{2}\//.test(to))
    expect(moved).toHaveLength(300)
    expect(synced.length).toBe(new Set(synced.map(({ path }) => path)).size)
    expect(new Set(synced.map(({ path }) => path))).toEqual(
      new Set(moved.map(({ to }) => to!.slice(0, to!.lastIndexOf('/')))),
    )
    const lastMove = done.lastIndexOf(moved.at(-1)!)
    const manifest = done.findIndex(({ to }) => to?.includes('/.quilt/packages/'))
    for (const sync of synced) {
      expect(done.indexOf(sync)).toBeGreaterThan(lastMove)
      expect(done.indexOf(sync)).toBeLessThan(manifest)
    }
  })

  it('for all who wait when objects of one run are committed at once, with fewer syncs of its folder', async () => {
    const registry = createRegistry(store, new FakeClock(), { workflow: null })
    const place = (n: number) => ({ name: NAME, key: `${n}.csv` as never, run: 'run-1' })
    const body = (n: number) => ({ size: 4, chunks: [Buffer.from(String(1000 + n))] as never })
    const synced = (): number =>
      done.filter(({ what, path }) => what === 'sync' && path.endsWith('/run-1')).length
    await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        const { physicalKey } = await registry.store(place(n), body(n), null, signal)
        const address = physicalKey.slice(-64)
        const named = done.findIndex(({ to }) => to?.endsWith(address))
        expect(done.slice(named).some(({ what, path }) => what === 'sync' && path.endsWith('/run-1'))).toBe(
          true,
        )
      }),
    )
    expect(synced()).toBeLessThan(40)
  })

  it('by a sync that began after they asked, not by one that was under way', async () => {
    const folders = new DurableFolders()
    await Promise.all([folders.sync(folder), folders.sync(folder), folders.sync(folder)])
    expect(story()).toEqual(['sync /', 'sync /'])
    await folders.sync(folder)
    expect(story()).toHaveLength(3)
  })
})
