import { beforeEach, describe, expect, it } from 'vitest'
import { latestKey, pointerKey } from '../../src/registry/layout.ts'
import type { Registry } from '../../src/registry/ports.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { FakeClock } from '../support/clock.ts'
import { MemoryStore } from './memory-store.ts'
import { bound, NAME, signal } from './support.ts'

const FIRST = 1_700_000_000
const hashOf = (at: number) => String(at).padStart(64, '0')

let reads: string[]
let store: MemoryStore
let registry: Registry

beforeEach(async () => {
  reads = []
  store = new MemoryStore()
  for (let at = FIRST; at < FIRST + 30; at++)
    await store.write(pointerKey(NAME, at), Buffer.from(hashOf(at)), null, signal)
  await store.write(latestKey(NAME), Buffer.from(hashOf(FIRST)), null, signal)
  await store.write(`.quilt/named_packages/${NAME}/17`, Buffer.from('a stranger'), null, signal)
  const watched = {
    ...bound(store),
    read: (key: string) => {
      reads.push(key)
      return store.read(key)
    },
  }
  registry = createRegistry(watched, new FakeClock(), { workflow: null })
})

describe('The history of a package', () => {
  it('is read in parts, newest first, and nothing else of it is read', async () => {
    const { total, pointers } = await registry.history(NAME, { skip: 8, limit: 3 }, signal)
    expect(total).toBe(30)
    expect(pointers).toEqual([FIRST + 21, FIRST + 20, FIRST + 19].map((at) => ({ at, topHash: hashOf(at) })))
    expect(reads.sort()).toEqual(pointers.map(({ at }) => pointerKey(NAME, at)).sort())
  })

  it('ends where it ends', async () => {
    const end = await registry.history(NAME, { skip: 29, limit: 9 }, signal)
    expect(end.pointers.map(({ at }) => at)).toEqual([FIRST])
    expect(await registry.history(NAME, { skip: 40, limit: 9 }, signal)).toEqual({ total: 30, pointers: [] })
    expect(await registry.history('no/such' as never, { skip: 0, limit: 9 }, signal)).toEqual({
      total: 0,
      pointers: [],
    })
  })

  it('shows a pointer that holds no top hash as such, and hides no other', async () => {
    await store.write(pointerKey(NAME, FIRST + 29), Buffer.from('spoilt'), null, signal)
    const { pointers } = await registry.history(NAME, { skip: 0, limit: 2 }, signal)
    expect(pointers).toEqual([
      { at: FIRST + 29, topHash: null },
      { at: FIRST + 28, topHash: hashOf(FIRST + 28) },
    ])
    await expect(registry.revisionAt(NAME, FIRST + 29, signal)).rejects.toMatchObject({
      code: 'manifest.invalid',
    })
  })

  it('names the revision of a time, in one read', async () => {
    expect(await registry.revisionAt(NAME, FIRST + 3, signal)).toBe(hashOf(FIRST + 3))
    expect(reads).toEqual([pointerKey(NAME, FIRST + 3)])
    expect(await registry.revisionAt(NAME, FIRST - 1, signal)).toBeNull()
  })

  it.each([17, 99_999_999_999, 1.5])(
    'knows no revision of %d seconds, and reads nothing for it',
    async (at) => {
      expect(await registry.revisionAt(NAME, at, signal)).toBeNull()
      expect(reads).toEqual([])
    },
  )
})
