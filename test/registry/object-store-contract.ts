import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import type { LogicalKey, ObjectHash, PackageName } from '../../src/quilt/types.ts'
import type { ObjectStore, Place } from '../../src/registry/ports.ts'

const MiB = 1 << 20
const signal = new AbortController().signal
const name = 'contract/package' as PackageName

/** A store to test, and how it is cleaned up. */
export type StoreUnderTest = { readonly store: ObjectStore; stop(): Promise<void> }

/** Keys that trip over quoting, ordering or encoding somewhere: the same 27 as in the Quilt vectors, and a long one. */
export const AWKWARD_KEYS = [
  ...['#hash.txt', '%41.txt', '%', 'a b/c d.txt', 'a!/z.txt', 'a+b.txt', 'quote\'".txt', 'q?x=1&y.txt'],
  ...[
    '~tilde.txt',
    'semi;colon,comma.txt',
    'e\u0301.txt',
    '\u00e9.txt',
    '中文/数据.csv',
    '😀.txt',
    '\ue000.txt',
  ],
  ...['(star)*.txt', '...', '..hidden', 'x'.repeat(200), `deep/${'d/'.repeat(40)}leaf`],
]

/** Deterministic bytes: byte i is i % 251, as in the Quilt vectors, with a seed to tell contents apart. */
export const sample = (size: number, seed = 0): Buffer => {
  const period = Buffer.from(Array.from({ length: 251 }, (_, i) => (i + seed) % 251))
  return Buffer.alloc(size, period)
}

/** sha2-256-chunked written a second time, straight from the definition (up to 80,000 MiB). */
const chunkedHash = (bytes: Buffer): ObjectHash => {
  const outer = createHash('sha256')
  for (let at = 0; at < bytes.length; at += 8 * MiB)
    outer.update(
      createHash('sha256')
        .update(bytes.subarray(at, at + 8 * MiB))
        .digest(),
    )
  return { type: 'sha2-256-chunked', value: outer.digest('base64') }
}

const place = (key: string, run = 'run-1'): Place => ({ name, key: key as LogicalKey, run })

const collect = async (chunks: AsyncIterable<Uint8Array>): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync(chunks))

const keysOf = async (store: ObjectStore, prefix = ''): Promise<string[]> =>
  (await Array.fromAsync(store.list(prefix, signal))).sort()

const commit = async (store: ObjectStore, at: Place, bytes: Buffer, step = 300_000): Promise<string> => {
  const upload = await store.begin(at, bytes.length, signal)
  for (let from = 0; from < bytes.length; from += step) await upload.write(bytes.subarray(from, from + step))
  return upload.commit(chunkedHash(bytes))
}

/** Commits and settles, as before a manifest is written. */
const put = async (store: ObjectStore, at: Place, bytes: Buffer): Promise<string> => {
  const physicalKey = await commit(store, at, bytes)
  await store.settle(at.run, [physicalKey], signal)
  return physicalKey
}

const NONE: ReadonlySet<string> = new Set()

