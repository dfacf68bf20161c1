import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { SignedDownload } from '../../src/benchling/download.ts'
import { DownloadClient } from '../../src/benchling/download-client.ts'
import { openArchive } from '../../src/export/open-archive.ts'
import { generatedSource } from '../../src/simulator/archive/byte-source.ts'
import { virtualArchive } from '../../src/simulator/archive/virtual-archive.ts'
import { JumpClock, signal } from '../benchling/tenant.ts'
import { type RangeServer, type ServerFaults, startRangeServer } from '../support/range-server.ts'

const MIB = 2 ** 20
/** What lies between a server and us on loopback: both sockets' buffers and our own of a few pieces. */
const ON_THE_WAY = 16 * MIB
const LIMITS = { maxMembers: 10, maxBytes: 2 ** 40, maxRatio: 1000, maxBufferBytes: 8 * MIB }

const pushing = async (size: number, faults: ServerFaults = {}) => {
  const members = [{ name: 'large.bin', content: generatedSource(1, size) }]
  const archive = await virtualArchive(members, new Date(0), signal)
  const server = await startRangeServer(
    {
      size: archive.size,
      async *chunks(start, end) {
        yield* archive.read(start, end)
      },
    },
    faults,
  )
  const rules = { hosts: [], allowOrigins: [new URL(server.url).origin] }
  const limits = { headersTimeoutMs: 1e12, stallTimeoutMs: 1e12 }
  const client = new DownloadClient(rules, new JumpClock(), limits, () => 0)
  const download = new SignedDownload(client, server.url, () =>
    Promise.reject(new Error('must not be asked')),
  )
  return {
    server,
    download,
    [Symbol.asyncDispose]: async () => {
      await client.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** Gives the server every chance to send more, until nothing has moved for many turns of the event loop. */
const atRest = async (server: RangeServer): Promise<number> => {
  for (let still = 0, before = -1; still < 300; ) {
    still = server.sent === before ? still + 1 : 0
    before = server.sent
    await turn()
  }
  return server.sent
}

it('A server that pushes faster than we consume is held back, however long we take', async () => {
  await using world = await pushing(96 * MIB)
  const { server, download } = world
  const archive = await openArchive(download, LIMITS, signal)
  const tail = server.sent
  let received = 0
  let stops = 0
  for await (const body of archive.read(archive.spans(archive.members)[0]!, signal)) {
    for await (const chunk of body.chunks) {
      received += chunk.byteLength
      if (received < (stops + 1) * 16 * MIB) continue
      stops++
      expect((await atRest(server)) - tail - received).toBeLessThan(ON_THE_WAY)
    }
  }
  expect(stops).toBe(6)
  expect(received).toBe(96 * MIB)
})

it('A server without ranges and without an end is read no further than the limit', async () => {
  await using world = await pushing(96 * MIB, { noRanges: true, noLength: true })
  await expect(openArchive(world.download, LIMITS, signal)).rejects.toMatchObject({
    code: 'export.too_large_without_ranges',
  })
  expect(await atRest(world.server)).toBeLessThan(LIMITS.maxBufferBytes + ON_THE_WAY)
})
