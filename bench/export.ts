import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ByteBudget } from '../src/base/byte-budget.ts'
import { mapConcurrent } from '../src/base/concurrency.ts'
import type { Archive } from '../src/export/archive.ts'
import { openArchive } from '../src/export/open-archive.ts'
import { ChunkedHasher } from '../src/quilt/chunked-hash.ts'
import { HttpDownload } from '../test/support/http-download.ts'
import type { Order } from './export-server.ts'

const MIB = 1024 * 1024
const SPANS_AT_ONCE = 4
const BUDGET_BYTES = 32 * MIB
const UNZIP_ROUNDS = 3
const LIMITS = { maxMembers: 1_000_000, maxBytes: 1e13, maxBufferBytes: 0 }

export type ExportFigures = {
  readonly members: number
  /** What came out of the archive, and how large it is itself. */
  readonly mib: number
  readonly archiveMib: number
  /** From the first request to the last hash, and what that is a second. */
  readonly seconds: number
  readonly mibPerSecond: number
  /** Of the reading process alone. */
  readonly peakRssMiB: number
  readonly requests: number
  /** `unzip -tq` on the same file, best of three; null where there is no unzip. */
  readonly unzipSeconds: number | null
  readonly ratioToUnzip: number | null
}

const UNITS: Readonly<Record<string, number>> = { KiB: 1024, MiB: MIB, GiB: 1024 * MIB }

const parseSize = (text: string): number => {
  const parts = /^(\d+)(KiB|MiB|GiB)$/.exec(text)
  if (!parts) throw new Error(`--size: not a size: ${text} (256MiB, 1GiB)`)
  return Number(parts[1]) * UNITS[parts[2]!]!
}

const readEverything = async (archive: Archive): Promise<number> => {
  const budget = new ByteBudget(BUDGET_BYTES)
  let bytes = 0
  await mapConcurrent(archive.spans(archive.members), SPANS_AT_ONCE, async (span, signal) => {
    using _memory = await budget.take(span.buffer, signal)
    for await (const body of archive.read(span, signal)) {
      const hasher = new ChunkedHasher(body.size)
      for await (const chunk of body.chunks) hasher.update(chunk)
      hasher.digest()
      bytes += hasher.bytes
    }
  })
  return bytes
}

const unzipOnce = async (path: string): Promise<number | null> => {
  const start = performance.now()
  const child = spawn('unzip', ['-tq', path], { stdio: 'ignore' })
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null)).once('exit', resolve)
  })
  if (code === null) return null
  if (code !== 0) throw new Error(`unzip does not like the archive: exit ${code}`)
  return (performance.now() - start) / 1000
}

const fastestUnzip = async (path: string): Promise<number | null> => {
  let best: number | null = null
  for (let round = 0; round < UNZIP_ROUNDS; round++) {
    const seconds = await unzipOnce(path)
    if (seconds === null) return null
    best = Math.min(best ?? seconds, seconds)
  }
  return best
}

const round = (value: number, digits = 2): number => Number(value.toFixed(digits))

/**
 * How fast and in how much memory an export is read: a mixed archive, served by another process, every byte through
 * ranges, inflate, CRC-32 and the chunked hash, and then dropped.
 * `--size 256MiB` of unpacked bytes, `--members 400`, `--store discard` (the only one: stores have their own figures).
 */
export const run = async (args: readonly string[]): Promise<ExportFigures> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      size: { type: 'string', default: '256MiB' },
      members: { type: 'string', default: '400' },
      store: { type: 'string', default: 'discard' },
    },
  })
  const members = Number(values.members)
  if (!Number.isSafeInteger(members) || members < 1) throw new Error('--members: a whole number above 0')
  if (values.store !== 'discard') throw new Error('--store: only discard')
  const folder = await mkdtemp(join(tmpdir(), 'bench-export-'))
  const server = fork(join(import.meta.dirname, 'export-server.ts'), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  try {
    const path = join(folder, 'export.zip')
    server.send({ path, bytes: parseSize(values.size), members } satisfies Order)
    const died = once(server, 'exit').then(() => Promise.reject(new Error('the server of the archive died')))
    const [url] = (await Promise.race([once(server, 'message'), died])) as [string]
    died.catch(() => {})
    const download = new HttpDownload(url)
    const start = performance.now()
    const archive = await openArchive(download, LIMITS, new AbortController().signal)
    const bytes = await readEverything(archive)
    const seconds = (performance.now() - start) / 1000
    const peak = process.resourceUsage().maxRSS / 1024
    download.close()
    const unzip = await fastestUnzip(path)
    return {
      members: archive.members.length,
      mib: round(bytes / MIB, 1),
      archiveMib: round(archive.archiveBytes / MIB, 1),
      seconds: round(seconds),
      mibPerSecond: Math.round(bytes / MIB / seconds),
      peakRssMiB: Math.round(peak),
      requests: archive.requests,
      unzipSeconds: unzip === null ? null : round(unzip),
      ratioToUnzip: unzip === null ? null : round(seconds / unzip),
    }
  } finally {
    server.kill('SIGKILL')
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
    await rm(folder, { recursive: true, force: true })
  }
}
