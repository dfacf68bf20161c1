import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { STORE_WITHIN_MS } from '../../src/webhook/limits.ts'
import { createSigner } from '../support/signer.ts'
import { envelope, fixedKeys, IDENTITY, openDoor } from './door-fixture.ts'

const entry = envelope({ type: 'v2.entry.created', resourceId: 'etr_1' })
const json = { 'content-type': 'application/json' }

describe('a delivery that is not verified', () => {
  test('without headers is told which are missing', async () => {
    const { post, subjects } = openDoor()
    const answer = await post('/event', JSON.stringify(entry), { ...json, 'webhook-id': 'msg_1' })
    expect([answer.statusCode, answer.json()]).toEqual([
      403,
      {
        error: 'Forbidden',
        reason: 'missing_headers',
        message: 'Webhook headers are missing. Missing: webhook-timestamp, webhook-signature.',
      },
    ])
    expect(subjects.calls).toBe(0)
  })

  test.each([
    ['by another key', (door: ReturnType<typeof openDoor>) => door.deliver(entry, { by: createSigner() })],
    [
      'with a body that was written anew',
      ({ signer, clock, post }: ReturnType<typeof openDoor>) =>
        post(
          '/event',
          JSON.stringify(entry, null, 2),
          signer.headers('msg_1', clock.now(), JSON.stringify(entry)),
        ),
    ],
    [
      'six minutes ago',
      ({ signer, clock, post }: ReturnType<typeof openDoor>) => {
        const body = JSON.stringify(entry)
        return post('/event', body, signer.headers('msg_1', clock.now() - 360_000, body))
      },
    ],
  ])('signed %s is refused with the reason and no more', async (_name, send) => {
    const door = openDoor()
    const answer = await send(door)
    expect([answer.statusCode, answer.json()]).toEqual([
      403,
      {
        error: 'Forbidden',
        reason: 'invalid_signature',
        message: 'Webhook signature verification failed.',
      },
    ])
    expect(door.subjects.calls).toBe(0)
  })

  test('is refused before its content is looked at', async () => {
    const { deliver } = openDoor()
    expect((await deliver('not json', { by: createSigner() })).statusCode).toBe(403)
  })
})

test('keys that cannot be had are an outage, not a forgery', async () => {
  const keys = {
    ...fixedKeys(),
    current: async () => {
      throw new Fault('webhook.keys_unavailable', { why: 'status 503' })
    },
  }
  const answer = await openDoor({ keys }).deliver(entry)
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBe('5')
  expect(answer.json()).toMatchObject({ status: 'unavailable', error: 'webhook.keys_unavailable' })
})

test('a delivery signed by a key that came with a rotation is accepted after one look', async () => {
  const old = createSigner()
  const young = createSigner()
  let looks = 0
  const keys = {
    ...fixedKeys(old.publicKey),
    renewed: async () => {
      looks++
      return [old.publicKey, young.publicKey]
    },
  }
  const { deliver } = openDoor({ keys })
  expect((await deliver(entry, { by: old })).statusCode).toBe(200)
  expect(looks).toBe(0)
  expect((await deliver(entry, { by: young })).statusCode).toBe(200)
  expect(looks).toBe(1)
})

describe('a delivery that is signed, but for somebody else', () => {
  test.each([
    ['app', { ...entry, appDefinition: { id: 'appdef_Other' } }],
    ['app without a definition', { ...entry, appDefinition: null }],
    ['tenant', { ...entry, baseURL: 'https://other.benchling.com' }],
    ['scheme', { ...entry, baseURL: 'http://acme.benchling.com' }],
    ['host that only looks alike', { ...entry, baseURL: 'https://acme.benchling.com.evil.example' }],
    ['port', { ...entry, baseURL: 'https://acme.benchling.com:8443' }],
    ['address that is none', { ...entry, baseURL: 'acme' }],
  ])('%s is refused', async (_name, body) => {
    const { deliver, subjects } = openDoor()
    const answer = await deliver(body)
    expect([answer.statusCode, answer.json().reason]).toEqual([403, 'wrong_app'])
    expect(subjects.calls).toBe(0)
  })

  test('a trailing slash and upper case in the address are the same tenant', async () => {
    const answer = await openDoor().deliver({ ...entry, baseURL: 'https://ACME.benchling.com/' })
    expect(answer.statusCode).toBe(200)
  })

  test('a legacy app is checked by its installation, and needs no definition', async () => {
    const identity = { ...IDENTITY, app: { mode: 'legacy' as const, id: entry.app.id } }
    const legacy = { ...entry, appDefinition: { id: null } }
    expect((await openDoor({ identity }).deliver(legacy)).statusCode).toBe(200)
    expect((await openDoor({ identity }).deliver({ ...legacy, app: { id: 'app_Other' } })).statusCode).toBe(
      403,
    )
  })
})

test.each([
  ['not JSON', '<xml/>', /No JSON payload/],
  ['empty', '', /No JSON payload/],
  ['a list', '[1]', /Invalid JSON payload/],
  ['an envelope without a message', '{"baseURL":"https://acme.benchling.com","app":{"id":"a"}}', /message/],
  ['an entry event without an entry', JSON.stringify(envelope({ type: 'v2.entry.created' })), /entry_id/],
])('a signed body that is %s is 400', async (_name, body, error) => {
  const answer = await openDoor().deliver(body)
  expect(answer.statusCode).toBe(400)
  expect(answer.json().error).toMatch(error)
})

