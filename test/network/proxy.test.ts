import { once } from 'node:events'
import { get } from 'node:https'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isPassing } from '../../src/aws/aws-problem.ts'
import { agentsOf } from '../../src/aws/egress-agents.ts'
import { createRoleManager } from '../../src/aws/role-manager.ts'
import { createS3Store } from '../../src/aws/s3-store.ts'
import { createSecretReader } from '../../src/aws/secret-reader.ts'
import type { Egress } from '../../src/base/egress.ts'
import { parseEgress } from '../../src/base/egress.ts'
import { proxyAgent } from '../../src/base/egress-agents.ts'
import { egressFault, proxyTrouble } from '../../src/base/egress-faults.ts'
import { asFault, type Fault } from '../../src/base/fault.ts'
import { createLog, faultFields } from '../../src/base/log.ts'
import { DownloadClient } from '../../src/benchling/download-client.ts'
import { createKeys } from '../../src/webhook/jwks.ts'
import { BriskClock } from '../aws/role-lab.ts'
import { fileHost, read } from '../benchling/files.ts'
import { client, JumpClock, signal } from '../benchling/tenant.ts'
import { FakeClock } from '../support/clock.ts'
import { type ConnectProxy, startConnectProxy } from '../support/connect-proxy.ts'
import { type S3Server, startS3Server } from '../support/s3-server.ts'
import { ROLE, startHosts } from './hosts.ts'

let proxy: ConnectProxy
let egress: Egress
let port: number | undefined
let lines: string[]
beforeEach(async () => {
  lines = []
  port = undefined
  proxy = await startConnectProxy({
    portOf: () => port,
    credentials: { user: 'lab', password: 'cs_canary' },
  })
  egress = parseEgress({ HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url }).egress
})
afterEach(() => proxy[Symbol.asyncDispose]())

const log = createLog('debug', { write: (line: string) => void lines.push(line) })
const faultOf = async (asked: Promise<unknown>): Promise<Fault> =>
  asked.then(
    () => {
      throw new Error('no fault')
    },
    (thrown: unknown) => asFault(thrown),
  )
const downloads = (rules: { hosts: string[]; allowOrigins?: string[] }) =>
  new DownloadClient(
    { allowOrigins: [], ...rules },
    new JumpClock(),
    { headersTimeoutMs: 1e12, stallTimeoutMs: 1e12 },
    () => 0,
    egress,
  )
const aws = () => ({
  region: 'eu-west-1',
  credentials: { accessKeyId: 'AKIATASKTASKTASK', secretAccessKey: 'task-secret' },
  clock: new BriskClock(),
  log,
  egress,
})

/** Asks everything that leaves the house once, and says what became of it. */
const everything = async (): Promise<Record<string, Fault>> => {
  const benchling = client('https://acme.benchling.com', { egress }, lines)
  const files = downloads({ hosts: ['.amazonaws.com'] })
  const keys = createKeys({ url: 'https://apps.benchling.com/jwks', clock: new FakeClock(), log, egress })
  const role = createRoleManager({ ...aws(), roleArn: ROLE })
  const secret = createSecretReader({ ...aws(), secretId: 's' })
  const store = await createS3Store({ ...aws(), bucket: 'lab-data' })
  const faults = {
    api: await faultOf(benchling.entry('etr_1', signal)),
    jwks: await faultOf(keys.current()),
    download: await faultOf(files.open('https://x.s3.eu-west-1.amazonaws.com/x?sig=1', null, signal)),
    sts: await faultOf(role.check(signal)),
    secret: await faultOf(secret.read(signal)),
    s3: await faultOf(store.read('key', signal)),
  }
  await Promise.all([benchling.close(), files.close()])
  role.close()
  secret.close()
  return faults
}
const codes = (faults: Record<string, Fault>) =>
  Object.fromEntries(Object.entries(faults).map(([name, { code }]) => [name, code]))

describe('a proxy', () => {
  it.each([403, 407])('that answers %i is the operator’s to set right, for everything', async (status) => {
    proxy.refuse = status
    const faults = await everything()
    expect(codes(faults)).toEqual({
      api: 'network.proxy_refused',
      jwks: 'webhook.keys_unavailable',
      download: 'network.proxy_refused',
      sts: 'network.proxy_refused',
      secret: 'network.proxy_refused',
      s3: 'network.proxy_refused',
    })
    for (const fault of Object.values(faults)) expect(fault.people).toContain(`(status ${status})`)
    expect(faults.api?.entry.class).toBe('operator')
    expect(proxy.targets).toHaveLength(6)
  })

  it('that reaches nobody, or is not there, is tried again like any broken connection', async () => {
    const again = {
      api: 'benchling.unavailable',
      jwks: 'webhook.keys_unavailable',
      download: 'export.download_failed',
      sts: 'aws.sts_unavailable',
      secret: 'config.secret_unavailable',
      s3: 'store.unavailable',
    }
    const faults = await everything()
    expect(codes(faults)).toEqual(again)
    expect(faults.api?.facts).toMatchObject({ reason: 'PROXY_FAILED', maybeDone: false })
    const tries = (host: string) => proxy.targets.filter((target) => target.includes(host)).length
    expect(['acme', 'x.s3', 'sts', 'secretsmanager', 'lab-data'].map(tries)).toEqual([5, 3, 3, 3, 5])
    await proxy[Symbol.asyncDispose]()
    expect(codes(await everything())).toEqual(again)
    proxy = await startConnectProxy({ portOf: () => port })
  })

  it('has a password that no log line and no fault tells', async () => {
    for (const status of [null, 403, 407]) {
      proxy.refuse = status
      const faults = await everything()
      const told = Object.values(faults).map((fault) => [fault.people, faultFields(fault)])
      expect(JSON.stringify([told, lines])).not.toMatch(/cs_canary|Basic/)
    }
    expect(lines.length).toBeGreaterThan(5)
  })

  it('that does not know us is not told anything of a request but host and port', async () => {
    proxy.refuse = 407
    await everything()
    for (const target of proxy.targets) expect(target).toMatch(/^CONNECT [a-z0-9.-]+:443$/)
  })
})

