import { resolve } from 'node:path'
import { Writable } from 'node:stream'
import { systemClock } from '../../base/clock.ts'
import { Fault } from '../../base/fault.ts'
import { createLog, type Logger } from '../../base/log.ts'
import { VERSION } from '../../base/version.ts'
import { loadConfig } from '../../config/load-config.ts'
import { type Service, startService } from '../../service/start.ts'
import { startTenant, type Tenant } from '../../simulator/tenant.ts'
import { EXIT } from '../exit.ts'
import { interrupted } from '../interrupted.ts'
import { formatLine, type Line, paint } from '../output/terminal.ts'
import { freePort } from './demo/free-port.ts'
import { LateServiceView } from './demo/late-service-view.ts'
import { mainJobOnce } from './demo/main-job-once.ts'
import { activityLine, deliveryLine, type Namer } from './demo/narrator.ts'
import { pageLinks } from './demo/page-links.ts'
import { serviceView } from './demo/service-view.ts'

export type DemoOptions = {
  readonly registry: string
  readonly port?: string
  readonly pagePort?: string
  readonly once?: boolean
  readonly json?: boolean
}

const SERVICE_PORT = 8080
const PAGE_PORT = 8090
const DRAIN_MS = 3_000

/**
 * The offline demonstration: a simulated tenant with its notebook page and the real service, on loopback, with a folder
 * registry. Records are kept in DATA_DIR where it is set, else in memory. Runs until Ctrl-C, or with `once` until the
 * sample entries are packaged and every hash was checked.
 */
export const demo = async (options: DemoOptions): Promise<number> => {
  const out = options.json ? process.stderr : process.stdout
  const say = (line: Line) => out.write(`${formatLine(line, out)}\n`)
  if (options.json && !options.once)
    throw new Fault('usage.invalid', {}, { detail: '--json goes with --once.' })
  const ports = {
    service: await portOf(options.port, SERVICE_PORT, '--port'),
    page: await portOf(options.pagePort, PAGE_PORT, '--page-port'),
  }
  out.write(`\n  ${paint('bold', `benchling-webhook ${VERSION}`, out)} · offline demonstration\n\n`)

  const stopped = options.once ? null : interrupted()
  const ending = new AbortController()
  const view = new LateServiceView()
  const tenant = await startTenant({
    port: ports.page,
    service: view,
    ...(options.once ? { exportMs: 200 } : {}),
  }).catch((thrown) => {
    const detail = `--page-port ${options.pagePort} cannot be listened on (${thrown.code}).`
    throw options.pagePort ? new Fault('usage.invalid', {}, { detail, cause: thrown }) : thrown
  })
  let service: Service | undefined
  try {
    service = await startFor(tenant, options.registry, ports.service)
    view.attach(serviceView(service, systemClock, ending.signal))
    tenant.webhookUrl = service.url
    introduce(tenant, service, options.registry, say)
    narrate(tenant, service, say)
    if (options.once) {
      const document = await mainJobOnce(tenant, service, ending.signal)
      for (const { name, topHash, files } of document.packages) {
        const facts = `${topHash.slice(0, 10)} · ${files} files · every hash checked`
        say({ tone: 'ok', what: 'verified', subject: name, facts })
      }
      if (options.json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
      return EXIT.ok
    }
    for (const { api } of tenant.entries.list()) {
      await tenant.insertCanvas(api.id)
      await tenant.created(api.id)
    }
    out.write(`${farewell(tenant, service, out).join('\n')}\n`)
    await stopped
    out.write('\n  Stopping …\n')
    return EXIT.ok
  } finally {
    ending.abort()
    await service?.stop(options.once ? 0 : DRAIN_MS)
    await tenant.close()
  }
}

const startFor = async (tenant: Tenant, registry: string, port: number): Promise<Service> => {
  const { credentials } = tenant
  const config = loadConfig({
    APP_ENV: 'demo',
    BENCHLING_TENANT: credentials.tenant,
    BENCHLING_CLIENT_ID: credentials.clientId,
    BENCHLING_CLIENT_SECRET: credentials.clientSecret,
    BENCHLING_APP_DEFINITION_ID: credentials.appDefinitionId,
    BENCHLING_SIMULATOR_URL: tenant.url,
    QUILT_REGISTRY: resolve(registry),
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: process.env.DATA_DIR,
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
  })
  return startService(config, { log: logToStandardError(config.logLevel), links: pageLinks(tenant.url) })
}

const logToStandardError = (level: Parameters<typeof createLog>[0]): Logger =>
  createLog(level, new Writable({ write: (chunk, _, done) => process.stderr.write(chunk, done) }))

const portOf = async (given: string | undefined, usual: number, option: string): Promise<number> => {
  if (given === undefined) return freePort(usual)
  const port = Number(given)
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port
  throw new Fault('usage.invalid', {}, { detail: `${option} must be a port number.` })
}

const introduce = (tenant: Tenant, service: Service, registry: string, say: (line: Line) => void): void => {
  const entries = tenant.entries.list().length
  const host = tenant.credentials.tenant
  say({ tone: 'ok', what: 'tenant', subject: host, facts: `${entries} entries, two signing keys` })
  say({
    tone: 'ok',
    what: 'service',
    subject: service.url.replace('http://', ''),
    facts: `folder registry ${registry}`,
  })
}

const narrate = (tenant: Tenant, service: Service, say: (line: Line) => void): void => {
  const named: Namer = (kind, id) => {
    const entryId = kind === 'entry' ? id : tenant.canvases.get(id).resourceId
    return tenant.entries.get(entryId).api.displayId
  }
  const answered = new Set<string>()
  tenant.events.on('activity', (event) => {
    if (event.kind !== 'delivery') return
    const mark = `${event.delivery.id} ${event.delivery.attempts.length}`
    const line = answered.has(mark) ? null : deliveryLine(event.delivery, named)
    if (line) {
      answered.add(mark)
      say(line)
    }
  })
  service.onActivity((activity) => {
    const line = activityLine(activity, named)
    if (line) say(line)
  })
}

const farewell = (tenant: Tenant, service: Service, out: NodeJS.WriteStream): string[] => [
  '',
  `  ${paint('bold', 'Notebook', out)}   ${tenant.url}        try: edit a field, press Update package, break something`,
  `  ${paint('bold', 'Packages', out)}   quilt3.list_packages(registry="${service.registry.url}")`,
  '  Ctrl-C to stop',
  '',
]
