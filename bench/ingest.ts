import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/base/clock.ts'
import { openSqliteJobs } from '../src/local/sqlite-jobs.ts'
import { readOptions, wholeNumber } from '../test/support/options.ts'
import { createSigner, type Signer } from '../test/support/signer.ts'
import type { ReaderFigures, ReaderOrder } from './export/read-export.ts'
import type { ServerOrder } from './export/server.ts'
import { prepareDeliveries } from './ingest/deliveries.ts'
import { type Load, sendAll } from './ingest/load.ts'
import type { Order } from './ingest/server.ts'
import { Helper } from './process.ts'
import { parseSize } from './size.ts'

const CONNECTIONS = 50
const WARM_UP = 2_000
const ROUNDS = 3
/** About what is taken while 2 GiB are read. The load ends with the export, or sooner when all are sent. */
const DURING_EXPORT = 60_000
const MIB = 1024 * 1024

type Latencies = { readonly perSecond: number; readonly p50: number; readonly p99: number }

export type IngestFigures = Latencies & {
  readonly deliveries: number
  readonly connections: number
  /** The same deliveries on a bare `node:http` server that only verifies them with a cached key. */
  readonly bareHttpPerSecond: number
  readonly ratioToBareHttp: number
  /** Deliveries answered with 2xx in all rounds, and those found in the records after each process was killed. */
  readonly acknowledged: number
  readonly recorded: number
  /** The same door while its process reads an export of this size. */
  readonly duringExport: Latencies & { readonly mib: number; readonly seconds: number }
}

/**
 * How fast the door is: deliveries a second and latencies in ms, each verified and durably stored before its answer. Both
 * servers run in a process of their own, one after the other, on deliveries that were signed before the clock started,
 * each with its own id; the better of three rounds counts for either. Every door is ended by SIGKILL, and what it
 * acknowledged is counted in its records. About a minute.
 * `--deliveries N`: a round's deliveries (default 8,000); `--export 2GiB`: what is read meanwhile in the last round.
 */
export const run = async (args: readonly string[]): Promise<IngestFigures> => {
  const values = readOptions(args, {
    deliveries: { type: 'string', default: '8000' },
    export: { type: 'string', default: '2GiB' },
  })
  const deliveries = wholeNumber('deliveries', values.deliveries, CONNECTIONS, 100_000)
  const readMeanwhile = parseSize('export', values.export)
  const signer = createSigner()
  const bare: Load[] = []
  const doors: Door[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const prepared = prepareDeliveries(signer, WARM_UP + deliveries, String(round))
    bare.push(await measureBare(signer, prepared))
    doors.push(await measureDoor(signer, prepared))
  }
  const busy = await measureBusyDoor(signer, readMeanwhile)
  const all = [...doors, busy]
  const best = fastest(doors.map(({ load }) => load))
  const bareHttpPerSecond = perSecond(fastest(bare))
  return {
    deliveries,
    connections: CONNECTIONS,
    ...latencies(best),
    bareHttpPerSecond,
    ratioToBareHttp: round2(perSecond(best) / bareHttpPerSecond),
    acknowledged: all.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
    recorded: all.reduce((sum, { recorded }) => sum + recorded, 0),
    duringExport: {
      ...latencies(busy.load),
      mib: Math.round(busy.read.bytes / MIB),
      seconds: round2(busy.read.seconds),
    },
  }
}

type Door = { readonly load: Load; readonly acknowledged: number; readonly recorded: number }

const fastest = (loads: readonly Load[]): Load =>
  loads.reduce((a, b) => (perSecond(b) > perSecond(a) ? b : a))
const perSecond = ({ sent, seconds }: Load): number => Math.round(sent / seconds)
const round2 = (value: number): number => Math.round(value * 100) / 100

const latencies = (load: Load): Latencies => {
  const sorted = load.latencies.slice().sort()
  const at = (share: number): number => round2(sorted[Math.floor(sorted.length * share)] ?? 0)
  return { perSecond: perSecond(load), p50: at(0.5), p99: at(0.99) }
}

const send = async (port: number, requests: readonly Buffer[], enough?: AbortSignal): Promise<Load> => {
  const load = await sendAll(port, requests, CONNECTIONS, enough)
  if (load.accepted !== load.sent) throw new Error(`${load.sent - load.accepted} deliveries were refused`)
  return load
}

const measureBare = async (signer: Signer, requests: readonly Buffer[]): Promise<Load> => {
  await using server = new Helper('ingest/server.ts')
  const order: Order = { what: 'bare', jwks: { keys: [signer.jwk] }, folder: '' }
  const port = await server.ask<number>(order)
  await send(port, requests.slice(0, WARM_UP))
  return await send(port, requests.slice(WARM_UP))
}

const measureDoor = (signer: Signer, requests: readonly Buffer[]): Promise<Door> =>
  withDoor(signer, async (port) => {
    const warm = await send(port, requests.slice(0, WARM_UP))
    const load = await send(port, requests.slice(WARM_UP))
    return { load, acknowledged: warm.accepted + load.accepted }
  })

/** Loads the door while its process reads an export. */
const measureBusyDoor = async (
  signer: Signer,
  bytes: number,
): Promise<Door & { readonly read: ReaderFigures }> => {
  const requests = prepareDeliveries(signer, WARM_UP + DURING_EXPORT, 'busy')
  await using archive = new Helper('export/server.ts')
  const members = Math.max(1, Math.ceil((400 * bytes) / (2048 * MIB)))
  const url = await archive.ask<string>({ bytes, members, each: null, path: null } satisfies ServerOrder)
  return await withDoor(signer, async (port, server) => {
    const warm = await send(port, requests.slice(0, WARM_UP))
    const over = new AbortController()
    const reading = server
      .ask<ReaderFigures>({ url, folder: null } satisfies ReaderOrder)
      .finally(() => over.abort())
    const [read, load] = await Promise.all([reading, send(port, requests.slice(WARM_UP), over.signal)])
    return { load, acknowledged: warm.accepted + load.accepted, read }
  })
}

/** Runs work against a door of its own, kills that without warning, and counts what is in its records. */
const withDoor = async <T>(
  signer: Signer,
  work: (port: number, server: Helper) => Promise<T>,
): Promise<T & { recorded: number }> => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-ingest-'))
  try {
    await using server = new Helper('ingest/server.ts')
    const order: Order = { what: 'door', jwks: { keys: [signer.jwk] }, folder }
    const result = await work(await server.ask<number>(order), server)
    await server.kill()
    return { ...result, recorded: await recordedIn(folder) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const recordedIn = async (folder: string): Promise<number> => {
  const jobs = openSqliteJobs(join(folder, 'jobs.sqlite'), { clock: systemClock })
  try {
    return (await jobs.history.deliveries({ limit: 1_000_000 })).length
  } finally {
    await jobs.close()
  }
}