describe('a proxy that takes a request and says nothing', () => {
  const tunnelled = async () => {
    while (proxy.targets.length === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const closed = async () => {
    while (proxy.open > 0) await new Promise((resolve) => setImmediate(resolve))
  }

  it('is given up by clients of AWS, and nothing stays open', async () => {
    proxy.refuse = 'hang'
    const options = { keepAlive: true, maxSockets: 9, tunnelTimeoutMs: 50 }
    const { httpsAgent } = agentsOf(egress, undefined, options)
    const request = get({ host: 'sts.eu-west-1.amazonaws.com', agent: httpsAgent })
    const [thrown] = (await once(request, 'error')) as [Error]
    expect(thrown).toMatchObject({ code: 'ERR_PROXY_TUNNEL' })
    expect([isPassing(thrown), egressFault(thrown)]).toEqual([true, null])
    await closed()
  })

  it('is given up by the others, too', async () => {
    proxy.refuse = 'hang'
    const agent = proxyAgent(proxy.url, { connectTimeoutMs: 50 })
    const asked = agent.request({ origin: 'https://acme.benchling.com', path: '/', method: 'GET' })
    const failed = asked.catch((thrown: unknown) => thrown)
    await tunnelled()
    expect(proxyTrouble(await failed)).toBe('PROXY_FAILED')
    await agent.destroy()
    await closed()
  })
})

describe('what lies on this machine', () => {
  it('is never reached through a proxy', async () => {
    await using host = await fileHost(Buffer.from('here'))
    const files = downloads({ hosts: [], allowOrigins: [host.base] })
    expect(String(await read((await files.open(`${host.base}/x`, null, signal)).body))).toBe('here')
    await files.close()
    const s3: S3Server = await startS3Server({ buckets: { lab: 'enabled' } })
    const store = await createS3Store({
      ...aws(),
      bucket: 'lab',
      endpoint: s3.url,
      forcePathStyle: true,
      credentials: s3.credentials,
    })
    expect(await store.read('nothing', signal)).toBeNull()
    await s3.close()
    expect(proxy.targets).toEqual([])
  })
})

describe('plain http to another machine', () => {
  it('goes through the proxy of HTTP_PROXY as it is: a look-alike of S3', async () => {
    await using hosts = await startHosts('http')
    port = hosts.port
    const store = await createS3Store({
      ...aws(),
      bucket: 'lab',
      endpoint: 'http://s3.lab.test:9000',
      forcePathStyle: true,
    })
    expect(String((await store.read('key', signal))?.bytes)).toBe('bytes of a file')
    expect(proxy.targets).toEqual(['GET http://s3.lab.test:9000/lab/key?x-id=GetObject'])
  })

  it('goes through it for Benchling’s stand-in and for keys, too', async () => {
    await using hosts = await startHosts('http')
    port = hosts.port
    const tenant = client('http://acme.benchling.com:8000', { egress }, lines)
    expect((await tenant.entry('etr_1', signal)).id).toBe('etr_1')
    await tenant.close()
    const url = 'http://apps.benchling.com:8000/jwks'
    const keys = createKeys({ url, clock: new FakeClock(), log, egress })
    expect(await keys.current()).toHaveLength(1)
    expect(proxy.targets).toEqual([
      'POST http://acme.benchling.com:8000/api/v2/token',
      'GET http://acme.benchling.com:8000/api/v2/entries/etr_1',
      `GET ${url}`,
    ])
  })
})

describe('downloads through a proxy', () => {
  it.each([
    ['https://169.254.169.254/latest/meta-data', 'an address instead of a name'],
    ['https://10.0.0.7/x', 'an address instead of a name'],
    ['https://[fd00:ec2::254]/x', 'an address instead of a name'],
    ['https://metadata.google.internal/x', 'never a file host'],
    ['https://evil.example.org/x', 'host not allowed'],
    ['http://x.s3.eu-west-1.amazonaws.com/x', 'not https'],
    ['https://x.s3.eu-west-1.amazonaws.com:8443/x', 'unusual port'],
  ])('are refused at %s as without one', async (address, reason) => {
    const files = downloads({ hosts: ['.amazonaws.com', '.internal'] })
    expect(await faultOf(files.open(address, null, signal))).toMatchObject({
      code: 'export.host_refused',
      facts: { reason },
    })
    await files.close()
    expect(proxy.targets).toEqual([])
  })
})
