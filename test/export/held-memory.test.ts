import { describe, expect, test } from 'vitest'
import { ByteBudget } from '../../src/base/byte-budget.ts'
import { type ArchiveMemory, archiveMemory } from '../../src/export/archive-memory.ts'
import { openArchive } from '../../src/export/open-archive.ts'
import { zipBytes } from '../support/zip-bytes.ts'
import { contents, LIMITS, noise, served } from './archives.ts'

const never = new AbortController().signal
const sharing = (held: ByteBudget): ArchiveMemory => ({ ...archiveMemory(LIMITS), held })
const data = noise(2_000_000)
const file = zipBytes([{ name: 'a.png', data, method: 0 }]).bytes

describe('archives whose servers know no ranges', () => {
  test('wait for each other when they do not fit into memory together', async () => {
    await served(file, { noRanges: true }, async ({ download, server }) => {
      const pot = new ByteBudget(3_000_000)
      const first = await openArchive(download, LIMITS, never, sharing(pot))
      const order: string[] = []
      const second = openArchive(download, LIMITS, never, sharing(pot)).then((archive) => {
        order.push('second is open')
        return archive
      })
      // The first can be read to its end although nothing is left for the second.
      expect((await contents(first))[0]?.data).toEqual(data)
      expect(pot.used).toBe(file.length)
      order.push('first is done')
      first[Symbol.dispose]()
      using archive = await second
      expect(order).toEqual(['first is done', 'second is open'])
      expect((await contents(archive))[0]?.data).toEqual(data)
      expect(server.asked).toHaveLength(2)
    })
  })

  test('keep their turn when the server hung up while they waited', async () => {
    const resetAfter = (request: number) => (request === 2 ? 1_000_000 : null)
    await served(file, { noRanges: true, resetAfter }, async ({ download }) => {
      const pot = new ByteBudget(3_000_000)
      const order: string[] = []
      const opened = async (name: string) => {
        const answered = Promise.withResolvers<void>()
        const get: typeof download.get = async (range, signal) => {
          const answer = await download.get(range, signal)
          answered.resolve()
          return answer
        }
        const open = openArchive({ get }, LIMITS, never, sharing(pot)).then((archive) => {
          order.push(name)
          archive[Symbol.dispose]()
        })
        await answered.promise
        return { open }
      }
      const first = await openArchive(download, LIMITS, never, sharing(pot))
      const second = await opened('second')
      const third = await opened('third')
      first[Symbol.dispose]()
      await Promise.all([second.open, third.open])
      expect(order).toEqual(['second', 'third'])
      expect(pot.used).toBe(0)
    })
  })

  test('give their memory back when they cannot be opened, and when they break off', async () => {
    const pot = new ByteBudget(3_000_000)
    await served(file.subarray(0, -30), { noRanges: true }, async ({ download }) => {
      await expect(openArchive(download, LIMITS, never, sharing(pot))).rejects.toMatchObject({
        code: 'archive.truncated',
      })
    })
    await served(file, { noRanges: true, resetAfter: () => 1_000_000 }, async ({ download }) => {
      await expect(openArchive(download, LIMITS, never, sharing(pot))).rejects.toMatchObject({
        code: 'export.download_failed',
      })
    })
    expect(pot.used).toBe(0)
  })
})

describe('archives with long directories', () => {
  const files = Array.from({ length: 1_000 }, (_, i) => ({ name: `${i}-${'n'.repeat(400)}.csv`, data: 'a' }))
  const { bytes, directoryStart, endRecord } = zipBytes(files)
  const directoryBytes = endRecord - directoryStart

  test('wait for each other when their directories do not fit into memory together', async () => {
    await served(bytes, {}, async ({ download }) => {
      const directories = new ByteBudget(1.5 * directoryBytes)
      const memory = { ...archiveMemory(LIMITS), directories }
      const first = await openArchive(download, LIMITS, never, memory)
      const order: string[] = []
      const second = openArchive(download, LIMITS, never, memory).then((archive) => {
        order.push('second is open')
        return archive
      })
      expect(await contents(first)).toHaveLength(1_000)
      order.push('first is done')
      first[Symbol.dispose]()
      using archive = await second
      expect(order).toEqual(['first is done', 'second is open'])
      expect(archive.members).toHaveLength(1_000)
      expect(directories.used).toBe(directoryBytes)
    })
  })

  test('give their memory back when they are refused', async () => {
    await served(bytes, {}, async ({ download }) => {
      const memory = archiveMemory(LIMITS)
      await expect(openArchive(download, { ...LIMITS, maxBytes: 999 }, never, memory)).rejects.toMatchObject({
        code: 'archive.too_large',
      })
      expect(memory.directories.used).toBe(0)
    })
  })
})
