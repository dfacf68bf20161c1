import { describe, expect, it } from 'vitest'
import { zipBytes } from '../support/zip-bytes.ts'
import { contentOf, contents, noise, open, served } from './archives.ts'

const MIB = 1024 * 1024
const LARGE = noise(6 * MIB)
const large = zipBytes([
  { name: 'large.bin', data: LARGE },
  { name: 'stored.bin', data: LARGE, method: 0 },
]).bytes
const small = zipBytes(
  Array.from({ length: 40 }, (_, i) => ({ name: `${i}`, data: noise(100_000, i), method: 0 })),
).bytes
const never = new AbortController().signal

describe('a transfer that breaks', () => {
  it.each([
    ['large members', large],
    ['small members', small],
    ['the tail', small.subarray(-1)],
  ])('goes on where it stopped (%s)', async (what, file) => {
    const bytes = what === 'the tail' ? large : file
    const breakAt = what === 'the tail' ? [1] : [2, 4]
    await served(
      bytes,
      { resetAfter: (n) => (breakAt.includes(n) ? 700_000 : null) },
      async ({ server, download }) => {
        const whole = await contents(await open(download))
        expect(whole.every(({ data }) => data.length >= 100_000)).toBe(true)
        const before = server.asked[breakAt[0]! - 1]!
        const after = server.asked[breakAt[0]!]!
        const ends = (range: string): number => Number(range.split('-')[1])
        if (what !== 'the tail') expect(ends(after)).toBe(ends(before))
        expect(server.asked.length).toBeGreaterThan(breakAt[0]!)
      },
    )
  })

  it('does not begin again from the start', () =>
    served(
      large,
      { resetAfter: (n) => (n >= 2 && n <= 4 ? 2 * MIB : null) },
      async ({ server, download }) => {
        await contents(await open(download))
        expect(server.sent).toBeLessThan(large.length + 3 * MIB)
      },
    ))

  it('goes on after a body that ends early without an error', () =>
    served(large, { shortBy: (n) => (n === 2 ? 3 * MIB : 0), noLength: true }, async ({ download }) => {
      expect((await contents(await open(download)))[0]?.data.equals(LARGE)).toBe(true)
    }))

  it('is given up when it makes no progress', () =>
    served(large, { resetAfter: (n) => (n > 1 ? 1000 : null) }, async ({ server, download }) => {
      const archive = await open(download)
      await expect(contents(archive)).rejects.toMatchObject({ code: 'export.download_failed' })
      expect(server.asked).toHaveLength(4)
    }))
})

describe('an answer that does not fit', () => {
  it('to another range is refused', () =>
    served(large, {}, async ({ server, download }) => {
      const archive = await open(download)
      server.faults.shift = 10
      await expect(contents(archive)).rejects.toMatchObject({ code: 'export.download_failed' })
    }))

  it('to another tail is refused', () =>
    served(large, { lieAboutSize: 10 }, ({ download }) =>
      expect(open(download)).rejects.toMatchObject({ code: 'export.download_failed' }),
    ))

  it('of another file is noticed by its ETag', () =>
    served(large, {}, async ({ server, download }) => {
      const archive = await open(download)
      server.faults.etag = '"two"'
      await expect(contents(archive)).rejects.toMatchObject({ code: 'export.changed' })
    }))

  it('of another file is noticed while a broken transfer goes on', () =>
    served(large, { resetAfter: (n) => (n === 2 ? MIB : null) }, async ({ server, download }) => {
      const archive = await open(download)
      const [span] = archive.spans(archive.members)
      const read = async (): Promise<void> => {
        for await (const body of archive.read(span!, never))
          for await (const _ of body.chunks) server.faults.etag = '"two"'
      }
      await expect(read()).rejects.toMatchObject({ code: 'export.changed' })
    }))

  it('of another file is noticed by its size', () =>
    served(large, { etag: null }, async ({ server, download }) => {
      const archive = await open(download)
      server.faults.lieAboutSize = 1
      await expect(contents(archive)).rejects.toMatchObject({ code: 'export.changed' })
    }))

  it('without a range, after one with, is refused', () =>
    served(large, {}, async ({ server, download }) => {
      const archive = await open(download)
      server.faults.noRanges = true
      await expect(contents(archive)).rejects.toMatchObject({ code: 'export.download_failed' })
      await server.idle()
    }))
})

