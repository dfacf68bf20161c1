import { resolve } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../../base/clock.ts'
import { Fault } from '../../../base/fault.ts'
import { createLog, type Logger } from '../../../base/log.ts'
import { loadConfig } from '../../../config/load-config.ts'
import { type Service, startService } from '../../../service/start.ts'
import { serviceEnvironment } from '../../../simulator/service-environment.ts'
import { startTenant, type Tenant } from '../../../simulator/tenant.ts'
import { LateServiceView } from './late-service-view.ts'
import { pageLinks } from './page-links.ts'
import { serviceView } from './service-view.ts'

/** Exports of `demo --once` take this long: nobody watches. */
const QUICK_EXPORT_MS = 200
const DRAIN_MS = 3_000

export type Parts = {
  readonly tenant: Tenant
  readonly service: Service
  /** Aborted when the demonstration ends. */
  readonly signal: AbortSignal
  close(): Promise<void>
}

/** The simulated tenant with its page, and the real service configured for it, both on loopback. */
export const startParts = async (options: {
  readonly registry: string
  readonly servicePort: number
  readonly pagePort: number
  readonly once: boolean
}): Promise<Parts> => {
  const registry = folderOf(options.registry)
  const ending = new AbortController()
  const view = new LateServiceView()
  const tenant = await startTenant({
    port: options.pagePort,
    service: view,
    ...(options.once ? { exportMs: QUICK_EXPORT_MS } : {}),
  }).catch((thrown: NodeJS.ErrnoException) => {
    const detail = `--page-port ${options.pagePort} cannot be listened on (${thrown.code}).`
    throw new Fault('usage.invalid', {}, { detail, cause: thrown })
  })
  try {
    const service = await startServiceFor(tenant, registry, options.servicePort)
    view.attach(serviceView(service, systemClock, ending.signal))
    tenant.webhookUrl = service.url
    const close = async () => {
      ending.abort()
      await service.stop(options.once ? 0 : DRAIN_MS)
      await tenant.close()
    }
    return { tenant, service, signal: ending.signal, close }
  } catch (thrown) {
    await tenant.close()
    throw thrown
  }
}

/** The demonstration writes to a folder only, and must not make one named like a bucket. */
const folderOf = (registry: string): string => {
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(registry)) return resolve(registry)
  if (/^file:\/\//i.test(registry)) return fileURLToPath(registry)
  throw new Fault('usage.invalid', {}, { detail: '--registry must be a folder; `serve` writes to buckets.' })
}

const startServiceFor = (tenant: Tenant, registry: string, port: number): Promise<Service> => {
  const config = loadConfig({
    APP_ENV: 'demo',
    ...serviceEnvironment(tenant),
    QUILT_REGISTRY: registry,
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: process.env.DATA_DIR,
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
  })
  return startService(config, { log: logToStandardError(config.logLevel), links: pageLinks(tenant.url) })
}

const logToStandardError = (level: Parameters<typeof createLog>[0]): Logger =>
  createLog(level, new Writable({ write: (chunk, _, done) => process.stderr.write(chunk, done) }))
