import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { ByteBudget } from '../base/byte-budget.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import { errorCode } from '../base/error-code.ts'
import { Fault } from '../base/fault.ts'
import type { Logger } from '../base/log.ts'
import { VERSION } from '../base/version.ts'
import { createBenchling } from '../benchling/client.ts'
import { canvasJob } from '../canvas/canvas-job.ts'
import type { PackageLinks } from '../canvas/links.ts'
import { placeJob } from '../canvas/place-job.ts'
import type { Config } from '../config/config.ts'
import { archiveMemory } from '../export/archive-memory.ts'
import { openArchive } from '../export/open-archive.ts'
import type { ActivityListener } from '../jobs/activity.ts'
import type { History, Journal, Subjects } from '../jobs/ports.ts'
import { createWorker, type Worker } from '../jobs/worker.ts'
import { localBell } from '../local/bell.ts'
import { openSqliteJobs } from '../local/sqlite-jobs.ts'
import { entryJob } from '../packaging/entry-job.ts'
import { keepReconciling } from '../reconcile/keep-reconciling.ts'
import { reconcileJob } from '../reconcile/reconcile-job.ts'
import type { Registry } from '../registry/ports.ts'
import { createDoor } from '../webhook/door.ts'
import { createHealth, type Health, type HealthCheck } from '../webhook/health.ts'
import { jwksUrl } from '../webhook/identity.ts'
import { createKeys } from '../webhook/jwks.ts'
import { keepHistoryShort } from './keep-history-short.ts'
import { openRegistry } from './open-registry.ts'
import { packageLinks } from './package-links.ts'
import { removeLeftovers } from './remove-leftovers.ts'

export type ServiceOptions = {
  readonly log: Logger
  readonly clock?: Clock
  /** Where packages can be opened, instead of the catalog: the demonstration's own page. */
  readonly links?: PackageLinks
  /** Look for changes no delivery told, so often and with this share of the app's requests; default: never. */
  readonly reconcile?: { readonly everyMs: number; readonly rateShare: number }
}

/** The running service. Records, history and registry are there to be read by whoever started it. */
export type Service = {
  /** `http://127.0.0.1:8080`: where it listens. */
  readonly url: string
  readonly subjects: Subjects
  readonly journal: Journal
  readonly history: History
  readonly registry: Registry
  readonly health: Health
  readonly idle: Worker['idle']
  readonly onActivity: (listener: ActivityListener) => () => void
  /** Takes no more deliveries, lets runs go on for `graceMs`, gives the rest back, and closes everything. */
  stop(graceMs: number): Promise<void>
}

/**
 * Composition: configuration in, running service out. The one place where adapters are chosen.
 * Throws `config.invalid` (also for a folder or an address the system does not give), `jobs.store_unavailable`, `store.*`.
 */