test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', ''])(
  'the content type %j is 415',
  async (contentType) => {
    const { post, signer, clock } = openDoor()
    const body = JSON.stringify(entry)
    const { 'content-type': _, ...headers } = signer.headers('msg_1', clock.now(), body)
    const answer = await post(
      '/event',
      body,
      contentType ? { ...headers, 'content-type': contentType } : headers,
    )
    expect([answer.statusCode, answer.json()]).toEqual([
      415,
      { error: 'The delivery is not application/json.' },
    ])
  },
)

test.each(['', 'json', ';', 'application/json/json'])(
  'the content type %j at an address that is nobody’s is the sender’s mistake, not ours',
  async (contentType) => {
    const { door } = openDoor()
    const answer = await door.inject({
      method: 'POST',
      url: '/nobody/here',
      headers: { 'content-type': contentType },
      payload: 'x',
    })
    expect([404, 415]).toContain(answer.statusCode)
  },
)

test('the content type may have parameters and any case', async () => {
  const { post, signer, clock } = openDoor()
  const body = JSON.stringify(entry)
  const headers = {
    ...signer.headers('msg_1', clock.now(), body),
    'content-type': 'Application/JSON; charset=UTF-8',
  }
  expect((await post('/event', body, headers)).statusCode).toBe(200)
})

describe('a store that fails', () => {
  const failing = (code: 'store.unavailable' | 'jobs.store_unavailable') => async () => {
    throw new Fault(code)
  }

  test('for a moment is tried again before the answer', async () => {
    const { deliver, subjects, clock } = openDoor()
    subjects.failures = [failing('store.unavailable'), failing('jobs.store_unavailable')]
    const answering = deliver(entry)
    while (subjects.deliveries.length === 0) await clock.advance(50)
    expect((await answering).statusCode).toBe(200)
    expect(subjects.calls).toBe(3)
  })

  test('for longer makes the door ask Benchling to come again, while it still waits', async () => {
    const { deliver, subjects, clock, rings } = openDoor()
    subjects.failures = Array.from({ length: 100 }, () => failing('jobs.store_unavailable'))
    let answered = false
    const answering = deliver(entry).finally(() => {
      answered = true
    })
    while (subjects.calls === 0) await new Promise((resolve) => setImmediate(resolve))
    const began = clock.now()
    while (!answered) await clock.advance(50)
    // Benchling waits three seconds
    expect(clock.now() - began).toBeLessThan(3_000)
    const answer = await answering
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '5'])
    expect(answer.json()).toMatchObject({ status: 'unavailable', error: 'webhook.not_stored' })
    expect(rings).toEqual([])
  })

  test('by never answering does not keep Benchling waiting', async () => {
    const { deliver, subjects, clock } = openDoor()
    subjects.failures = [() => new Promise<never>(() => {})]
    const answering = deliver(entry)
    while (subjects.calls === 0) await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(STORE_WITHIN_MS)
    expect((await answering).statusCode).toBe(503)
    expect(clock.sleeping).toBe(0)
  })
})

test('with verification switched off unsigned deliveries are taken, but not for other apps', async () => {
  const { post, subjects } = openDoor({ verify: false })
  expect((await post('/event', JSON.stringify(entry), json)).statusCode).toBe(200)
  expect((await post('/event', JSON.stringify(entry), { ...json, 'webhook-id': 'mine' })).statusCode).toBe(
    200,
  )
  expect(subjects.deliveries.map(({ id }) => id)).toEqual([expect.stringMatching(/^unsigned-/), 'mine'])
  const other = { ...entry, baseURL: 'https://other.benchling.com' }
  expect((await post('/event', JSON.stringify(other), json)).statusCode).toBe(403)
})

describe('whatever arrives', () => {
  const documented = [200, 202, 400, 403, 415, 503]

  test('in signed envelopes gets a documented answer', async () => {
    const { deliver } = openDoor()
    const field = fc.oneof(
      fc.string(),
      fc.jsonValue(),
      fc.constantFrom('etr_1', 'cnvs_1', 'update', '__proto__'),
    )
    const type = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'v2.entry.created',
        'v2.canvas.created',
        'v2.canvas.userInteracted',
        'v2.canvas.initialized',
      ),
    )
    const message = fc.record({
      type,
      resourceId: field,
      canvasId: field,
      featureId: field,
      buttonId: field,
      updates: field,
    })
    await fc.assert(
      fc.asyncProperty(message, fc.dictionary(fc.string(), fc.jsonValue()), async (fields, more) => {
        const answer = await deliver({ ...more, ...envelope(fields) })
        expect(documented).toContain(answer.statusCode)
      }),
      { numRuns: 200 },
    )
  })

  test('in headers and bodies gets a documented refusal', async () => {
    const { post } = openDoor()
    const value = fc.string({ unit: fc.constantFrom(...'abcder1,=+/ .0123456789') })
    await fc.assert(
      fc.asyncProperty(value, value, value, fc.string(), async (id, timestamp, signature, body) => {
        const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature }
        const answer = await post('/event', body, { ...json, ...headers })
        expect(answer.statusCode).toBe(403)
      }),
      { numRuns: 150 },
    )
  })
})
