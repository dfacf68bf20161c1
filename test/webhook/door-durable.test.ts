import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLog } from '../../src/base/log.ts'
import type { CanvasState } from '../../src/canvas/canvas-state.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { openSqliteJobs, type SqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { createDoor } from '../../src/webhook/door.ts'
import { createHealth } from '../../src/webhook/health.ts'
import { jwksUrl } from '../../src/webhook/identity.ts'
import { createKeys } from '../../src/webhook/jwks.ts'
import { FakeClock } from '../support/clock.ts'
import { createSigner } from '../support/signer.ts'

const CAPTURED = join(import.meta.dirname, '../../../shared/vectors/benchling/webhooks')

let folder: string
let jwks: ReturnType<typeof createServer>
let jobs: SqliteJobs
let asked: string[]
let status: number

const signer = createSigner()

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'door-'))
  asked = []
  status = 200
  jwks = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(status).end(JSON.stringify({ keys: [signer.jwk] }))
  }).listen(0, '127.0.0.1')
  await once(jwks, 'listening')
})

afterEach(async () => {
  await jobs.close()
  jwks.closeAllConnections()
  await new Promise((resolve) => jwks.close(resolve))
  await rm(folder, { recursive: true })
})

/** The door as the service puts it together: configuration from the environment, keys over HTTP, records in SQLite. */
const open = (environment: Record<string, string> = {}) => {
  const config = loadConfig({
    APP_ENV: 'test',
    BENCHLING_TENANT: 'acme',
    BENCHLING_CLIENT_ID: 'id',
    BENCHLING_CLIENT_SECRET: 'secret',
    BENCHLING_APP_DEFINITION_ID: 'appdef_T7mPq2LxWz',
    BENCHLING_SIMULATOR_URL: `http://127.0.0.1:${(jwks.address() as AddressInfo).port}`,
    QUILT_REGISTRY: folder,
    DATA_DIR: folder,
    ...environment,
  })
  const clock = new FakeClock()
  const log = createLog('silent')
  jobs = openSqliteJobs(join(folder, 'jobs.sqlite'), { clock })
  const url = jwksUrl(config.lab!.webhook.identity.app, config.simulator)
  const door = createDoor({
    config: config.lab!.webhook,
    keys: createKeys({ url, clock, log }),
    subjects: jobs.subjects,
    bell: { ring: async () => {} },
    clock,
    log,
    health: createHealth({ checks: [], clock, log }),
  })
  let count = 0
  const deliver = (body: string, id = `msg_${++count}`) =>
    door.inject({ method: 'POST', url: '/', payload: body, headers: signer.headers(id, clock.now(), body) })
  return { deliver, clock }
}

const sample = (name: string) =>
  readFileSync(join(import.meta.dirname, `../fixtures/benchling/envelopes/${name}.json`), 'utf8')

test('a delivery and its work are in the database when it is answered, once however often it comes', async () => {
  const { deliver } = open()
  for (let i = 0; i < 3; i++)
    expect((await deliver(sample('v2.entry.created'), 'msg_same')).statusCode).toBe(200)
  expect(asked).toEqual(['/api/v1/apps/appdef_T7mPq2LxWz/jwks'])
  expect(await jobs.subjects.get('entry:etr_Hq3TzW8b')).toMatchObject({ wanted: 1, done: 0, pressed: 0 })
  expect(await jobs.history.deliveries({ limit: 10 })).toMatchObject([
    { id: 'msg_same', outcome: 'accepted', keys: ['entry:etr_Hq3TzW8b'] },
  ])
})

test('a click finds the entry of its canvas, and presses it', async () => {
  const { deliver } = open()
  await deliver(sample('v2.canvas.created'))
  await deliver(sample('v2.canvas.userInteracted.update'))
  expect(await jobs.subjects.get('entry:etr_Hq3TzW8b')).toMatchObject({ wanted: 2, pressed: 2 })
  const canvas = await jobs.subjects.get('canvas:cnvs_W2eRt7Yu')
  expect(canvas?.state as CanvasState).toMatchObject({
    entryId: 'etr_Hq3TzW8b',
    pendingUpdates: [],
  })
  expect(await jobs.subjects.watching('entry:etr_Hq3TzW8b')).toEqual(['canvas:cnvs_W2eRt7Yu'])
})

test('many deliveries at once are all recorded', async () => {
  const { deliver } = open()
  const answers = await Promise.all(
    Array.from({ length: 60 }, () => deliver(sample('v2.entry.updated.fields'))),
  )
  expect(answers.every((answer) => answer.statusCode === 200)).toBe(true)
  expect(await jobs.subjects.get('entry:etr_Hq3TzW8b')).toMatchObject({ wanted: 60 })
})

test('without keys nothing is recorded and Benchling is asked to come again; the resend is taken', async () => {
  const { deliver, clock } = open()
  status = 503
  expect((await deliver(sample('v2.entry.created'), 'msg_a')).statusCode).toBe(503)
  expect(await jobs.history.deliveries({ limit: 10 })).toEqual([])
  status = 200
  await clock.advance(5_000)
  expect((await deliver(sample('v2.entry.created'), 'msg_a')).statusCode).toBe(200)
})

test('a closed store is 503, and nothing else', async () => {
  const { deliver, clock } = open()
  await deliver(sample('v2.app.installed'))
  await jobs.close()
  let answered = false
  const answering = deliver(sample('v2.entry.created')).finally(() => {
    answered = true
  })
  while (!answered) await clock.advance(100)
  expect((await answering).json()).toMatchObject({ error: 'webhook.not_stored' })
})

describe.runIf(existsSync(CAPTURED))('deliveries captured in 2025 go through unchanged', () => {
  const files = existsSync(CAPTURED)
    ? readdirSync(CAPTURED).filter((file) => file.startsWith('quilt__2025-04'))
    : []
  test.each(files)('%s', async (file) => {
    const body = readFileSync(join(CAPTURED, file), 'utf8')
    const { deliver } = open({
      BENCHLING_TENANT: 'quilt-dtt',
      BENCHLING_APP_DEFINITION_ID: 'appdef_mI4jtZESUi',
    })
    expect((await deliver(body)).statusCode).toBe(/entry/.test(file) ? 200 : 202)
    const [delivery] = await jobs.history.deliveries({ limit: 1 })
    expect(delivery?.outcome).toBe('accepted')
    if (file.includes('app-interaction')) expect(delivery?.keys).toContain('entry:etr_OtsAuzfT')
  })
})
