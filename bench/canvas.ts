import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Step } from '../src/canvas/buttons.ts'
import { startTenant, type Tenant } from '../src/simulator/tenant.ts'
import { readOptions, wholeNumber } from '../test/support/options.ts'
import { publishFiles } from './canvas/package.ts'
import { type Pressed, press, pressStep, shows } from './canvas/press.ts'
import type { Order } from './canvas/server.ts'
import { registryIn, ShippedService } from './canvas/shipped-service.ts'
import { Helper } from './process.ts'
import { bundled } from './shipped.ts'

const ENTRY = { id: 'etr_Bench001', displayId: 'EXP26000001', name: 'Ten thousand files' }
const PACKAGE = `benchling/${ENTRY.displayId}`
/** What one person looks at, from the package screen and back to it. */
const TOUR: readonly Step['kind'][] = [
  'files',
  'into',
  'last',
  'previous',
  'first',
  'next',
  'up',
  'metadata',
  'revisions',
  'package',
]
/** Processes that read the manifest, each for the first time. */
const READERS = 5
/** More requests than Benchling allows in so little time: how the service keeps to its share is measured nowhere here. */
const RATE = { limit: 1_000_000, windowMs: 30_000 }

type Quantiles = { readonly p50: number; readonly p95: number }

export type CanvasFigures = {
  readonly files: number
  readonly clicks: number
  /** ms from a click to the canvas drawn and enabled, in a service that has shown the package before. */
  readonly warm: Quantiles
  /** The same for the first click in a service that just became ready, *Browse files*. */
  readonly cold: Quantiles
  /** ms from any of these clicks, cold ones too, to the answer of its delivery. */
  readonly ack: { readonly p50: number; readonly p99: number }
  /** Of the cold ones alone. */
  readonly coldAck: Quantiles
  /** Clicks as `warm`, with an app that checks, records and reads nothing. */
  readonly bare: Quantiles
  readonly ratioToBare: number
  /** Reading and checking the manifest alone, in a process that never did; the median. */
  readonly manifestMs: number
  readonly ratioToManifest: number
}

/**
 * How long a person waits after a click on a canvas whose package has many files. The service is the published bundle in
 * a process of its own; the tenant sends signed deliveries and takes the PATCH over HTTP. Half a minute.
 * `--files N` (default 10,000), `--clicks N`: warm ones (default 400), `--starts N`: cold ones (default 12). Throws when a
 * click is not answered.
 */
export const run = async (args: readonly string[]): Promise<CanvasFigures> => {
  const values = readOptions(args, {
    files: { type: 'string', default: '10000' },
    clicks: { type: 'string', default: '400' },
    starts: { type: 'string', default: '12' },
  })
  const files = wholeNumber('files', values.files, 100, 100_000)
  const clicks = wholeNumber('clicks', values.clicks, TOUR.length, 100_000)
  const starts = wholeNumber('starts', values.starts, 1, 1_000)
  const folder = await mkdtemp(join(tmpdir(), 'bench-canvas-'))
  const tenant = await startTenant({ page: false, entries: [ENTRY], exportMs: 0, rate: RATE })
  try {
    const program = await bundled('../src/main.ts', folder)
    const canvasId = await drawnCanvas(program, tenant, folder)
    const manifest = await publishFiles(registryIn(folder), PACKAGE, files)
    const cold: Pressed[] = []
    for (let start = 0; start < starts; start++) {
      await withService(program, tenant, folder, async () => {
        cold.push(await pressStep(tenant, canvasId, 'files'))
        await pressStep(tenant, canvasId, 'package')
      })
    }
    const warm = await withService(program, tenant, folder, async () => {
      for (const kind of TOUR) await pressStep(tenant, canvasId, kind)
      const tour: Pressed[] = []
      for (let click = 0; click < clicks; click++)
        tour.push(await pressStep(tenant, canvasId, TOUR[click % TOUR.length] as Step['kind']))
      return tour
    })
    const bare = await bareClicks(tenant, canvasId, clicks)
    const manifestMs = await readManifest(join(registryIn(folder), manifest))
    const figures = { warm: quantiles(warm), cold: quantiles(cold), bare: quantiles(bare) }
    const acks = sorted([...cold, ...warm].map(({ ackMs }) => ackMs))
    const coldAcks = sorted(cold.map(({ ackMs }) => ackMs))
    return {
      files,
      clicks: clicks + starts,
      ...figures,
      ack: { p50: at(acks, 0.5), p99: at(acks, 0.99) },
      coldAck: { p50: at(coldAcks, 0.5), p95: at(coldAcks, 0.95) },
      ratioToBare: round2(figures.warm.p50 / figures.bare.p50),
      manifestMs,
      ratioToManifest: round2(figures.cold.p50 / manifestMs),
    }
  } finally {
    await tenant.close()
    await rm(folder, { recursive: true, force: true })
  }
}

const withService = async <T>(
  program: string,
  tenant: Tenant,
  folder: string,
  work: () => Promise<T>,
): Promise<T> => {
  await using service = new ShippedService(program, tenant, folder)
  tenant.webhookUrl = await service.ready()
  const result = await work()
  await service.stop()
  return result
}

/** A canvas in an entry that is packaged, so that there is something to browse. */
const drawnCanvas = (program: string, tenant: Tenant, folder: string): Promise<string> =>
  withService(program, tenant, folder, async () => {
    const { id } = tenant.canvases.create({
      appId: tenant.credentials.appId,
      featureId: 'quilt_entry',
      resourceId: ENTRY.id,
    })
    const packaged = shows(tenant, id, () => /Packaged/.test(JSON.stringify(tenant.canvases.get(id).blocks)))
    await tenant.deliver({
      type: 'v2.canvas.created',
      canvasId: id,
      featureId: 'quilt_entry',
      resourceId: ENTRY.id,
      userId: 'ent_Bench',
    })
    await packaged
    return id
  })

/** The same screen drawn by the least app there could be. */
const bareClicks = async (tenant: Tenant, canvasId: string, clicks: number): Promise<Pressed[]> => {
  const { blocks, data } = tenant.canvases.get(canvasId)
  const { clientId, clientSecret } = tenant.credentials
  await using app = new Helper('canvas/server.ts')
  const order: Order = { what: 'app', tenantUrl: tenant.url, clientId, clientSecret, patch: { blocks, data } }
  tenant.webhookUrl = `http://127.0.0.1:${await app.ask<number>(order)}`
  const pressed: Pressed[] = []
  for (let click = -TOUR.length; click < clicks; click++) {
    const one = await press(tenant, canvasId, 'files', () => true)
    if (click >= 0) pressed.push(one)
  }
  return pressed
}

const readManifest = async (path: string): Promise<number> => {
  const times: number[] = []
  for (let reader = 0; reader < READERS; reader++) {
    await using one = new Helper('canvas/server.ts')
    times.push(await one.ask<number>({ what: 'manifest', path } satisfies Order))
  }
  return at(sorted(times), 0.5)
}

const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b)
const round2 = (value: number): number => Math.round(value * 100) / 100
const at = (values: readonly number[], share: number): number =>
  round2(values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0)

const quantiles = (pressed: readonly Pressed[]): Quantiles => {
  const times = sorted(pressed.map(({ shownMs }) => shownMs))
  return { p50: at(times, 0.5), p95: at(times, 0.95) }
}
