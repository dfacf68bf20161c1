import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { RESEND_AFTER_MS } from '../../src/simulator/outbox.ts'
import { startTenant, type Tenant, type TenantOptions } from '../../src/simulator/tenant.ts'
import { FakeClock } from '../support/clock.ts'
import { appOf } from './support/app.ts'
import { isSignedBy, type Received, startReceiver } from './support/receiver.ts'

const ENTRY = 'etr_8Qk2RmZa'
const CAPTURED = new URL('../../../shared/vectors/benchling/webhooks/', import.meta.url)
const stop: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of stop.splice(0)) await close()
})

const setUp = async (
  options: TenantOptions = {},
  status?: (received: Received, index: number) => number | null,
) => {
  const receiver = await startReceiver(status)
  const tenant = await startTenant({ exportMs: 0, page: false, webhookUrl: receiver.url, ...options })
  stop.push(tenant.close, receiver.close)
  return { receiver, tenant }
}
const jwksOf = async (tenant: Tenant, path = `/api/v1/apps/${tenant.credentials.appDefinitionId}/jwks`) =>
  (await (await fetch(tenant.url + path)).json()) as { keys: Record<string, string>[] }

describe('a delivery', () => {
  it('is signed over its raw bytes by a key of the JWKS, sometimes after an entry of another kind', async () => {
    const { tenant, receiver } = await setUp()
    for (let i = 0; i < 12; i++) await tenant.created(ENTRY)
    const jwks = await jwksOf(tenant)
    expect(jwks.keys).toHaveLength(2)
    expect(jwks.keys.every((key) => key.kty === 'EC' && key.crv === 'P-256' && !key.d)).toBe(true)
    for (const one of receiver.received) {
      expect(isSignedBy(jwks, one)).toBe(true)
      expect(isSignedBy(jwks, { ...one, body: Buffer.concat([one.body, Buffer.from(' ')]) })).toBe(false)
    }
    const kinds = new Set(
      receiver.received.map(({ headers }) => String(headers['webhook-signature']).split(' ').length),
    )
    expect([...kinds].sort()).toEqual([1, 2])
  })

  it('has the envelope of a real one', async () => {
    const { tenant, receiver } = await setUp()
    tenant.entries.update(ENTRY, { fields: { Replicates: 4 } })
    await tenant.save(ENTRY)
    expect(receiver.received[0]!.json).toEqual({
      version: '0',
      baseURL: 'https://acme.benchling.test',
      tenantId: expect.stringMatching(/^ten_/),
      app: { id: tenant.credentials.appId },
      appDefinition: { id: tenant.credentials.appDefinitionId, versionNumber: expect.any(String) },
      channel: 'events',
      message: {
        type: 'v2.entry.updated.fields',
        deprecated: false,
        id: expect.stringMatching(/^evt_/),
        createdAt: expect.stringMatching(/^\d{4}-.*\.\d{6}\+00:00$/),
        resourceId: ENTRY,
        schema: { id: 'ts_Titr4t10' },
        updates: ['fields.Replicates'],
      },
    })
  })

  it('goes to the suffix of its kind, or to the bare address with stable routing', async () => {
    for (const [routing, expected] of [
      ['suffixed', ['/hook/event', '/hook/canvas', '/hook/lifecycle', '/hook/lifecycle']],
      ['stable', ['/hook', '/hook', '/hook', '/hook']],
    ] as const) {
      const { tenant, receiver } = await setUp({ routing })
      await tenant.created(ENTRY)
      await tenant.insertCanvas(ENTRY)
      await tenant.deliver({ type: 'v2.app.installed' })
      await tenant.deliver({ type: 'v2-beta.app.configuration.updated' })
      expect(receiver.received.map(({ path }) => path)).toEqual(expected)
    }
  })

  it('speaks of fields only: an edit of the text alone sends nothing', async () => {
    const { tenant, receiver } = await setUp()
    tenant.entries.append(ENTRY, { type: 'text', indentation: 0, text: 'more', links: [] })
    expect(tenant.save(ENTRY)).toBeNull()
    expect(receiver.received).toEqual([])
  })

  it('of a click names button, canvas, feature and person, and not the entry', async () => {
    const { tenant, receiver } = await setUp()
    const { canvas } = await tenant.insertCanvas(ENTRY)
    tenant.canvases.change(canvas.id, {
      blocks: [{ type: 'BUTTON', id: 'up', text: 'Update' }],
      enabled: true,
    })
    await tenant.click(canvas.id, 'up', 'ent_4mWq0ZtB')
    expect(receiver.received[1]!.json.message).toEqual({
      type: 'v2.canvas.userInteracted',
      deprecated: false,
      buttonId: 'up',
      canvasId: canvas.id,
      featureId: 'quilt-entry',
      userId: 'ent_4mWq0ZtB',
    })
    expect(tenant.deliveries[1]).toMatchObject({ entryId: ENTRY })
  })

  it('can come again at any time under its id', async () => {
    const { tenant, receiver } = await setUp()
    const { id } = await tenant.created(ENTRY)
    await tenant.redeliver(id)
    const [one, two] = receiver.received as [Received, Received]
    expect(two.headers['webhook-id']).toBe(id)
    expect(two.body.equals(one.body)).toBe(true)
  })

  it('asks the app to create the canvas of a run', async () => {
    const { tenant, receiver } = await setUp()
    const { runId } = await tenant.openRun('run_step')
    expect(receiver.received[0]!.json.message).toEqual({
      type: 'v2.canvas.initialized',
      deprecated: false,
      featureId: 'run_step',
      resourceId: runId,
      userId: 'ent_9CIv9U8P',
    })
  })

  it('waits for nobody while the app has no address', async () => {
    const { tenant } = await setUp()
    tenant.webhookUrl = null
    expect(await tenant.created(ENTRY)).toMatchObject({ state: 'no-address', attempts: [] })
  })

  it('carries exactly the bytes it is given', async () => {
    const { tenant, receiver } = await setUp()
    const body = Buffer.from('{"message": {"type":"v2.canvas.created"} , broken \u00fc')
    await tenant.deliverBody(body)
    expect(receiver.received[0]!.body.equals(body)).toBe(true)
    expect(isSignedBy(await jwksOf(tenant), receiver.received[0]!)).toBe(true)
  })

  describe.runIf(existsSync(CAPTURED))('of the captured envelopes', () => {
    it('reaches the app unchanged', async () => {
      const { tenant, receiver } = await setUp()
      const files = readdirSync(CAPTURED).filter((name) => name.endsWith('.json'))
      for (const name of files) await tenant.deliverBody(readFileSync(new URL(name, CAPTURED)))
      expect(receiver.received.map(({ body }) => body.toString())).toEqual(
        files.map((name) => readFileSync(new URL(name, CAPTURED), 'utf8')),
      )
      expect(tenant.deliveries.some(({ type }) => type === 'v2.entry.updated.fields')).toBe(true)
    })
  })
})

