import { afterEach, describe, expect, it } from 'vitest'
import yazl from 'yazl'
import { openArchive } from '../../src/export/open-archive.ts'
import { packageEntry } from '../../src/packaging/package-entry.ts'
import type { PackagingPorts } from '../../src/packaging/ports.ts'
import { HttpDownload } from '../support/http-download.ts'
import { type RangeServer, type ServerFaults, startRangeServer } from '../support/range-server.ts'
import { bare } from './entries.ts'
import { filesOf, MemoryJournal, World } from './world.ts'

const NAME = 'benchling/EXP1'

const zip = async (files: Readonly<Record<string, Buffer>>): Promise<Buffer> => {
  const archive = new yazl.ZipFile()
  for (const [name, bytes] of Object.entries(files)) archive.addBuffer(bytes, name)
  archive.end()
  const chunks: Uint8Array[] = []
  for await (const chunk of archive.outputStream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Bytes that do not compress, the same at every call. */
const noise = (length: number): Buffer => {
  const bytes = Buffer.alloc(length)
  for (let at = 0, x = 1; at < length; at++) {
    x = (x * 48_271) % 2_147_483_647
    bytes[at] = x
  }
  return bytes
}

const FILES = {
  'Assay (etr_Bare1).pdf': noise(70_000),
  ...Object.fromEntries(
    Array.from({ length: 300 }, (_, n) => [`images/${n}.txt`, Buffer.from(`plate ${n}\n`)]),
  ),
  'reads.fasta': noise(3 << 20),
}

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A world whose export lies on a real server and is read by the real reader. */
const served = async (
  bytes: Buffer,
  faults: ServerFaults = {},
): Promise<{ world: World; server: RangeServer; ports: PackagingPorts }> => {
  const server = await startRangeServer(bytes, faults)
  const download = new HttpDownload(server.url)
  closing.push(
    () => download.close(),
    () => server[Symbol.asyncDispose](),
  )
  const world = new World(bare())
  world.benchling.exportNow = download
  return { world, server, ports: { ...world.ports, openArchive } }
}

describe('an export on a server', () => {
  it('becomes a package file by file, with few requests and within the byte budget', async () => {
    const { world, server, ports } = await served(await zip(FILES))
    let highest = 0
    const { store } = ports.registry
    const registry = {
      ...ports.registry,
      store: (...given: Parameters<typeof store>) => {
        highest = Math.max(highest, world.budget.used)
        return store(...given)
      },
    }
    const outcome = await packageEntry(await world.job(), { ...ports, registry })
    expect(outcome.export).toMatchObject({ members: 302, requests: server.asked.length })
    expect(server.asked.length).toBeLessThan(10)
    const files = await filesOf(ports.registry, NAME)
    expect(files['images/299.txt']).toBe('plate 299\n')
    expect(outcome.files).toBe(302 + 5)
    const { entries } = world.memory.latest(outcome.package)!
    expect(entries.find(({ logicalKey }) => logicalKey === 'reads.fasta')!.size).toBe(3 << 20)
    expect(highest).toBeGreaterThan(0)
    expect(highest).toBeLessThanOrEqual(world.budget.limit)
    expect(world.budget.used).toBe(0)
  })

  it('publishes nothing when a single file is damaged', async () => {
    const bytes = await zip(FILES)
    bytes[bytes.length - (2 << 20)]! ^= 0xff
    const { world, ports } = await served(bytes)
    await expect(packageEntry(await world.job(), ports)).rejects.toMatchObject({
      code: 'archive.member_invalid',
    })
    expect(world.memory.published).toEqual([])
    expect(world.budget.used).toBe(0)
  })

  it('goes on where it was when the connection broke, with the same export', async () => {
    const { world, server, ports } = await served(await zip(FILES), {
      resetAfter: (request) => (request >= 3 ? 100_000 : null),
    })
    const run = world.run()
    const journal = new MemoryJournal()
    await expect(packageEntry(await world.job(run, journal), ports)).rejects.toThrow()
    const before = server.sent
    server.faults.resetAfter = () => null
    expect(await packageEntry(await world.job(run, journal), ports)).toMatchObject({
      status: 'published',
      files: 307,
      export: { taskId: 'task-1' },
    })
    expect(before).toBeGreaterThan(0)
  })

  it('without ranges is read whole up to the configured size', async () => {
    const small = { 'a.pdf': noise(1_000), 'b.csv': Buffer.from('a,b') }
    const { world, ports } = await served(await zip(small), { noRanges: true })
    expect(await packageEntry(await world.job(), ports)).toMatchObject({ status: 'published', files: 7 })
    const large = await served(await zip(FILES), { noRanges: true })
    await expect(packageEntry(await large.world.job(), large.ports)).rejects.toMatchObject({
      code: 'export.too_large_without_ranges',
    })
  })
})
