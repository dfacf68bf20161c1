import { deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { CHUNK_BYTES, SHARED_SPAN_BYTES, STREAM_BUFFER_BYTES } from '../../src/export/bounds.ts'
import { type ZipMember, zipBytes } from '../support/zip-bytes.ts'
import { contentOf, contents, noise, open, served } from './archives.ts'

const MIB = 1024 * 1024
const FLOOD = Buffer.alloc(36 * MIB, noise(MIB))
const never = new AbortController().signal
const stored = (name: string, bytes: number, more: Partial<ZipMember> = {}): ZipMember => ({
  name,
  data: noise(bytes),
  method: 0,
  ...more,
})
/** Last in every archive here, so that no other member lies in the tail that is held anyway. */
const pad: ZipMember = stored('pad', 1.2 * MIB)

const spansOf = (members: readonly ZipMember[], keep: (name: string) => boolean = () => true) =>
  served(zipBytes([...members, pad]).bytes, {}, async ({ download }) => {
    const archive = await open(download)
    return archive.spans(archive.members.filter(({ name }) => name !== 'pad' && keep(name)))
  })

describe('spans', () => {
  it('hold every member once, in the order of the file', async () => {
    const members = Array.from({ length: 300 }, (_, i) => stored(`${i}`, 10_000 + i))
    const spans = await spansOf(members)
    expect(spans.flatMap(({ members }) => members.map(({ name }) => name))).toEqual(
      members.map(({ name }) => name),
    )
    expect(spans).toHaveLength(3)
    for (const { start, end } of spans) expect(end - start).toBeLessThan(SHARED_SPAN_BYTES)
  })

  it('end where the next member begins, so that a descriptor comes with its data', async () => {
    const [first, second] = await spansOf([
      stored('a', 0.9 * MIB, { descriptor: true }),
      stored('b', 0.9 * MIB, { descriptor: true }),
    ])
    expect(first!.end + 1).toBe(second!.start)
  })

  it('leave a large member alone', async () => {
    const spans = await spansOf([
      stored('a', 100),
      stored('large', 3 * MIB),
      stored('b', 100),
      stored('c', 100),
    ])
    expect(spans.map(({ members }) => members.map(({ name }) => name))).toEqual([
      ['a'],
      ['large'],
      ['b', 'c'],
    ])
  })

  it('bridge a small member that is not wanted, and not a large one', async () => {
    const small = [stored('a', 100), stored('no', 1000), stored('b', 100)]
    const large = [stored('a', 100), stored('no', 2 * MIB), stored('b', 100)]
    expect(await spansOf(small, (name) => name !== 'no')).toHaveLength(1)
    expect(await spansOf(large, (name) => name !== 'no')).toHaveLength(2)
  })

  it('do not fetch a hole between two members', async () => {
    const [span] = await spansOf([stored('a', 100), stored('b', 100, { gap: Buffer.alloc(5 * MIB) })])
    expect(span!.end - span!.start).toBeLessThan(100_000)
  })

  it('say how much memory they need: packed bytes and what inflating adds', async () => {
    const [shared] = await spansOf([stored('a', 300_000), { name: 'b', data: Buffer.alloc(900_000) }])
    expect(shared!.buffer).toBe(shared!.end - shared!.start + 1 + 900_000)
    const [huge] = await spansOf([stored('huge', 8 * MIB)])
    expect(huge!.buffer).toBe(STREAM_BUFFER_BYTES)
    const [dense] = await spansOf([{ name: 'dense', data: Buffer.alloc(20 * MIB) }])
    expect(dense!.buffer).toBe(dense!.end - dense!.start + 1 + STREAM_BUFFER_BYTES)
  })

  it('are none for no members', async () => expect(await spansOf([])).toEqual([]))
})

describe('reading spans', () => {
  it('takes one request each', () => {
    const members = Array.from({ length: 60 }, (_, i) => stored(`${i}`, i % 20 === 0 ? 1.5 * MIB : 30_000))
    return served(zipBytes([...members, pad]).bytes, {}, async ({ server, download }) => {
      const archive = await open(download)
      const wanted = archive.members.filter(({ name }) => name !== 'pad')
      const spans = archive.spans(wanted)
      for (const span of spans) for await (const body of archive.read(span, never)) await contentOf(body)
      expect(server.asked).toHaveLength(1 + spans.length)
      expect(archive.requests).toBe(1 + spans.length)
      expect(spans).toHaveLength(6)
    })
  })

  it('works side by side', () => {
    const members = Array.from({ length: 5 }, (_, i) => ({ name: `${i}`, data: noise(1.2 * MIB, i) }))
    return served(zipBytes(members).bytes, {}, async ({ download }) => {
      const archive = await open(download)
      await Promise.all(
        archive.spans(archive.members).map(async (span) => {
          for await (const body of archive.read(span, never))
            expect((await contentOf(body)).equals(members[body.member.index]!.data)).toBe(true)
        }),
      )
    })
  })

  it.each([
    ['stored', { data: FLOOD, method: 0 }],
    ['deflated', { data: FLOOD, method: 8, packed: deflateRawSync(FLOOD, { level: 0 }) }],
  ])('holds the server back when the consumer is slow (%s)', (_, more) =>
    served(zipBytes([{ name: 'large', ...more }, pad]).bytes, {}, async ({ server, download }) => {
      const archive = await open(download)
      const chunks = []
      for await (const body of archive.read(archive.spans(archive.members)[0]!, never)) {
        for await (const chunk of body.chunks) {
          chunks.push(chunk.length)
          // Questions and answers that give the server every chance to go on sending.
          for (let i = 0; i < 25; i++)
            for await (const _ of (await download.get({ start: 0, end: 0 }, never)).body);
          if (chunks.length === 4) break
        }
        break
      }
      expect(Math.max(...chunks)).toBeLessThanOrEqual(CHUNK_BYTES)
      // What a loopback socket may hold on both sides, far from the whole.
      expect(server.sent).toBeLessThan(20 * MIB)
    }),
  )

  it('inflates a dense member piece by piece', () =>
    served(
      zipBytes([{ name: 'dense', data: Buffer.alloc(30 * MIB, 'ab') }]).bytes,
      {},
      async ({ download }) => {
        const archive = await open(download)
        const sizes: number[] = []
        for await (const body of archive.read(archive.spans(archive.members)[0]!, never))
          for await (const chunk of body.chunks) sizes.push(chunk.length)
        expect(Math.max(...sizes)).toBe(CHUNK_BYTES)
        expect(sizes.reduce((sum, size) => sum + size)).toBe(30 * MIB)
      },
    ))

  it('serves what lies in the tail without asking', () =>
    served(
      zipBytes([stored('far', 2 * MIB), stored('near', 1000)]).bytes,
      {},
      async ({ server, download }) => {
        const archive = await open(download)
        const near = archive.members.filter(({ name }) => name === 'near')
        for (const span of archive.spans(near))
          for await (const body of archive.read(span, never)) await contentOf(body)
        expect(server.asked).toHaveLength(1)
        await contents(archive)
        expect(server.asked).toHaveLength(2)
      },
    ))
})
