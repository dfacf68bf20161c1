/**
 * Run as a process of its own, because Node reads NODE_EXTRA_CA_CERTS only when it starts: speaks to every host once, with
 * the environment it was given, and writes what came of it as one line of JSON. The argument: names that this machine shall
 * believe to lie on loopback, and the port the hosts listen on there (null: 443, behind a proxy).
 */
import dns from 'node:dns'
import { createRoleManager } from '../../src/aws/role-manager.ts'
import { createS3Store } from '../../src/aws/s3-store.ts'
import { createSecretReader } from '../../src/aws/secret-reader.ts'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { parseEgress } from '../../src/base/egress.ts'
import { asFault } from '../../src/base/fault.ts'
import { createLog, faultFields } from '../../src/base/log.ts'
import { createBenchling } from '../../src/benchling/client.ts'
import { DownloadClient } from '../../src/benchling/download-client.ts'
import { createKeys } from '../../src/webhook/jwks.ts'
import type { ChildAnswer, ChildTask } from './run-child.ts'

const task = JSON.parse(process.argv[2] ?? '') as ChildTask
const { lookup } = dns
const here = new Set(task.here)
Object.assign(dns, {
  lookup: ((host: string, options: object, callback: (...found: unknown[]) => void) => {
    if (!here.has(host)) return lookup(host, options, callback as never)
    const all = (options as { all?: boolean }).all
    process.nextTick(() =>
      all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4),
    )
  }) as typeof lookup,
})

const lines: string[] = []
const log = createLog('debug', { write: (line: string) => void lines.push(line) })
const { egress, problems } = parseEgress(process.env)
const clock = systemClock
const signal = AbortSignal.timeout(60_000)
const at = (host: string) => `https://${host}${task.port === null || !here.has(host) ? '' : `:${task.port}`}`
const region = 'eu-west-1'
const credentials = { accessKeyId: 'AKIATASKTASKTASK', secretAccessKey: 'task-secret' }
const aws = (service: string) => {
  const endpoint = at(`${service}.${region}.amazonaws.com`)
  return { region, credentials, egress, clock, log, ...(endpoint.endsWith('.com') ? {} : { endpoint }) }
}

const benchling = createBenchling({
  apiBase: at('acme.benchling.com'),
  credentials: async () => ({ clientId: 'client', clientSecret: 'cs_canary' }),
  downloads: { hosts: [], allowOrigins: [] },
  egress,
  clock,
  log,
})
// the door allows it two seconds, which a busy machine may need to begin with
const slow: Clock = { now: clock.now, sleep: (ms, abort) => clock.sleep(10 * ms, abort) }
const keys = createKeys({ url: at('apps.benchling.com'), clock: slow, log, egress })
const downloads = new DownloadClient(
  {
    hosts: ['.amazonaws.com'],
    allowOrigins: [],
    resolve: async (host) =>
      here.has(host) ? [{ address: '127.0.0.1', family: 4 }] : dns.promises.lookup(host, { all: true }),
  },
  clock,
  { headersTimeoutMs: 30_000, stallTimeoutMs: 30_000 },
  () => 0,
  egress,
)
const role = createRoleManager({ ...aws('sts'), roleArn: task.role })
const secret = createSecretReader({ ...aws('secretsmanager'), secretId: 'lab/benchling' })
const store = await createS3Store({ ...aws('s3'), bucket: 'lab-data' })

const asks: Readonly<Record<string, () => Promise<unknown>>> = {
  api: () => benchling.entry('etr_1', signal),
  jwks: () => keys.current(),
  download: async () => {
    const { body } = await downloads.open('https://exports.s3.eu-west-1.amazonaws.com/x', null, signal)
    return Array.fromAsync(body)
  },
  sts: () => role.check(signal),
  secret: () => secret.read(signal),
  s3: () => store.read('key', signal),
}

const outcomes: ChildAnswer['outcomes'] = {}
for (const [name, ask] of Object.entries(asks)) {
  if (task.asks && !task.asks.includes(name)) continue
  try {
    await ask()
    outcomes[name] = { code: 'ok', people: '', fields: {} }
  } catch (thrown) {
    const fault = asFault(thrown)
    outcomes[name] = { code: fault.code, people: fault.people, fields: faultFields(fault) }
  }
}
const answer: ChildAnswer = { outcomes, lines, problems, proxies: egress.proxies }
process.stdout.write(JSON.stringify(answer), () => process.exit())
