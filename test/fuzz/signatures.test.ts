import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { createLog } from '../../src/base/log.ts'
import { createKeys } from '../../src/webhook/jwks.ts'
import { SIGNATURES_MAX } from '../../src/webhook/limits.ts'
import { type Headers, isSigned, readClaim } from '../../src/webhook/signature.ts'
import { FakeClock } from '../support/clock.ts'
import { runs } from './runs.ts'

const NOW = 1_790_000_000
const ID = 'msg_1'
const BODY = Buffer.from('{"message":{}}')
const [ours, theirs] = [1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }))
const signed = (key: typeof ours, text: string) =>
  sign('sha256', Buffer.from(text), key!.privateKey).toString('base64')
const right = signed(ours, `${ID}.${NOW}.${BODY}`)

/** One entry of the header, with what the rule says of it: whether it takes one of the tries, and whether it holds. */
type Entry = { readonly text: string; readonly tried: boolean; readonly holds: boolean }
const entry = (text: string, tried: boolean, holds = false): Entry => ({ text, tried, holds })

// Not among the last four: bits of the last character before the padding mean nothing.
const flipped = fc.nat(right.length - 5).map((at) => {
  const other = right[at] === 'A' ? 'B' : 'A'
  return entry(`v1bder,${right.slice(0, at)}${other}${right.slice(at + 1)}`, true)
})

const anyEntry = fc.oneof(
  fc.constantFrom(
    entry(`v1bder,${right}`, true, true),
    entry(`v1bder,${right}`, true, true),
    entry(`der,${right}`, true, true),
    entry(`v1bder,${signed(theirs, `${ID}.${NOW}.${BODY}`)}`, true),
    entry(`v1bder,${signed(ours, `${ID}.${NOW}.{}`)}`, true),
    entry(`v1bder,${signed(ours, `${ID}.${NOW + 1}.${BODY}`)}`, true),
    entry(`v1bder,${signed(ours, `msg_2.${NOW}.${BODY}`)}`, true),
    entry(`v1,${right}`, false),
    entry(`v1b,${right}`, false),
    entry(`V1BDER,${right}`, false),
    entry(right, false),
    entry('v1bder', false),
    entry('v1bder,', false),
    entry(`,${right}`, false),
    entry(`v1bder,${right},${right}`, false),
    entry('', false),
    entry('v1bder,AAAA', true),
    entry('v1bder,%%%%', true),
    entry(`v1bder,${'A'.repeat(2_000)}`, true),
  ),
  flipped,
)

const verdict = async (headers: Headers, body: Uint8Array = BODY): Promise<'accept' | string> => {
  try {
    return (await isSigned(readClaim(headers, NOW * 1000), body, [ours!.publicKey])) ? 'accept' : 'no match'
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    expect(thrown.code).toMatch(/^webhook\.(missing_headers|invalid_signature)$/)
    expect(thrown.people).not.toContain(right.slice(0, 12))
    return thrown.code
  }
}

const headersWith = (signature: string): Headers => ({
  'webhook-id': ID,
  'webhook-timestamp': String(NOW),
  'webhook-signature': signature,
})

test('any list of signatures passes exactly when one that is tried is right', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyEntry, { maxLength: 9 }),
      fc.constantFrom(' ', '  ', ', '),
      async (list, gap) => {
        const tried = list.filter((each) => each.tried).slice(0, SIGNATURES_MAX)
        const outcome = await verdict(headersWith(list.map(({ text }) => text).join(gap)))
        if (tried.some(({ holds }) => holds)) expect(outcome).toBe('accept')
        else expect(outcome).not.toBe('accept')
      },
    ),
    runs(400),
  )
})

test('a right signature is right for its own id, time and body only', async () => {
  const other = fc.record({
    id: fc.oneof(fc.constant(ID), fc.string()),
    timestamp: fc.oneof(
      fc.constantFrom(`${NOW}`, `${NOW}.0`, ` ${NOW}`, `0${NOW}`, `${NOW}e0`),
      fc.nat().map(String),
    ),
    body: fc.oneof(
      fc.constant(BODY),
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    ),
    name: fc.constantFrom('webhook-signature', 'Webhook-Signature', 'WEBHOOK-SIGNATURE'),
    twice: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(other, async ({ id, timestamp, body, name, twice }) => {
      const signature = `v1bder,${right}`
      const headers: Headers = {
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        [name]: twice ? [signature, 'v1bder,AAAA'] : signature,
      }
      const outcome = await verdict(headers, body)
      expect(outcome === 'accept').toBe(id === ID && timestamp === String(NOW) && body.equals(BODY))
    }),
    runs(300),
  )
})

test('a header of two hundred thousand entries costs no more than reading it', async () => {
  for (const filler of ['v1b,AAAA ', ' ,', 'der,']) {
    const begun = performance.now()
    const outcome = await verdict(headersWith(`${filler.repeat(200_000)} v1bder,AAAA`))
    expect(outcome).toBe('no match')
    expect(performance.now() - begun).toBeLessThan(2_000) // minutes, were it not linear
  }
})

test('whatever the address of the keys answers, there are keys of elliptic curves or an outage', async () => {
  const jwk = ours!.publicKey.export({ format: 'jwk' })
  const others = [generateKeyPairSync('rsa', { modulusLength: 2048 }), generateKeyPairSync('ed25519')].map(
    ({ publicKey }) => publicKey.export({ format: 'jwk' }),
  )
  const member = fc.oneof(
    fc.constantFrom(jwk, ...others),
    fc.record({
      kty: fc.constantFrom('EC', 'RSA', 'oct', 'OKP', ''),
      crv: fc.constantFrom('P-256', 'P-1', ''),
      x: fc.string(),
      y: fc.string(),
    }),
    fc.jsonValue({ maxDepth: 1 }),
  )
  const answer = fc.oneof(
    fc.array(member, { maxLength: 40 }).map((keys) => JSON.stringify({ keys })),
    fc.json(),
    fc.string(),
    fc.nat(400_000).map((length) => `{"keys":[],"x":"${'y'.repeat(length)}"}`),
  )
  const log = createLog('silent')
  await fc.assert(
    fc.asyncProperty(answer, fc.constantFrom(200, 200, 200, 204, 404, 500), async (text, status) => {
      const body = status === 204 ? null : text
      const fetch = async () => new Response(body, { status })
      const keys = createKeys({ url: 'https://keys.test', clock: new FakeClock(), log, fetch })
      const found = await keys.current().catch((thrown: unknown) => thrown)
      if (Array.isArray(found)) {
        expect(found.length).toBeGreaterThan(0)
        expect(found.every((key: KeyObject) => key.type === 'public' && key.asymmetricKeyType === 'ec')).toBe(
          true,
        )
      } else expect(found).toMatchObject({ code: 'webhook.keys_unavailable' })
    }),
    runs(150),
  )
})