describe('a server that ignores ranges', () => {
  it.each([true, false])('is read whole, once (length stated: %s)', (stated) =>
    served(large, { noRanges: true, noLength: !stated }, async ({ server, download }) => {
      const archive = await open(download)
      const found = await contents(archive)
      expect(found.map(({ data }) => data.equals(LARGE))).toEqual([true, true])
      expect(server.asked).toHaveLength(1)
      expect(archive.requests).toBe(1)
    }),
  )

  it.each([true, false])('is refused above the limit, without reading on (length stated: %s)', (stated) =>
    served(large, { noRanges: true, noLength: !stated }, async ({ server, download }) => {
      await expect(open(download, { maxBufferBytes: MIB })).rejects.toMatchObject({
        code: 'export.too_large_without_ranges',
      })
      await server.idle()
      expect(server.sent).toBeLessThan(large.length)
    }),
  )

  it('is asked again when the transfer breaks, three times in all', () =>
    served(
      large,
      { noRanges: true, resetAfter: (n) => (n < 3 ? MIB : null) },
      async ({ server, download }) => {
        expect(await contents(await open(download))).toHaveLength(2)
        expect(server.asked).toHaveLength(3)
        server.faults.resetAfter = () => MIB
        await expect(open(download)).rejects.toMatchObject({ code: 'export.download_failed' })
        expect(server.asked).toHaveLength(6)
      },
    ))
})

describe('leaving early', () => {
  it.each([0, 1])('ends the transfer of a large member (member %i)', (index) =>
    served(large, {}, async ({ server, download }) => {
      const archive = await open(download)
      const span = archive.spans(archive.members)[index]!
      for await (const body of archive.read(span, never)) {
        for await (const _ of body.chunks) break
        break
      }
      await server.idle()
      expect(server.sent).toBeLessThan(large.length)
    }),
  )

  it('passes over what a consumer leaves of a member', () =>
    served(small, {}, async ({ download }) => {
      const archive = await open(download)
      const names: string[] = []
      for (const span of archive.spans(archive.members))
        for await (const body of archive.read(span, never)) {
          names.push(body.member.name)
          if (names.length % 3 === 0) for await (const _ of body.chunks) break
          if (names.length % 3 === 1) expect(await contentOf(body)).toHaveLength(100_000)
        }
      expect(names).toHaveLength(40)
    }))

  it('makes a member unreadable once its span has moved on', () =>
    served(small, {}, async ({ download }) => {
      const archive = await open(download)
      const bodies = []
      for await (const body of archive.read(archive.spans(archive.members)[0]!, never)) bodies.push(body)
      await expect(contentOf(bodies[0]!)).rejects.toThrow('moved on')
    }))

  it('by the signal ends with its reason, even while the server says nothing', () =>
    served(large, { stallAfter: (n) => (n === 2 ? MIB : null) }, async ({ server, download }) => {
      const archive = await open(download)
      const stop = new AbortController()
      const reason = new Error('drained')
      let chunks = 0
      const read = async (): Promise<void> => {
        for await (const body of archive.read(archive.spans(archive.members)[0]!, stop.signal))
          for await (const _ of body.chunks) if (++chunks === 2) setImmediate(() => stop.abort(reason))
      }
      await expect(read()).rejects.toBe(reason)
      await server.idle()
    }))

  it('lets a connection be used again when everything was read', () =>
    served(large, {}, async ({ server, download }) => {
      const archive = await open(download)
      await contents(archive)
      await contents(archive)
      expect(server.asked).toHaveLength(5)
      expect(server.connections).toBe(1)
    }))
})