export const startService = async (config: Config, options: ServiceOptions): Promise<Service> => {
  const { log, clock = systemClock, reconcile } = options
  const ending = new AbortController()

  const records = recordsFile(config.dataDir)
  const { registry, sweep, close: closeRegistry } = await openRegistry(config, clock, log)
  const jobs = openSqliteJobs(records, { clock })
  const bell = localBell()
  const benchling = createBenchling({
    apiBase: config.benchling.baseUrl,
    credentials: async () => config.benchling,
    downloads: {
      hosts: config.exports.downloadHosts.map((host) => host.replace(/^\*/, '')),
      allowOrigins: config.benchling.simulator === null ? [] : [config.benchling.simulator],
      privateNetworks: config.exports.privateNetworks,
    },
    clock,
    log,
  })
  const keys = createKeys({
    url: jwksUrl(config.webhook.identity.app, config.benchling.simulator),
    clock,
    log,
  })
  const footer = footerOf(config, registry)
  const memory = archiveMemory(config.exports)

  const worker = createWorker({
    subjects: jobs.subjects,
    journal: jobs.journal,
    bell,
    clock,
    log,
    owner: `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
    concurrency: config.workers,
    leaseMs: config.leaseMs,
    version: VERSION,
    kinds: {
      entry: entryJob({
        benchling,
        registry,
        openArchive: (download, limits, signal) => openArchive(download, limits, signal, memory),
        clock,
        limits: config.exports,
        budget: new ByteBudget(config.memoryBudgetBytes),
        config: {
          prefix: config.packages.prefix,
          pkgKey: config.packages.metadataKey,
          tenantHost: config.benchling.tenant.host,
        },
      }),
      canvas: canvasJob({
        benchling,
        subjects: jobs.subjects,
        clock,
        links: options.links ?? packageLinks(config),
        footer,
      }),
      place: placeJob({ benchling, footer }),
      ...(reconcile && {
        tenant: reconcileJob({ benchling, subjects: jobs.subjects, clock, log, ...reconcile }),
      }),
    },
  })

  const checks: HealthCheck[] = [
    { name: 'records', check: async () => void (await jobs.subjects.due(clock.now(), 1)) },
    { name: 'keys', check: async () => void (await keys.current()) },
    { name: 'registry', check: (signal) => registry.reachable(signal) },
  ]
  const health = createHealth({ checks, clock, log })
  const door = createDoor({
    config: config.webhook,
    keys,
    subjects: jobs.subjects,
    bell,
    clock,
    log,
    health,
  })

  try {
    await door.listen({ host: config.http.host, port: config.http.port })
  } catch (thrown) {
    await Promise.all([benchling.close(), jobs.close(), closeRegistry()])
    throw listenFault(thrown, config)
  }
  await removeLeftovers(sweep, jobs, log)
  worker.start()
  void keys.keepWarm(ending.signal)
  void health.watch(ending.signal)
  void keepHistoryShort(jobs, clock, log, ending.signal)
  if (reconcile) {
    const { everyMs } = reconcile
    const { host } = config.benchling.tenant
    void keepReconciling({ subjects: jobs.subjects, host, everyMs, clock, log }, ending.signal)
  }
  if (!config.webhook.verify)
    log.warn('SIGNATURES ARE NOT VERIFIED: anybody who reaches this address is believed')

  return {
    url: addressOf(config.http.host, door.server.address() as AddressInfo),
    subjects: jobs.subjects,
    journal: jobs.journal,
    history: jobs.history,
    registry,
    health,
    idle: worker.idle,
    onActivity: worker.activity,
    stop: async (graceMs) => {
      health.drain()
      await Promise.all([door.close(), worker.drain(graceMs)])
      ending.abort()
      await Promise.all([benchling.close(), jobs.close(), closeRegistry()])
    },
  }
}

const recordsFile = (dataDir: string | null): string => {
  if (dataDir === null) return ':memory:'
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  } catch (thrown) {
    const error = errorCode(thrown)
    const detail = `DATA_DIR is not a folder that can be used (${error}).`
    throw new Fault('config.invalid', { error }, { detail, cause: thrown })
  }
  return join(dataDir, 'jobs.sqlite')
}

const footerOf = (config: Config, registry: Registry): string => {
  const where = registry.bucket ?? 'folder registry'
  return `${where}${config.packages.catalogHost ? `@${config.packages.catalogHost}` : ''} Rev ${VERSION}`
}

const addressOf = (host: string, { port, family, address }: AddressInfo): string => {
  const open = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : address
  return `http://${family === 'IPv6' && open.includes(':') ? `[${open}]` : open}:${port}`
}

const listenFault = (thrown: unknown, { http }: Config): Fault => {
  const error = errorCode(thrown)
  const detail =
    error === 'EADDRINUSE'
      ? `Port ${http.port} is in use: set PORT to another.`
      : `HOST and PORT are not an address to listen on (${error}).`
  return new Fault('config.invalid', { port: http.port, error }, { detail, cause: thrown })
}
