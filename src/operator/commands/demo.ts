import { Fault } from '../../base/fault.ts'
import { VERSION } from '../../base/version.ts'
import { EXIT } from '../exit.ts'
import { interrupted } from '../interrupted.ts'
import { formatLine, type Line, paint } from '../output/terminal.ts'
import { freePort } from './demo/free-port.ts'
import { mainJobOnce } from './demo/main-job-once.ts'
import { narrate } from './demo/narrator.ts'
import { type Parts, startParts } from './demo/start-parts.ts'
import { whenPackaged } from './demo/when-packaged.ts'

export type DemoOptions = {
  readonly registry: string
  readonly port?: string
  readonly pagePort?: string
  readonly once?: boolean
  readonly json?: boolean
}

type Say = (line: Line) => void

const SERVICE_PORT = 8080
const PAGE_PORT = 8090

/**
 * The offline demonstration: a simulated tenant with its notebook page and the real service, on loopback, with a folder
 * registry. Records are kept in DATA_DIR where it is set, else in memory. Runs until Ctrl-C, or with `once` until the
 * sample entries are packaged and every hash was checked.
 */
export const demo = async (options: DemoOptions): Promise<number> => {
  const out = options.json ? process.stderr : process.stdout
  const say: Say = (line) => out.write(`${formatLine(line, out)}\n`)
  if (options.json && !options.once)
    throw new Fault('usage.invalid', {}, { detail: '--json goes with --once.' })
  const servicePort = await portOf(options.port, SERVICE_PORT, '--port')
  const pagePort = await portOf(options.pagePort, PAGE_PORT, '--page-port')
  const once = options.once === true

  const stopped = interrupted()
  const parts = await startParts({ registry: options.registry, servicePort, pagePort, once })
  try {
    out.write(`\n  ${paint('bold', `benchling-webhook ${VERSION}`, out)} · offline demonstration\n\n`)
    introduce(parts, options.registry, say)
    narrate(parts.tenant, parts.service, say)
    if (once) return await Promise.race([oneRound(parts, options, say), stopped.then(() => EXIT.interrupted)])
    await Promise.race([announceAll(parts), stopped])
    out.write(`${invitation(parts, out).join('\n')}\n`)
    await stopped
    out.write('\n  Stopping …\n')
    return EXIT.ok
  } finally {
    await parts.close()
  }
}

const oneRound = async (parts: Parts, options: DemoOptions, say: Say): Promise<number> => {
  const document = await mainJobOnce(parts.tenant, parts.service, parts.signal)
  for (const { name, topHash, files } of document.packages) {
    const facts = `${topHash.slice(0, 10)} · ${files} files · every hash checked`
    say({ tone: 'ok', what: 'verified', subject: name, facts })
  }
  if (options.json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
  return EXIT.ok
}

/** Every entry gets a canvas and is announced; resolves when each was packaged once or has failed. */
const announceAll = async ({ tenant, service }: Parts): Promise<void> => {
  const ids = tenant.entries.list().map(({ api }) => api.id)
  const first = ids.map((id) => whenPackaged(service, id))
  for (const id of ids) {
    await tenant.insertCanvas(id)
    await tenant.created(id)
  }
  await Promise.allSettled(first)
}

const portOf = async (given: string | undefined, usual: number, option: string): Promise<number> => {
  if (given === undefined) return freePort(usual)
  const port = Number(given)
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port
  throw new Fault('usage.invalid', {}, { detail: `${option} must be a port number.` })
}

const introduce = ({ tenant, service }: Parts, registry: string, say: Say): void => {
  const entries = tenant.entries.list().length
  const host = tenant.credentials.tenant
  say({ tone: 'ok', what: 'tenant', subject: host, facts: `${entries} entries, two signing keys` })
  say({ tone: 'ok', what: 'service', subject: service.url, facts: `folder registry ${registry}` })
  say({ tone: 'ok', what: 'page', subject: tenant.url, facts: 'the notebook' })
}

const invitation = ({ tenant, service }: Parts, out: NodeJS.WriteStream): string[] => [
  '',
  `  ${paint('bold', 'Notebook', out)}   ${tenant.url}        try: edit a field, press Update package, break something`,
  `  ${paint('bold', 'Packages', out)}   quilt3.list_packages(registry="${service.registry.url}")`,
  '  Ctrl-C to stop',
  '',
]