/** What every adapter of `ObjectStore` keeps. The store starts empty; the tests share it. */
export const describeObjectStore = (title: string, makeStore: () => Promise<StoreUnderTest>): void => {
  describe(`${title} as an object store`, () => {
    let under: StoreUnderTest
    let store: ObjectStore
    beforeAll(async () => {
      under = await makeStore()
      store = under.store
    })
    afterAll(() => under?.stop())

    describe('objects', () => {
      it.each([0, 1, 8 * MiB - 1, 8 * MiB, 8 * MiB + 1, 20 * MiB + 3])('keeps %i bytes', async (size) => {
        const bytes = sample(size)
        const physicalKey = await put(store, place(`sizes/${size}`), bytes)
        expect(physicalKey.startsWith(`${store.url}/`)).toBe(true)
        expect((await collect(store.open(physicalKey, signal))).equals(bytes)).toBe(true)
      })

      it('takes chunks of any size, empty ones too', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.array(fc.uint8Array({ maxLength: 2_000 }), { maxLength: 12 }),
            async (chunks) => {
              const bytes = Buffer.concat(chunks)
              const upload = await store.begin(place('any/chunks'), bytes.length, signal)
              for (const chunk of chunks) await upload.write(chunk)
              const physicalKey = await upload.commit(chunkedHash(bytes))
              await store.settle('run-1', [physicalKey], signal)
              expect((await collect(store.open(physicalKey, signal))).equals(bytes)).toBe(true)
            },
          ),
          { numRuns: 15 },
        )
      })

      it('does not hold on to a chunk after write has resolved', async () => {
        const chunk = Buffer.from('first')
        const upload = await store.begin(place('reused/chunk'), 10, signal)
        await upload.write(chunk)
        chunk.write('again')
        await upload.write(chunk)
        const physicalKey = await upload.commit(chunkedHash(Buffer.from('firstagain')))
        await store.settle('run-1', [physicalKey], signal)
        expect((await collect(store.open(physicalKey, signal))).toString()).toBe('firstagain')
      })

      it('keeps objects under awkward keys apart', async () => {
        const kept = new Map<string, string>()
        for (const key of AWKWARD_KEYS) kept.set(key, await put(store, place(key), Buffer.from(`at ${key}`)))
        expect(new Set(kept.values()).size).toBe(AWKWARD_KEYS.length)
        for (const [key, physicalKey] of kept)
          expect((await collect(store.open(physicalKey, signal))).toString()).toBe(`at ${key}`)
      })

      it('keeps earlier content readable after another commit at the same place', async () => {
        const first = await put(store, place('same/place', 'run-1'), Buffer.from('first'))
        const second = await put(store, place('same/place', 'run-2'), Buffer.from('second'))
        const third = await put(store, place('same/place', 'run-2'), Buffer.from('third'))
        expect((await collect(store.open(first, signal))).toString()).toBe('first')
        expect((await collect(store.open(second, signal))).toString()).toBe('second')
        expect((await collect(store.open(third, signal))).toString()).toBe('third')
      })

      it('takes the same content at two places and at once', async () => {
        const keys = await Promise.all(
          Array.from({ length: 12 }, (_, i) => put(store, place(`same/content-${i % 3}`), sample(70_000, 7))),
        )
        for (const key of keys)
          expect((await collect(store.open(key, signal))).equals(sample(70_000, 7))).toBe(true)
      })

      it.each([
        ['fewer', 99],
        ['more', 101],
        ['no', 0],
      ])('refuses to commit when %s bytes came than were promised', async (_, written) => {
        const before = await keysOf(store)
        const bytes = sample(written, 3)
        const upload = await store.begin(place('wrong/size'), 100, signal)
        const failed = upload.write(bytes).then(() => upload.commit(chunkedHash(bytes)))
        await expect(failed).rejects.toBeInstanceOf(Fault)
        await upload.abort()
        await upload.abort()
        expect(await keysOf(store)).toEqual(before)
      })

      it.each([0, 1_000, 9 * MiB])(
        'shows nothing of an upload of %i bytes that was aborted',
        async (size) => {
          const before = await keysOf(store)
          const upload = await store.begin(place('aborted'), size, signal)
          await upload.write(sample(size, 5))
          expect(await keysOf(store)).toEqual(before)
          await upload.abort()
          await upload.abort()
          expect(await keysOf(store)).toEqual(before)
          await expect(upload.commit(chunkedHash(sample(size, 5)))).rejects.toThrow()
          expect(await keysOf(store)).toEqual(before)
        },
      )

      it('commits once, says so again, and an abort after that takes nothing away', async () => {
        const upload = await store.begin(place('once'), 4, signal)
        await upload.write(Buffer.from('once'))
        const physicalKey = await upload.commit(chunkedHash(Buffer.from('once')))
        expect(await upload.commit(chunkedHash(Buffer.from('once')))).toBe(physicalKey)
        await upload.abort()
        await store.settle('run-1', [physicalKey], signal)
        expect((await collect(store.open(physicalKey, signal))).toString()).toBe('once')
      })

      it('begins nothing for work that is already given up', async () => {
        const gone = AbortSignal.abort(new Error('drained'))
        await expect(store.begin(place('gone'), 1, gone)).rejects.toThrow('drained')
      })

      it('says that an object is missing', async () => {
        const physicalKey = await put(store, place('there'), Buffer.from('there'))
        const missing = physicalKey.replace(/\?.*$/, '').replace(/[^/]+$/, 'never-written')
        await expect(collect(store.open(missing, signal))).rejects.toMatchObject({
          code: 'store.object_missing',
        })
      })

      it('names a bounded amount of memory for an upload', () => {
        for (const size of [0, 1, 20 * MiB, 5 * 2 ** 40]) {
          expect(store.uploadBuffer(size)).toBeGreaterThanOrEqual(0)
          expect(store.uploadBuffer(size)).toBeLessThanOrEqual(Math.max(64 * MiB, size / 1_000))
        }
      })
    })

    describe('what a run stores', () => {
      const text = async (physicalKey: string) => (await collect(store.open(physicalKey, signal))).toString()
      const missing = { code: 'store.object_missing' }

      it('is known to the run at once, and to all when it is settled', async () => {
        const physicalKey = await commit(store, place('known', 'known'), Buffer.from('known'))
        expect(await store.has(physicalKey, signal, 'known')).toBe(true)
        await store.settle('known', [physicalKey], signal)
        expect(await store.has(physicalKey, signal, 'known')).toBe(true)
        expect(await store.has(physicalKey, signal)).toBe(true)
        expect(await store.has(physicalKey, signal, 'another run')).toBe(true)
      })

      it('is not what others may overwrite', async () => {
        await store.write('lab/theirs/report.csv', Buffer.from('theirs'), null, signal)
        const { physicalKey } = (await store.read('lab/theirs/report.csv', signal))!
        const { searchParams } = new URL(physicalKey)
        expect(await store.has(physicalKey, signal)).toBe(searchParams.has('versionId'))
        expect(await store.has(physicalKey.split('?')[0]!, signal)).toBe(false)
      })

      it('is gone for good when the run came to nothing, whatever its keys are', async () => {
        const before = await keysOf(store)
        const keys = [...AWKWARD_KEYS, 'a<b>&c.txt']
        const physicalKeys: string[] = []
        for (const key of keys)
          physicalKeys.push(await commit(store, place(key, 'gone'), Buffer.from(`gone ${key}`)))
        await store.discard('gone', physicalKeys, NONE, signal)
        for (const physicalKey of physicalKeys) {
          expect(await store.has(physicalKey, signal, 'gone'), physicalKey).toBe(false)
          await expect(collect(store.open(physicalKey, signal))).rejects.toMatchObject(missing)
        }
        expect(await keysOf(store)).toEqual(before)
        await store.discard('gone', physicalKeys, NONE, signal)
      })

      it('goes without what is kept', async () => {
        const kept = await commit(store, place('kept', 'some'), Buffer.from('kept'))
        const gone = await commit(store, place('gone', 'some'), Buffer.from('gone'))
        await store.discard('some', [kept, gone], new Set([kept]), signal)
        expect(await store.has(gone, signal, 'some')).toBe(false)
        await store.settle('some', [kept], signal)
        expect(await text(kept)).toBe('kept')
      })

      it('stays when it is settled and not said to be removable', async () => {
        const settled = await put(store, place('settled', 'settled'), Buffer.from('settled'))
        await store.discard('settled', [], NONE, signal)
        expect(await text(settled)).toBe('settled')
      })

      it('leaves what was there under the same key before', async () => {
        const before = await put(store, place('same/key', 'first run'), Buffer.from('the first'))
        const after = await commit(store, place('same/key', 'second run'), Buffer.from('the second'))
        await store.discard('second run', [after], NONE, signal)
        expect(await text(before)).toBe('the first')
        expect(await store.has(after, signal, 'second run')).toBe(false)
      })

      it('can be settled again, and in parts', async () => {
        const one = await commit(store, place('part/1', 'parts'), Buffer.from('part one'))
        const two = await commit(store, place('part/2', 'parts'), Buffer.from('part two'))
        await store.settle('parts', [one], signal)
        await store.settle('parts', [one, two, 's3://elsewhere/key?versionId=1'], signal)
        await store.settle('parts', [two, one], signal)
        expect([await text(one), await text(two)]).toEqual(['part one', 'part two'])
      })

      it.each(['before', 'after'])(
        'is not disturbed by another run with the same content that fails %s',
        async (when) => {
          const bytes = Buffer.from(`equal ${when}`)
          const [fails, succeeds] = [`fails ${when}`, `succeeds ${when}`]
          const [lost, kept] = await Promise.all([
            commit(store, place('equal/a', fails), bytes),
            commit(store, place('equal/b', succeeds), bytes),
          ])
          const steps = [
            () => store.discard(fails, [lost], NONE, signal),
            () => store.settle(succeeds, [kept], signal),
          ]
          for (const step of when === 'before' ? steps : steps.reverse()) await step()
          expect(await text(kept)).toBe(`equal ${when}`)
        },
      )

      it('is not disturbed by runs with the same content that end at the same time', async () => {
        const bytes = Buffer.from('equal at once')
        const runs = Array.from({ length: 12 }, (_, i) => `at once ${i}`)
        const keys = await Promise.all(runs.map((run) => commit(store, place(`at/${run}`, run), bytes)))
        await Promise.all(
          runs.map((run, i) =>
            i % 3 === 0
              ? store.discard(run, [keys[i]!], NONE, signal)
              : store.settle(run, [keys[i]!], signal),
          ),
        )
        for (const [i, physicalKey] of keys.entries())
          if (i % 3 !== 0) expect(await text(physicalKey)).toBe('equal at once')
      })
    })

    describe('small objects', () => {
      const write = (key: string, text: string, condition: Parameters<ObjectStore['write']>[2] = null) =>
        store.write(key, Buffer.from(text), condition, signal)
      const text = async (key: string) => (await store.read(key, signal))?.bytes.toString()

      it('has nothing where nothing was written', async () => {
        expect(await store.read('.quilt/packages/none', signal)).toBeNull()
        expect(await store.size('.quilt/packages/none', signal)).toBeNull()
        expect(await keysOf(store, '.quilt/nowhere/')).toEqual([])
      })

      it('reads what was written, byte by byte, and overwrites without a condition', async () => {
        expect(await write('.quilt/plain/one', 'one')).toBe(true)
        expect(await text('.quilt/plain/one')).toBe('one')
        expect(await write('.quilt/plain/one', '')).toBe(true)
        expect(await text('.quilt/plain/one')).toBe('')
        expect(await store.size('.quilt/plain/one', signal)).toBe(0)
        const all = sample(300_000)
        await store.write('.quilt/plain/one', all, null, signal)
        expect(await store.size('.quilt/plain/one', signal)).toBe(300_000)
        const read = await store.read('.quilt/plain/one', signal)
        expect(read?.bytes.equals(all)).toBe(true)
        expect((await collect(store.open(read!.physicalKey, signal))).equals(all)).toBe(true)
        expect(read?.physicalKey.startsWith(`${store.url}/.quilt/plain/one`)).toBe(true)
      })

      it('writes only where nothing is when asked to', async () => {
        expect(await write('.quilt/absent/one', 'first', { ifAbsent: true })).toBe(true)
        expect(await write('.quilt/absent/one', 'second', { ifAbsent: true })).toBe(false)
        expect(await text('.quilt/absent/one')).toBe('first')
      })

      it('writes only over what was read when asked to', async () => {
        await write('.quilt/match/one', 'first')
        const { etag } = (await store.read('.quilt/match/one', signal))!
        expect(await write('.quilt/match/one', 'second', { ifMatch: etag })).toBe(true)
        expect(await write('.quilt/match/one', 'third', { ifMatch: etag })).toBe(false)
        expect(await text('.quilt/match/one')).toBe('second')
        expect(await write('.quilt/match/nothing', 'first', { ifMatch: etag })).toBe(false)
        expect(await store.read('.quilt/match/nothing', signal)).toBeNull()
      })

      it('lets one of many win', async () => {
        const firsts = await Promise.all(
          Array.from({ length: 8 }, (_, i) => write('.quilt/race/absent', `${i}`, { ifAbsent: true })),
        )
        expect(firsts.filter(Boolean)).toHaveLength(1)
        const { etag } = (await store.read('.quilt/race/absent', signal))!
        const seconds = await Promise.all(
          Array.from({ length: 8 }, (_, i) => write('.quilt/race/absent', `next ${i}`, { ifMatch: etag })),
        )
        expect(seconds.filter(Boolean)).toHaveLength(1)
        expect(await text('.quilt/race/absent')).toBe(`next ${seconds.indexOf(true)}`)
      })

      it('lists every key under a prefix, and only those', async () => {
        const keys = Array.from({ length: 25 }, (_, i) => `.quilt/list/a/b/${i}`)
        for (const key of [...keys, '.quilt/list/ab', '.quilt/lister/x']) await write(key, key)
        expect(await keysOf(store, '.quilt/list/a/')).toEqual([...keys].sort())
        expect(await keysOf(store, '.quilt/list/')).toEqual([...keys, '.quilt/list/ab'].sort())
      })
    })
  })
}
