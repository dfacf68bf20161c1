import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'
import { ByteBudget } from '../base/byte-budget.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import { errorCode } from '../base/error-code.ts'
import { Fault } from '../base/fault.ts'
import type { Logger } from '../base/log.ts'
import { type Metrics, NO_METRICS } from '../base/metrics.ts'
import { VERSION } from '../base/version.ts'
import type { PackageLinks } from '../canvas/links.ts'
import type { Config } from '../config/config.ts'
import { archiveMemory } from '../export/archive-memory.ts'
import type { ActivityListener } from '../jobs/activity.ts'
import type { History, Journal, Subjects } from '../jobs/ports.ts'
import { watchQueue } from '../jobs/queue-age.ts'
import { createWorker, type Worker } from '../jobs/worker.ts'
import { localBell } from '../local/bell.ts'
import type { Registry } from '../registry/ports.ts'
import { createDoor } from '../webhook/door.ts'
import { createHealth, type Health } from '../webhook/health.ts'
import { configView } from './config-view.ts'
import { LabMaker } from './lab.ts'
import { labKeys } from './lab-keys.ts'
import { fixedLab } from './lab-source.ts'
import { createLabs, withLab } from './labs.ts'
import { measureWork } from './measure-work.ts'
import { openRecords } from './open-records.ts'

export type ServiceOptions = {
  readonly log: Logger
  readonly clock?: Clock
  /** Where packages can be opened, instead of the catalog: the demonstration's own page. */
  readonly links?: PackageLinks
  /** Where figures go; default: nowhere, and nobody looks at the queue for them. */
  readonly metrics?: Metrics
}

/** The running service. Records, history and registry are there to be read by whoever started it. */
export type Service = {
  /** `http://127.0.0.1:8080`: where it listens. */
  readonly url: string
  readonly subjects: Subjects
  readonly journal: Journal
  readonly history: History
  /** The registry as it is configured now. Throws `config.secret_*` while that is not known. */
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
  const { log, clock = systemClock, metrics = NO_METRICS } = options
  const ending = new AbortController()

  if (!config.lab) throw new Fault('config.invalid')
  const source = fixedLab(config.lab)
  const records = await openRecords(config, clock, log)
  const { subjects, journal, history } = records
  const bell = localBell()
  const maker = new LabMaker({
    config,
    subjects,
    clock,
    log,
    budget: new ByteBudget(config.memoryBudgetBytes),
    memory: archiveMemory(config.exports),
    metrics,
    links: options.links,
    liveRuns: records.liveRuns,
  })
  const labs = createLabs(source, maker, log)
  const keys = labKeys({ source, simulator: config.simulator, clock, log, metrics })

  const worker = createWorker({
    subjects,
    journal,
    bell,
    clock,
    log,
    owner: `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
    concurrency: config.workers,
    leaseMs: config.leaseMs,
    version: VERSION,
    role: config.aws.roleArn,
    kinds: {
      entry: withLab(labs, 'entry'),
      canvas: withLab(labs, 'canvas'),
      place: withLab(labs, 'place'),
    },
  })

  const health = createHealth({
    checks: [
      { name: 'records', check: records.check },
      { name: 'keys', check: async () => void (await keys.current()) },
      { name: 'registry', check: async (signal) => (await labs.current()).registry.reachable(signal) },
    ],
    clock,
    log,
  })
  const door = createDoor({
    config: {
      get identity() {
        return source.known().webhook.identity
      },
      get verify() {
        return source.known().webhook.verify
      },
    },
    keys,
    subjects,
    bell,
    clock,
    log,
    metrics,
    health,
    ...(config.showConfig ? { configuration: () => configView(config, source, VERSION) } : {}),
  })

  const close = () => Promise.all([maker.close(), records.close()])
  try {
    if (config.lab) await labs.current()
    await door.listen({ host: config.http.host, port: config.http.port })
  } catch (thrown) {
    await close()
    throw listenFault(thrown, config)
  }
  measureWork(worker.activity, metrics)
  if (options.metrics) void watchQueue({ subjects, clock, log, metrics }, ending.signal)
  void labs.first.then(() => {
    if (!ending.signal.aborted) worker.start()
  })
  void keys.keepWarm(ending.signal)
  void health.watch(ending.signal)
  void records.tidy(ending.signal)
  source.onChange(({ webhook }) => warnOf(webhook, log))

  return {
    url: addressOf(config.http.host, door.server.address() as AddressInfo),
    subjects,
    journal,
    history,
    get registry() {
      return labs.made().registry
    },
    health,
    idle: worker.idle,
    onActivity: worker.activity,
    stop: async (graceMs) => {
      health.drain()
      await Promise.all([door.close(), worker.drain(graceMs)])
      ending.abort()
      await close()
    },
  }
}

const warnOf = (webhook: { verify: boolean; refusedToSwitchOff: boolean }, log: Logger): void => {
  if (!webhook.verify) log.warn('SIGNATURES ARE NOT VERIFIED: anybody who reaches this address is believed')
  if (webhook.refusedToSwitchOff)
    log.warn('verification stays on: it can be switched off outside of production only, and on loopback only')
}

const addressOf = (host: string, { port, family, address }: AddressInfo): string => {
  const open = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : address
  return `http://${family === 'IPv6' && open.includes(':') ? `[${open}]` : open}:${port}`
}

const listenFault = (thrown: unknown, { http }: Config): Fault => {
  if (thrown instanceof Fault) return thrown
  const error = errorCode(thrown)
  const detail =
    error === 'EADDRINUSE'
      ? `Port ${http.port} is in use: set PORT to another.`
      : `HOST and PORT are not an address to listen on (${error}).`
  return new Fault('config.invalid', { port: http.port, error }, { detail, cause: thrown })
}
