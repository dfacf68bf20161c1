import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLog } from '../../src/base/log.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { type Service, startService } from '../../src/service/start.ts'
import { startTenant, type Tenant } from '../../src/simulator/tenant.ts'
import { LeapingClock } from '../main-path/support/leaping-clock.ts'
import { entrySeed } from '../main-path/support/seeds.ts'
import { LAB_SECRET } from '../support/lab-secret.ts'
import { type Secrets, secretsManager } from '../support/secrets-server.ts'
import { createSigner } from '../support/signer.ts'
import { type Listening, listening } from '../support/sts-server.ts'

const ID = 'etr_Secret1'

let dir: string
let clock: LeapingClock
let tenant: Tenant
let manager: Secrets
let server: Listening
let service: Service
let lines: string[]

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'start-secret-'))
  clock = new LeapingClock()
  tenant = await startTenant({ clock, page: false, entries: [entrySeed(ID)], exportMs: 60_000 })
  manager = secretsManager()
  server = await listening(manager.listener)
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', server.url)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATASKTASKTASK')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'task-secret')
  lines = []
})

afterEach(async () => {
  await service.stop(0)
  vi.unstubAllEnvs()
  await tenant.close()
  clock[Symbol.dispose]()
  await server[Symbol.asyncDispose]()
  await rm(dir, { recursive: true })
})

const start = async (): Promise<void> => {
  const config = loadConfig({
    APP_ENV: 'test',
    BenchlingSecret: 'lab',
    AWS_REGION: 'eu-test-1',
    BENCHLING_SIMULATOR_URL: tenant.url,
    QUILT_REGISTRY: join(dir, 'registry'),
    DATA_DIR: join(dir, 'data'),
    HOST: '127.0.0.1',
    PORT: '0',
  })
  const to = { write: (line: string) => void lines.push(line) }
  service = await startService(config, { log: createLog('info', to), clock })
  tenant.webhookUrl = service.url
}

/** The secret of the simulated tenant's app. */
const put = (changes: object = {}): void => {
  const { credentials } = tenant
  const text = JSON.stringify({
    ...LAB_SECRET,
    tenant: credentials.tenant,
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
    app_definition_id: credentials.appDefinitionId,
    user_bucket: '',
    ...changes,
  })
  manager.secrets.set('lab', text)
}

const get = async (path: string) => {
  const answer = await fetch(`${service.url}${path}`)
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

const until = (look: () => unknown): Promise<void> =>
  vi.waitFor(async () => expect(await look()).toBeTruthy(), { timeout: 20_000, interval: 5 })

const readAgain = async (): Promise<void> => {
  const read = manager.asked.length
  await until(() => manager.asked.length > read + 1)
}

const packageName = async (): Promise<unknown> => {
  const subject = await service.subjects.get(`entry:${ID}`)
  if (!subject || subject.run || subject.done < subject.wanted) return null
  return (subject.state as { packageName: string }).packageName
}

test('a secret that is there is read before anybody looks: no false alarm at the start', async () => {
  put()
  using _ = clock.hold()
  await start()
  await until(async () => (await get('/health/ready')).status === 200)
  expect((await get('/health')).body).not.toHaveProperty('mode')
  expect(lines.filter((line) => !line.includes('"level":"info"'))).toEqual([])
})

test('while it is missing deliveries are refused with the reason, and it heals at once when it is there', async () => {
  const hold = clock.hold()
  await start()
  await until(async () => (await get('/health')).body.warning !== 'The service is starting.')
  const warning = expect.stringContaining('BenchlingSecret does not exist')
  expect(await get('/health')).toMatchObject({ status: 200, body: { mode: 'degraded', warning } })
  expect(await get('/health/ready')).toMatchObject({ status: 503, body: { secret: { valid: false } } })
  expect((await get('/health/live')).status).toBe(200)
  const headers = createSigner().headers('msg_1', clock.now(), '{}')
  const refused = await fetch(`${service.url}/event`, { method: 'POST', body: '{}', headers })
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
  expect(await refused.json()).toMatchObject({ message: warning })
  put()
  hold[Symbol.dispose]()
  await until(() => manager.asked.length > 1)
  using _ = clock.hold()
  await until(async () => (await get('/health/ready')).status === 200)
})

test('what is rotated while a run is under way counts for the next one', async () => {
  put()
  await start()
  await until(() => lines.some((line) => line.includes('the secret was read')))
  const exporting = new Promise<void>((resolve) => {
    service.onActivity(({ kind, step }) => void (kind === 'step' && step === 'export' && resolve()))
  })
  const hold = clock.hold()
  await tenant.created(ID)
  await exporting
  put({ pkg_prefix: 'other', log_level: 'WARNING' })
  hold[Symbol.dispose]()
  await until(packageName)
  expect(await packageName()).toMatch(/^benchling\//)
  await readAgain()
  const said = lines.length
  await tenant.save(ID, ['Project'])
  await until(async () => String(await packageName()).startsWith('other/'))
  expect(lines.slice(said)).toEqual([])
})

test('credentials that no longer hold make runs wait, until the secret has new ones', async () => {
  put()
  await start()
  await until(() => lines.some((line) => line.includes('the secret was read')))
  put({ client_secret: 'cs_revoked' })
  await readAgain()
  await tenant.created(ID)
  await until(() => lines.some((line) => line.includes('benchling.unauthorized')))
  put()
  await until(packageName)
  expect(lines.join('')).not.toContain('cs_revoked')
})

test('it stops, also twice, while there never was a secret and while it is being read', async () => {
  manager.troubles.push('hang')
  await start()
  await Promise.all([service.stop(0), service.stop(1_000)])
  await service.stop(0)
  await expect(fetch(service.url)).rejects.toThrow()
})
