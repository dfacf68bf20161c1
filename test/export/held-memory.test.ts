import { describe, expect, test } from 'vitest'
import { ByteBudget } from '../../src/base/byte-budget.ts'
import { openArchive } from '../../src/export/open-archive.ts'
import { zipBytes } from '../support/zip-bytes.ts'
import { contents, LIMITS, noise, served } from './archives.ts'

const never = new AbortController().signal
const data = noise(2_000_000)
const file = zipBytes([{ name: 'a.png', data, method: 0 }]).bytes

describe('archives whose servers know no ranges', () => {
  test('wait for each other when they do not fit into memory together', async () => {
    await served(file, { noRanges: true }, async ({ download, server }) => {
      const pot = new ByteBudget(3_000_000)
      const first = await openArchive(download, LIMITS, never, pot)
      const order: string[] = []
      const second = openArchive(download, LIMITS, never, pot).then((archive) => {
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

  test('give their memory back when they cannot be opened, and when they break off', async () => {
    const pot = new ByteBudget(3_000_000)
    await served(file.subarray(0, -30), { noRanges: true }, async ({ download }) => {
      await expect(openArchive(download, LIMITS, never, pot)).rejects.toMatchObject({
        code: 'archive.truncated',
      })
    })
    await served(file, { noRanges: true, resetAfter: () => 1_000_000 }, async ({ download }) => {
      await expect(openArchive(download, LIMITS, never, pot)).rejects.toMatchObject({
        code: 'export.download_failed',
      })
    })
    expect(pot.used).toBe(0)
  })
})
