import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLog } from '../../src/base/log.ts'
import { createKeys } from '../../src/webhook/jwks.ts'
import {
  JWKS_EXPIRE_MS,
  JWKS_FORCE_EVERY_MS,
  JWKS_MAX_BYTES,
  JWKS_PAUSE_MS,
  JWKS_REFRESH_MS,
  JWKS_TIMEOUT_MS,
} from '../../src/webhook/limits.ts'
import { FakeClock } from '../support/clock.ts'
import { createSigner } from '../support/signer.ts'

const a = createSigner()
const b = createSigner()

let server: ReturnType<typeof createServer>
let url: string
let asked = 0
let answer: (to: ServerResponse) => void

const serve = (body: unknown, status = 200) => {
  answer = (to) => to.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
}
const set = (...signers: { jwk: object }[]) => ({ keys: signers.map(({ jwk }) => jwk) })

beforeEach(async () => {
  asked = 0
  serve(set(a))
  server = createServer((_request, response) => {
    asked++
    answer(response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/apps/appdef_A/jwks`
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const open = () => {
  const clock = new FakeClock()
  const lines: string[] = []
  const log = createLog('debug', { write: (line: string) => void lines.push(line) })
  return { clock, lines, keys: createKeys({ url, clock, log }) }
}
/** Lets a fetch in the background come to its end. */
const settled = async (done: () => boolean) => {
  while (!done()) await new Promise((resolve) => setImmediate(resolve))
}
const unavailable = { code: 'webhook.keys_unavailable' }

describe('the keys of the app', () => {
  test('are fetched once for all who ask at the same time, and imported once', async () => {
    const { keys } = open()
    const [first, ...others] = await Promise.all([keys.current(), keys.current(), keys.current()])
    expect(asked).toBe(1)
    expect(others.every((other) => other === first)).toBe(true)
    expect(first?.[0]?.equals(a.publicKey)).toBe(true)
  })

  test('are served while they are refreshed in the background after an hour', async () => {
    const { keys, clock } = open()
    const held = await keys.current()
    serve(set(b))
    await clock.advance(JWKS_REFRESH_MS)
    expect(await keys.current()).toBe(held)
    await settled(() => asked === 2)
    let now = await keys.current()
    while (now === held) {
      await new Promise((resolve) => setImmediate(resolve))
      now = await keys.current()
    }
    expect(now[0]?.equals(b.publicKey)).toBe(true)
  })

  test('keep serving while Benchling is down, but never older than six hours', async () => {
    const { keys, clock } = open()
    const held = await keys.current()
    serve('down', 503)
    await clock.advance(JWKS_EXPIRE_MS - 1)
    expect(await keys.current()).toBe(held)
    await clock.advance(JWKS_PAUSE_MS)
    await expect(keys.current()).rejects.toMatchObject(unavailable)
  })

  test('of other kinds, and broken ones, are left out', async () => {
    serve({
      keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }, { kty: 'EC', crv: 'P-256', x: 'A' }, { kty: 'EC' }, a.jwk],
    })
    expect(await open().keys.current()).toHaveLength(1)
  })
})

describe('a rotation', () => {
  test('is noticed when no key matches', async () => {
    const { keys } = open()
    await keys.current()
    serve(set(a, b))
    expect(await keys.renewed()).toHaveLength(2)
    expect(await keys.current()).toHaveLength(2)
  })

  test('is not looked for more often than every 30 s, whoever sends bad signatures', async () => {
    const { keys, clock } = open()
    await keys.current()
    await keys.renewed()
    for (let i = 0; i < 50; i++) expect(await keys.renewed()).toBeNull()
    expect(asked).toBe(2)
    await clock.advance(JWKS_FORCE_EVERY_MS)
    expect(await keys.renewed()).toHaveLength(1)
    expect(asked).toBe(3)
  })

  test('that cannot be looked for is an outage, also within the 30 s', async () => {
    const { keys } = open()
    await keys.current()
    serve('down', 500)
    await expect(keys.renewed()).rejects.toMatchObject(unavailable)
    await expect(keys.renewed()).rejects.toMatchObject(unavailable)
    expect(asked).toBe(2)
  })
})

test('a key that is none is left out, whatever it is', async () => {
  serve({ keys: [null, 'key', { kid: 'x' }, { kty: 'EC', crv: 'P-256', x: 1 }, a.jwk] })
  expect(await open().keys.current()).toHaveLength(1)
})

describe('no keys', () => {
  test.each([
    ['an error status', 'gone', 404],
    ['a page instead of JSON', '<!doctype html><title>Sign in</title>', 200],
    ['JSON that is no key set', { error: 'x' }, 200],
    ['a key set without a usable key', { keys: [] }, 200],
    ['more bytes than any key set has', ' '.repeat(JWKS_MAX_BYTES + 1), 200],
    ['more keys than any key set has', { keys: Array.from({ length: 33 }, () => a.jwk) }, 200],
  ])('from %s', async (_name, body, status) => {
    serve(body, status)
    const { keys, lines } = open()
    await expect(keys.current()).rejects.toMatchObject(unavailable)
    expect(lines.join()).not.toContain('127.0.0.1')
  })

  test('from another address than the one that is documented', async () => {
    answer = (to) =>
      to.req.url?.endsWith('/elsewhere')
        ? to.end(JSON.stringify(set(a)))
        : to.writeHead(302, { location: `${url}/elsewhere` }).end()
    await expect(open().keys.current()).rejects.toMatchObject(unavailable)
    expect(asked).toBe(1)
  })

  test('from a connection that breaks', async () => {
    answer = (to) => to.destroy()
    await expect(open().keys.current()).rejects.toMatchObject(unavailable)
  })

  test('from a server that takes longer than the answer to Benchling may', async () => {
    answer = () => {}
    const { keys, clock } = open()
    const waiting = expect(keys.current()).rejects.toMatchObject({
      ...unavailable,
      facts: { why: 'timeout' },
    })
    await settled(() => asked === 1)
    await clock.advance(JWKS_TIMEOUT_MS)
    await waiting
  })

  test('is remembered for a second, so that deliveries do not queue up behind a dead server', async () => {
    serve('down', 503)
    const { keys, clock } = open()
    await expect(keys.current()).rejects.toMatchObject(unavailable)
    await expect(keys.current()).rejects.toMatchObject(unavailable)
    expect(asked).toBe(1)
    serve(set(a))
    await clock.advance(JWKS_PAUSE_MS)
    expect(await keys.current()).toHaveLength(1)
  })
})

test('kept warm, keys are there before the first delivery, are refreshed while nobody asks, and survive a bad start', async () => {
  serve('starting', 503)
  const { keys, clock, lines } = open()
  const stop = new AbortController()
  const warm = keys.keepWarm(stop.signal)
  await settled(() => lines.length === 1 && clock.sleeping === 1)
  serve(set(a))
  await clock.advance(2 * JWKS_PAUSE_MS)
  await keys.current()
  await settled(() => clock.sleeping === 1)
  expect(asked).toBe(2)
  await clock.advance(JWKS_REFRESH_MS)
  await settled(() => asked === 3)
  stop.abort()
  await warm
})
