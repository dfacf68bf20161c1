import { expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { createLog } from '../../src/base/log.ts'
import { VERSION } from '../../src/base/version.ts'
import { createHealth } from '../../src/webhook/health.ts'
import { HEALTH_EVERY_MS, HEALTH_WITHIN_MS } from '../../src/webhook/limits.ts'
import { FakeClock } from '../support/clock.ts'
import { openDoor } from './door-fixture.ts'

const HEALTHY = { status: 'healthy', service: 'benchling-webhook', version: VERSION }
const READY = { status: 'ready', orchestration: 'typescript' }
const never = new AbortController().signal

const watched = () => {
  const clock = new FakeClock()
  const lines: string[] = []
  const trouble: { fault: Fault | null } = { fault: null }
  const log = createLog('debug', { write: (line: string) => void lines.push(line) })
  const check = async () => {
    if (trouble.fault) throw trouble.fault
  }
  return { clock, lines, trouble, health: createHealth({ checks: [{ name: 'keys', check }], clock, log }) }
}

test('all three addresses answer, bare and behind a stage', async () => {
  const { door } = openDoor()
  for (const stage of ['', '/prod', '/custom-stage']) {
    const get = async (url: string) => (await door.inject({ method: 'GET', url: `${stage}${url}` })).json()
    expect(await get('/health')).toEqual(HEALTHY)
    expect(await get('/health/')).toEqual(HEALTHY)
    expect(await get('/health/ready')).toEqual(READY)
    expect(await get('/health/live')).toEqual({ status: 'alive' })
  }
})

test('before the first checks the service says that it is starting, and is not ready', () => {
  const { health } = watched()
  expect(health.healthy()).toEqual({
    status: 200,
    body: { ...HEALTHY, mode: 'degraded', warning: 'The service is starting.' },
  })
  expect(health.ready()).toMatchObject({ status: 503, body: { status: 'not ready' } })
})

test('a failing check makes it degraded, with the reason and what to do, until it passes again', async () => {
  const { health, trouble, lines } = watched()
  trouble.fault = new Fault('webhook.keys_unavailable', { why: 'status 404' })
  await health.refresh(never)
  await health.refresh(never)
  expect(health.healthy()).toEqual({
    status: 200,
    body: { ...HEALTHY, mode: 'degraded', warning: trouble.fault.people },
  })
  expect(health.ready()).toEqual({
    status: 503,
    body: {
      status: 'degraded',
      error: 'webhook.keys_unavailable',
      message: trouble.fault.people,
      action: trouble.fault.entry.hint,
      orchestration: 'typescript',
      mode: 'degraded',
      keys: { configured: true, valid: false, error: trouble.fault.people },
    },
  })
  trouble.fault = null
  await health.refresh(never)
  expect(health.ready()).toEqual({
    status: 200,
    body: { ...READY, keys: { configured: true, valid: true } },
  })
  expect(lines).toHaveLength(2)
})

test('checks run in the background, so that an answer never waits for one', async () => {
  const { health, clock, trouble } = watched()
  const stop = new AbortController()
  const watching = health.watch(stop.signal)
  await clock.advance(0)
  expect(health.ready().status).toBe(200)
  trouble.fault = new Fault('jobs.store_unavailable')
  expect(health.ready().status).toBe(200)
  await clock.advance(HEALTH_EVERY_MS)
  expect(health.ready().status).toBe(503)
  stop.abort()
  await watching
})

test('a check without an answer fails, and keeps nobody from looking at the others', async () => {
  const clock = new FakeClock()
  const aborted: AbortSignal[] = []
  let table: Fault | null = null
  const checks = [
    { name: 'registry', check: (signal: AbortSignal) => new Promise<void>(() => aborted.push(signal)) },
    {
      name: 'table',
      check: async () => {
        if (table) throw table
      },
    },
  ]
  const health = createHealth({ checks, clock, log: createLog('silent') })
  const stop = new AbortController()
  const watching = health.watch(stop.signal)
  await clock.advance(HEALTH_WITHIN_MS)
  expect(health.ready()).toMatchObject({
    status: 503,
    body: { error: 'health.no_answer', registry: { valid: false }, table: { valid: true } },
  })
  expect(aborted[0]?.aborted).toBe(true)
  table = new Fault('jobs.store_unavailable')
  await clock.advance(HEALTH_EVERY_MS + HEALTH_WITHIN_MS)
  expect(health.ready().body).toMatchObject({ table: { valid: false } })
  stop.abort()
  await watching
})

test('it looks again at once when it is told to, also in the middle of a round', async () => {
  const { health, clock, trouble } = watched()
  const stop = new AbortController()
  trouble.fault = new Fault('jobs.store_unavailable')
  const watching = health.watch(stop.signal)
  trouble.fault = null
  health.look()
  await clock.advance(0)
  expect(health.ready().status).toBe(200)
  trouble.fault = new Fault('jobs.store_unavailable')
  health.look()
  await clock.advance(0)
  expect(health.ready().status).toBe(503)
  stop.abort()
  await watching
})

test('while it shuts down it is alive and not ready', async () => {
  const { health } = watched()
  await health.refresh(never)
  health.drain()
  expect(health.live().status).toBe(200)
  expect(health.ready().status).toBe(503)
})

test('what the service can do without makes it degraded, and leaves it ready', async () => {
  const clock = new FakeClock()
  const refused = new Fault('store.forbidden')
  const check = () => Promise.reject(refused)
  const checks = [
    { name: 'queue', check, needed: false },
    { name: 'role', check: async () => {}, configured: false },
  ]
  const health = createHealth({ checks, clock, log: createLog('silent') })
  await health.refresh(never)
  expect(health.healthy().body).toMatchObject({ mode: 'degraded', warning: refused.people })
  expect(health.ready()).toEqual({
    status: 200,
    body: {
      ...READY,
      queue: { configured: true, valid: false, error: refused.people },
      role: { configured: false, valid: true },
    },
  })
})

test('what keeps the service from its work is told in one word or one fault, and nothing when nothing does', async () => {
  const { health, trouble } = watched()
  expect(health.obstacle()).toBe('starting')
  trouble.fault = new Fault('webhook.keys_unavailable')
  await health.refresh(never)
  expect(health.obstacle()).toBe(trouble.fault)
  trouble.fault = null
  await health.refresh(never)
  expect(health.obstacle()).toBe(null)
  health.drain()
  expect(health.obstacle()).toBe('stopping')
})