describe('a delivery that was not accepted', () => {
  it('comes again with its id, a new timestamp and a new signature', async () => {
    const clock = new FakeClock()
    const { tenant, receiver } = await setUp({ clock }, (_received, index) => (index === 0 ? 503 : 202))
    const first = await tenant.created(ENTRY)
    expect(first.attempts.map(({ status }) => status)).toEqual([503])
    await clock.advance(RESEND_AFTER_MS[0])
    const done = await tenant.settled(first.id)
    expect(done).toMatchObject({ state: 'delivered', nextAt: null })
    expect(done.attempts.map(({ status }) => status)).toEqual([503, 202])
    const [one, two] = receiver.received as [Received, Received]
    expect(two.headers['webhook-id']).toBe(one.headers['webhook-id'])
    expect(Number(two.headers['webhook-timestamp']) - Number(one.headers['webhook-timestamp'])).toBe(5)
    expect(two.headers['webhook-signature']).not.toBe(one.headers['webhook-signature'])
    expect(isSignedBy(await jwksOf(tenant), two)).toBe(true)
  })

  it('is taken as lost when no answer came within 3 s', async () => {
    const clock = new FakeClock()
    const { tenant, receiver } = await setUp({ clock }, (_received, index) => (index === 0 ? null : 200))
    const sending = tenant.created(ENTRY)
    await receiver.arrived(1)
    await clock.advance(3_000)
    const first = await sending
    expect(first.attempts).toMatchObject([{ status: null, ms: 3_000 }])
    expect(first.state).toBe('waiting')
  })

  it('is given up after the last pause', async () => {
    const clock = new FakeClock()
    const { tenant, receiver } = await setUp({ clock }, () => 500)
    const { id } = await tenant.created(ENTRY)
    for (const [index, pause] of RESEND_AFTER_MS.entries()) {
      await clock.advance(pause)
      await receiver.arrived(index + 2)
      while (index + 1 < RESEND_AFTER_MS.length && clock.sleeping !== 1)
        await new Promise((resolve) => setImmediate(resolve))
    }
    const over = await tenant.settled(id)
    expect(over.state).toBe('given-up')
    expect(over.attempts).toHaveLength(RESEND_AFTER_MS.length + 1)
  })
})

