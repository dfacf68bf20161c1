import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createSigner, type Signer } from '../test/support/signer.ts'
import { type Load, sendAll } from './ingest/load.ts'
import type { Order } from './ingest/server.ts'

const CONNECTIONS = 50
const WARM_UP = 2_000
const ROUNDS = 3

export type IngestFigures = {
  readonly deliveries: number
  readonly connections: number
  /** Deliveries verified, durably stored and answered in a second; latencies in ms. */
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  /** The same deliveries on a bare `node:http` server that only verifies them with a cached key. */
  readonly bareHttpPerSecond: number
  readonly ratioToBareHttp: number
}

/**
 * How fast the door is. Both servers run in a process of their own, one after the other, on deliveries that were signed
 * before the clock started, each with its own id; the better of three rounds counts for either. Under a minute.
 * `--deliveries N`: a round's deliveries (default 8,000).
 */
export const run = async (args: readonly string[]): Promise<IngestFigures> => {
  const { values } = parseArgs({
    args: [...args],
    options: { deliveries: { type: 'string', default: '8000' } },
    strict: false,
  })
  const deliveries = Math.min(100_000, Math.max(CONNECTIONS, Number(values.deliveries) || 8_000))
  const signer = createSigner()
  const bare: Load[] = []
  const door: Load[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const prepared = prepare(signer, WARM_UP + deliveries, round)
    bare.push(await measure('bare', signer, prepared))
    door.push(await measure('door', signer, prepared))
  }
  const best = fastest(door)
  const sorted = best.latencies.slice().sort()
  const perSecond = deliveries / best.seconds
  const bareHttpPerSecond = deliveries / fastest(bare).seconds
  return {
    deliveries,
    connections: CONNECTIONS,
    perSecond: Math.round(perSecond),
    p50: round2(sorted[Math.floor(deliveries * 0.5)] ?? 0),
    p99: round2(sorted[Math.floor(deliveries * 0.99)] ?? 0),
    bareHttpPerSecond: Math.round(bareHttpPerSecond),
    ratioToBareHttp: round2(perSecond / bareHttpPerSecond),
  }
}

const fastest = (loads: readonly Load[]): Load => loads.reduce((a, b) => (b.seconds < a.seconds ? b : a))
const round2 = (value: number): number => Math.round(value * 100) / 100

const prepare = (signer: Signer, count: number, round: number): Buffer[] =>
  Array.from({ length: count }, (_, i) => {
    const body = JSON.stringify({
      version: '0',
      baseURL: 'https://bench.benchling.com',
      tenantId: 'ten_Bench',
      app: { id: 'app_Bench' },
      appDefinition: { id: 'appdef_Bench', versionNumber: '1.0.0' },
      channel: 'events',
      message: {
        id: `evt_${i}`,
        type: 'v2.entry.updated.fields',
        createdAt: '2026-05-04T09:15:42.118309+00:00',
        resourceId: `etr_Bench${i % 1000}`,
        schema: { id: 'ts_Bench' },
        updates: ['fields.Cell Line'],
        deprecated: false,
      },
    })
    const headers = Object.entries(signer.headers(`msg_${round}_${i}`, Date.now(), body))
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    const length = Buffer.byteLength(body)
    return Buffer.from(
      `POST /event HTTP/1.1\r\nhost: bench\r\n${lines}content-length: ${length}\r\n\r\n${body}`,
    )
  })

const measure = async (what: Order['what'], signer: Signer, requests: readonly Buffer[]): Promise<Load> => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-ingest-'))
  const server = fork(join(import.meta.dirname, 'ingest/server.ts'), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  try {
    server.send({ what, jwks: { keys: [signer.jwk] }, folder } satisfies Order)
    const [port] = (await once(server, 'message')) as [number]
    await sendAll(port, requests.slice(0, WARM_UP), CONNECTIONS)
    const load = await sendAll(port, requests.slice(WARM_UP), CONNECTIONS)
    if (load.accepted !== requests.length - WARM_UP) throw new Error(`${what}: a delivery was refused`)
    return load
  } finally {
    server.kill('SIGKILL')
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
    await rm(folder, { recursive: true, force: true })
  }
}
