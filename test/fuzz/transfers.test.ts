import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Download, DownloadAnswer } from '../../src/base/download.ts'
import { Fault } from '../../src/base/fault.ts'
import type { Archive } from '../../src/export/archive.ts'
import { openArchive } from '../../src/export/open-archive.ts'
import { LIMITS, noise } from '../export/archives.ts'
import { zipBytes } from '../support/zip-bytes.ts'
import { PATIENCE_MS, runs } from './runs.ts'

/** Larger than what is read first, so that members come by requests of their own, shared and streamed. */
const FILES = [
  { name: 'small.txt', data: Buffer.from('a few words') },
  { name: 'alone.bin', data: noise(1_300_000, 3) },
  { name: 'table.csv', data: Buffer.alloc(2_000_000, '1,2,3\r\n') },
  { name: 'last.bin', data: noise(700_000, 5) },
]
const FILE = zipBytes(FILES.map((file) => ({ ...file, method: file.name.endsWith('.bin') ? 0 : 8 }))).bytes

/** What a server does wrong with one request. */
const misdeed = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: 'ok', by: 0 }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'short', 'long', 'shift', 'break', 'refuse', 'whole', 'etag', 'no etag', 'size', 'no size', 'empty', 'crumbs', 'other bytes', 'expired',
      ),
      by: fc.integer({ min: 1, max: 900_000 }),
    }),
  },
) // biome-ignore format: a list

type Misdeed = { readonly kind: string; readonly by: number }

const pieces = async function* (bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield new Uint8Array(0)
    yield bytes.subarray(at, at + size)
  }
}

/** A server that does one thing of the list with each request, and then what it should. */
const served = (misdeeds: readonly Misdeed[]): Download & { readonly requests: number } => {
  let requests = 0
  return {
    get requests() {
      return requests
    },
    get: async (range): Promise<DownloadAnswer> => {
      const { kind, by } = misdeeds[requests++] ?? { kind: 'ok', by: 0 }
      const asked =
        range === null
          ? [0, FILE.length]
          : 'last' in range
            ? [Math.max(0, FILE.length - range.last), FILE.length]
            : [range.start, Math.min(FILE.length, range.end + 1)]
      const [start = 0, end = 0] = kind === 'whole' ? [0, FILE.length] : asked
      if (kind === 'refuse') throw new Fault('export.download_failed')
      if (kind === 'expired') throw new Fault('export.link_expired')
      const off = kind === 'shift' ? 1 + (by % 1_000) : 0
      const right = FILE.subarray(start + off, end + off)
      const bytes =
        {
          short: right.subarray(0, Math.max(0, right.length - by)),
          long: Buffer.concat([right, Buffer.alloc(by % 100_000)]),
          empty: Buffer.alloc(0),
          'other bytes': noise(right.length, by),
        }[kind] ?? right
      const body = async function* () {
        const size = kind === 'crumbs' ? 1 + (by % 3_000) : 65_536
        let sent = 0
        for await (const piece of pieces(bytes, size)) {
          yield piece
          sent += piece.length
          if (kind === 'break' && sent >= by) throw new Error('reset')
        }
      }
      return {
        start: start + off,
        total: kind === 'size' ? FILE.length + by : kind === 'no size' ? null : FILE.length,
        partial: range !== null && kind !== 'whole',
        etag: kind === 'no etag' ? null : kind === 'etag' ? '"other"' : '"1"',
        body: body(),
        cancel: () => {},
      }
    },
  }
}

/** Everything an archive holds, copied: a piece is good until the next is asked for. */
const everything = async (archive: Archive) => {
  const found: { index: number; name: string; data: Buffer }[] = []
  for (const span of archive.spans(archive.members))
    for await (const { member, chunks } of archive.read(span, signal)) {
      const pieces: Buffer[] = []
      for await (const chunk of chunks) pieces.push(Buffer.from(chunk))
      found.push({ index: member.index, name: member.name, data: Buffer.concat(pieces) })
    }
  return found.sort((a, b) => a.index - b.index)
}

const signal = new AbortController().signal

test(
  'whatever a server does wrong, the files are right or there is a fault, after a bounded number of requests',
  async () => {
    const seen = { right: 0, fault: 0 }
    await fc.assert(
      fc.asyncProperty(fc.array(misdeed, { maxLength: 7 }), async (misdeeds) => {
        const download = served(misdeeds)
        try {
          using archive = await openArchive(download, LIMITS, signal)
          const found = await everything(archive)
          expect(found.map(({ name }) => name)).toEqual(FILES.map(({ name }) => name))
          expect(found.every(({ data }, i) => data.equals(FILES[i]!.data))).toBe(true)
          seen.right++
        } catch (thrown) {
          if (!(thrown instanceof Fault)) throw thrown
          const wrongBytes = misdeeds.some(({ kind }) => kind === 'other bytes')
          expect(thrown.code).toMatch(wrongBytes ? /^(export|archive)\./ : /^export\./)
          seen.fault++
        }
        expect(download.requests).toBeLessThan(30)
      }),
      runs(40),
    )
    expect(Math.min(seen.right, seen.fault)).toBeGreaterThan(3)
  },
  PATIENCE_MS,
)
