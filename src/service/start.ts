import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'
import { ByteBudget } from '../base/byte-budget.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import { errorCode } from '../base/error-code.ts'
import { asFault, Fault } from '../base/fault.ts'
import { faultFields, type Logger } from '../base/log.ts'
import { type Metrics, NO_METRICS } from '../base/metrics.ts'
import { VERSION } from '../base/version.ts'
import type { PackageLinks } from '../canvas/links.ts'
import type { Config } from '../config/config.ts'
import { archiveMemory } from '../export/archive-memory.ts'
import type { ActivityListener } from '../jobs/activity.ts'
import type { Bell, History, Journal, Key, Subjects } from '../jobs/ports.ts'
import { watchQueue } from '../jobs/queue-age.ts'
import { createWorker, type Worker } from '../jobs/worker.ts'
import { keepReconciling } from '../reconcile/keep-reconciling.ts'
import type { Registry } from '../registry/ports.ts'
import { createDoor } from '../webhook/door.ts'
import { createHealth, type Health } from '../webhook/health.ts'
import { configView } from './config-view.ts'
import { followPackageEvents } from './follow-package-events.ts'
import { healthChecks } from './health-checks.ts'
import { LabMaker } from './lab.ts'
import { labKeys } from './lab-keys.ts'
import { createLabs, type Labs, withLab } from './labs.ts'
import { measureWork } from './measure-work.ts'
import { openBell } from './open-bell.ts'
import { openLabSource } from './open-lab-source.ts'
import { openRecords } from './open-records.ts'
import { openRole } from './open-role.ts'

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
  /** The registry as it is configured now. Throws `config.secret_*` while that is not known, `config.invalid` without one. */
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
  const { signal } = ending
  const parts = { config, clock, log, metrics }
  if (config.egress.proxies.length > 0)
    log.info({ proxies: config.egress.proxies }, 'going out through a proxy')

  const role = await openRole(config, clock, log)
  const source = await openLabSource(config, clock, log)
  const ringing = await openBell(config, parts)
  const records = await openRecords(config, clock, log)
  const { bell } = ringing
  const { subjects, journal, history } = records
  const maker = new LabMaker({
    ...parts,
    role,
    subjects,
    budget: new ByteBudget(config.memoryBudgetBytes),
    memory: archiveMemory(config.exports),
    links: options.links,
    liveRuns: records.liveRuns,
    onTouched: ringFor(bell, log),
    serviceState: () => health.obstacle(),
  })
  const labs = createLabs(source, maker, log)
  const keys = labKeys({ ...parts, source })

  const worker = createWorker({
    subjects,
    journal,
    bell,
    ...(ringing.deadLetters ? { deadLetters: ringing.deadLetters } : {}),
    clock,
    log,
    owner: `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
    concurrency: config.workers,
    leaseMs: config.leaseMs,
    version: VERSION,
    role: role.roleArn,
    kinds: {
      entry: withLab(labs, 'entry'),
      canvas: withLab(labs, 'canvas'),
      place: withLab(labs, 'place'),
      ...(config.reconcile ? { tenant: withLab(labs, 'tenant') } : {}),
    },
  })

  const checks = healthChecks({ config, source, role, records, keys, bell: ringing, labs })
  const health = createHealth({ checks, clock, log })
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

  const close = async () => {
    await Promise.all([maker.close(), records.close()])
    source.close()
    role.close()
  }
  try {
    if (config.lab) await labs.current()
    await door.listen({ host: config.http.host, port: config.http.port })
  } catch (thrown) {
    ending.abort()
    await close()
    throw listenFault(thrown, config)
  }
  measureWork(worker.activity, metrics)
  source.onChange(({ webhook }) => warnOf(webhook, log))
  if (config.secret) source.onChange(({ logLevel }) => void Object.assign(log, { level: logLevel }))
  void source.watch(signal)
  void keys.keepWarm(signal)
  // What the first reading of a secret says is the first thing to tell.
  void source.looked.then(() => health.watch(signal))
  // Another lab has another registry and other keys: nobody should wait a round of checks to learn that all is well.
  labs.onMade(() => health.look())
  void records.tidy(signal)
  if (options.metrics) void watchQueue({ subjects, clock, log, metrics }, signal)
  const working = withLabMade(labs, signal, () => {
    worker.start()
    keepLooking(config, { ...parts, subjects, labs }, signal)
    return followPackageEvents({ ...parts, labs }, signal)
  })

  return {
    url: addressOf(config.http.host, door.server.address() as AddressInfo),
    subjects,
    journal,
    history,
    get registry() {
      const { registry } = labs.made()
      if (registry) return registry
      throw new Fault('config.invalid', {}, { detail: 'No package bucket is configured.' })
    },
    health,
    idle: worker.idle,
    onActivity: worker.activity,
    stop: async (graceMs) => {
      health.drain()
      await Promise.all([door.close(), worker.drain(graceMs)])
      ending.abort()
      await working
      await close()
    },
  }
}

/** Work begins when the lab is known and its parts are made: at once where the environment says it all. */
const withLabMade = async (labs: Labs, signal: AbortSignal, begin: () => Promise<void>): Promise<void> => {
  const { promise: ended, resolve } = Promise.withResolvers<null>()
  signal.addEventListener('abort', () => resolve(null), { once: true })
  if ((await Promise.race([labs.first, ended])) && !signal.aborted) await begin()
}

/** Looks for changes without a webhook, in whatever tenant the lab is in. */
const keepLooking = (
  { reconcile }: Config,
  parts: { subjects: Subjects; labs: Labs; clock: Clock; log: Logger },
  signal: AbortSignal,
): void => {
  if (!reconcile) return
  let host: string | null = null
  let moved = new AbortController()
  parts.labs.onMade(({ config }) => {
    if (config.benchling.tenant.host === host) return
    host = config.benchling.tenant.host
    moved.abort()
    moved = new AbortController()
    const { everyMs } = reconcile
    void keepReconciling({ ...parts, host, everyMs }, AbortSignal.any([signal, moved.signal]))
  })
}

/** A hint for speed: what does not ring is found by the sweep. */
const ringFor =
  (bell: Bell, log: Logger) =>
  (keys: readonly Key[]): void => {
    for (const key of keys)
      bell
        .ring(key, randomUUID())
        .catch((thrown) => log.warn({ key, ...faultFields(asFault(thrown)) }, 'the bell did not ring'))
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
