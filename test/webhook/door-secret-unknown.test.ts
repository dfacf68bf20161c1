import { expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { envelope, IDENTITY, openDoor } from './door-fixture.ts'

test('while nothing is known of the lab every webhook is answered with 503, why, and what to do; then it heals', async () => {
  let fault: Fault | null = new Fault('config.secret_missing')
  const known = () => {
    if (fault) throw fault
  }
  const { deliver, subjects, post } = openDoor({
    config: {
      get identity() {
        known()
        return IDENTITY
      },
      get verify() {
        known()
        return true
      },
    },
  })
  const entry = envelope({ type: 'v2.entry.created', resourceId: 'etr_1' })
  for (const url of ['/event', '/canvas', '/lifecycle', '/', '/prod/event']) {
    const answer = await deliver(entry, { url })
    expect(answer.statusCode).toBe(503)
    expect(answer.headers['retry-after']).toBeDefined()
    expect(answer.json()).toEqual({
      status: 'unavailable',
      error: 'benchling_secret_unavailable',
      message: expect.stringContaining('BenchlingSecret'),
      action: fault.entry.hint,
    })
  }
  expect((await post('/event', '{}', { 'content-type': 'application/json' })).statusCode).toBe(503)
  fault = new Fault('config.secret_invalid', {}, { detail: 'These keys are missing: tenant.' })
  expect((await deliver(entry)).json()).toMatchObject({ details: 'These keys are missing: tenant.' })
  expect(subjects.deliveries).toEqual([])
  fault = null
  expect((await deliver(entry)).statusCode).toBe(200)
  expect(subjects.deliveries).toHaveLength(1)
})

test('GET /config is answered where it is switched on, behind a stage too, and nowhere else', async () => {
  const closed = openDoor()
  expect((await closed.door.inject({ method: 'GET', url: '/config' })).statusCode).toBe(404)
  const open = openDoor({ configuration: () => ({ status: 200, body: { shown: true } }) })
  for (const url of ['/config', '/prod/config']) {
    expect((await open.door.inject({ method: 'GET', url })).json()).toEqual({ shown: true })
    expect((await open.door.inject({ method: 'DELETE', url })).statusCode).toBe(405)
  }
})
