import { describe, expect, test } from 'vitest'
import { usedUp } from '../../src/base/single-use.ts'
import type { Archive } from '../../src/export/archive.ts'
import { type ZipMember, zipBytes } from '../support/zip-bytes.ts'
import { contents, noise, open, served } from './archives.ts'

const MIB = 1024 * 1024
const never = new AbortController().signal

const text = (length: number): Buffer => Buffer.alloc(length, 'plate 7, well A1, 0.4521\n')

const members: ZipMember[] = [
  { name: 'large.csv', data: text(8 * MIB), method: 8 },
  { name: 'large.png', data: noise(4 * MIB), method: 0 },
  { name: 'dense.png', data: noise(4 * MIB, 2), method: 8 },
  { name: 'small.csv', data: text(300_000), method: 8 },
  { name: 'small.png', data: noise(100_000, 3), method: 0 },
]
const archiveBytes = zipBytes(members).bytes
const expected = members.map(({ name, data }) => ({ name, data }))

/** Reads as a store does: a piece is used up before the next is asked for. Counts the bytes whose memory is gone after. */
const readAndGiveBack = async (archive: Archive): Promise<{ all: number; gone: number }> => {
  const pieces: { length: number; piece: Uint8Array }[] = []
  for (const span of archive.spans(archive.members))
    for await (const body of archive.read(span, never))
      for await (const piece of body.chunks) {
        pieces.push({ length: piece.length, piece })
        usedUp(piece)
      }
  return {
    all: pieces.reduce((sum, { length }) => sum + length, 0),
    gone: pieces.filter(({ piece }) => piece.length === 0).reduce((sum, { length }) => sum + length, 0),
  }
}

describe('the memory of an export', () => {
  test('is given back while it flows, and not left to the collector', async () => {
    await served(archiveBytes, {}, async ({ download }) => {
      using archive = await open(download)
      const { all, gone } = await readAndGiveBack(archive)
      expect(all).toBe(members.reduce((sum, { data = '' }) => sum + data.length, 0))
      expect(gone / all).toBeGreaterThan(0.95)
    })
  })

  test('stays where it is read again: a file held whole gives the same twice', async () => {
    await served(archiveBytes, { noRanges: true }, async ({ download }) => {
      using archive = await open(download)
      await readAndGiveBack(archive)
      expect(await contents(archive)).toEqual(expected)
    })
  })

  test('stays where it is read again: the end of the file, which is kept, gives the same twice', async () => {
    const [, , , ...small] = members
    await served(zipBytes(small).bytes, {}, async ({ download }) => {
      using archive = await open(download)
      await readAndGiveBack(archive)
      expect((await contents(archive)).map(({ data }) => data.length)).toEqual([300_000, 100_000])
      expect(archive.requests).toBe(1)
    })
  })

  test('leaves alone what small members are unpacked into, which they share with others', async () => {
    const small = Array.from({ length: 400 }, (_, i) => ({ name: `${i}.csv`, data: text(1_024), method: 8 }))
    await served(zipBytes(small).bytes, {}, async ({ download }) => {
      using archive = await open(download)
      expect(await readAndGiveBack(archive)).toEqual({ all: 400 * 1_024, gone: 0 })
    })
  })

  test('stays while an engine that was left in the middle may still read it', async () => {
    await served(archiveBytes, {}, async ({ download }) => {
      using archive = await open(download)
      for (let round = 0; round < 20; round++) {
        for (const span of archive.spans(archive.members))
          for await (const body of archive.read(span, never)) for await (const _ of body.chunks) break
      }
      expect(await contents(archive)).toEqual(expected)
    })
  })
})