describe('faults of deliveries', () => {
  it('send each twice with one id', async () => {
    const { tenant, receiver } = await setUp()
    tenant.faults.set('duplicate-deliveries', 1)
    const { id } = await tenant.created(ENTRY)
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([id, id])
    await tenant.created(ENTRY)
    expect(receiver.received).toHaveLength(3)
  })

  it('are lost for good, and the event is remembered all the same', async () => {
    const { tenant, receiver } = await setUp()
    tenant.faults.set('lost-deliveries', 1)
    const { id } = await tenant.created(ENTRY)
    expect(await tenant.settled(id)).toMatchObject({ state: 'given-up', attempts: [] })
    expect(receiver.received).toEqual([])
    const { json } = await (await appOf(tenant)).get('/events?createdAt.gte=2020-01-01', 200)
    expect(json.events).toMatchObject([{ eventType: 'v2.entry.created', entry: { id: ENTRY } }])
    await tenant.created(ENTRY)
    expect(receiver.received).toHaveLength(1)
  })

  it('let the next one overtake', async () => {
    const clock = new FakeClock()
    const { tenant, receiver } = await setUp({ clock })
    tenant.faults.set('reordered-deliveries', 1)
    const first = tenant.created(ENTRY)
    const second = tenant.deliver({ type: 'v2.app.installed' })
    await Promise.all([first, second])
    expect(receiver.received.map(({ json }) => json.message.type)).toEqual([
      'v2.app.installed',
      'v2.entry.created',
    ])
  })

  it('hold a delivery that nothing overtakes for a while only', async () => {
    const clock = new FakeClock()
    const { tenant, receiver } = await setUp({ clock })
    tenant.faults.set('reordered-deliveries', true)
    const held = tenant.created(ENTRY)
    await clock.advance(2_000)
    await held
    expect(receiver.received).toHaveLength(1)
  })

  it('leave resourceId out of canvas messages', async () => {
    const { tenant, receiver } = await setUp()
    tenant.faults.set('missing-resource-id', true)
    const { canvas } = await tenant.insertCanvas(ENTRY)
    await tenant.created(ENTRY)
    expect(receiver.received[0]!.json.message).toMatchObject({ canvasId: canvas.id })
    expect(receiver.received[0]!.json.message).not.toHaveProperty('resourceId')
    expect(receiver.received[1]!.json.message.resourceId).toBe(ENTRY)
  })

  it('slow the key set down or make it fail', async () => {
    const clock = new FakeClock()
    const { tenant } = await setUp({ clock, entries: [] })
    const path = `${tenant.url}/api/v1/apps/${tenant.credentials.appDefinitionId}/jwks`
    tenant.faults.set('failing-jwks', 1)
    expect((await fetch(path)).status).toBe(503)
    tenant.faults.set('slow-jwks', 1)
    const slow = fetch(path)
    while (clock.sleeping === 0) await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(20_000)
    expect((await slow).status).toBe(200)
  })
})

describe('keys', () => {
  it('verify nothing signed after they were rotated', async () => {
    const { tenant, receiver } = await setUp()
    const old = await jwksOf(tenant)
    tenant.rotateKeys()
    await tenant.created(ENTRY)
    expect(isSignedBy(old, receiver.received[0]!)).toBe(false)
    expect(isSignedBy(await jwksOf(tenant), receiver.received[0]!)).toBe(true)
  })

  it('of a legacy app are found by installation id, and its envelopes name no definition', async () => {
    const { tenant, receiver } = await setUp({ legacy: true })
    await tenant.created(ENTRY)
    const jwks = await jwksOf(tenant, `/apps/jwks/${tenant.credentials.appId}`)
    expect(isSignedBy(jwks, receiver.received[0]!)).toBe(true)
    expect(receiver.received[0]!.json.appDefinition.id).toBeNull()
    const definition = `${tenant.url}/api/v1/apps/${tenant.credentials.appDefinitionId}/jwks`
    expect((await fetch(definition)).status).toBe(404)
  })
})
