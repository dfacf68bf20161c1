import { createPublicKey } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { SIGNATURES_MAX } from '../../src/webhook/limits.ts'
import { isSigned, readClaim } from '../../src/webhook/signature.ts'
import vectors from '../fixtures/benchling/synthetic_signature_vectors.json' with { type: 'json' }
import { createSigner } from '../support/signer.ts'

const keys = vectors.jwks.keys.map((jwk) => createPublicKey({ key: jwk, format: 'jwk' }))

const judge = async (headers: Record<string, string>, body: string, nowS: number): Promise<string> => {
  try {
    return (await isSigned(readClaim(headers, nowS * 1000), Buffer.from(body), keys))
      ? 'accept'
      : 'no_matching_signature'
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    return thrown.code === 'webhook.missing_headers'
      ? `missing ${thrown.facts.missing}`
      : `${thrown.facts.why}`
  }
}

/** Our reasons beside the messages of benchling-sdk. */
const REASONS: Record<string, string> = {
  'Missing webhook-id header': 'missing webhook-id',
  'Missing webhook-timestamp header': 'missing webhook-timestamp',
  'Missing webhook-signature header': 'missing webhook-signature',
  'Invalid Signature Headers': 'timestamp_malformed',
  'Message timestamp too old': 'timestamp_too_old',
  'Message timestamp too new': 'timestamp_too_new',
  'Expected to find a der encoded signature': 'no_der_signature',
  'No matching signature found': 'no_matching_signature',
}

describe('the 19 vectors', () => {
  test('are all there', () => {
    expect(vectors.cases).toHaveLength(19)
  })
  test.each(vectors.cases)('$name: $expect', async ({ headers, body, now, expect: wanted, sdk_error }) => {
    const reason = wanted === 'accept' ? 'accept' : REASONS[sdk_error ?? '']
    expect(await judge(headers as unknown as Record<string, string>, body, now)).toBe(reason)
  })
})

const [first] = vectors.cases
const good = first!.headers as unknown as Record<string, string>
const { body, now } = first!

test('header names may come in any case', async () => {
  const shouted = Object.fromEntries(Object.entries(good).map(([name, value]) => [name.toUpperCase(), value]))
  expect(await judge(shouted, body, now)).toBe('accept')
})

test('all missing headers are named together', async () => {
  expect(await judge({ 'webhook-id': '' }, body, now)).toBe(
    'missing webhook-id,webhook-timestamp,webhook-signature',
  )
})

test.each(['1e9', ' 1750000000', '1750000000 ', '+1750000000', '0x1', '1750000000.', 'NaN', '1_750', '١٧٥٠'])(
  'the timestamp %j is not a number of seconds',
  async (timestamp) => {
    expect(await judge({ ...good, 'webhook-timestamp': timestamp }, body, now)).toBe('timestamp_malformed')
  },
)

test('a timestamp may have any number of decimals', () => {
  const headers = { ...good, 'webhook-timestamp': `${now}.1234567890123` }
  expect(readClaim(headers, now * 1000).timestamp).toBe(`${now}.1234567890123`)
})

test.each(['msg 1', 'msg\n1', 'mé', `msg_${'x'.repeat(256)}`])(
  'the webhook-id %j is not an id',
  async (id) => {
    expect(await judge({ ...good, 'webhook-id': id }, body, now)).toBe('id_malformed')
  },
)

test.each([
  ['a malformed entry before the good one', (s: string) => `nonsense v1bder ,, ${s}`],
  ['an unknown version before the good one', (s: string) => `v9raw,AAAA ${s}`],
  ['another der version', (s: string) => s.replace('v1bder', 'v2der')],
  ['garbage that claims to be der', (s: string) => `v1bder,AAAA v1bder,!!!! ${s}`],
  ['a second header after it, which Node joins with a comma', (s: string) => `${s}, v1bder,AAAA`],
  ['a second header before it', (s: string) => `v1bder,AAAA, ${s}`],
])('%s does not hurt', async (_name, header) => {
  const signature = header(good['webhook-signature']!)
  expect(await judge({ ...good, 'webhook-signature': signature }, body, now)).toBe('accept')
})

test('only so many signatures are tried, because each costs a verification', async () => {
  const chaff = Array.from({ length: SIGNATURES_MAX }, () => 'v1bder,MEUCIQ==').join(' ')
  const signature = `${chaff} ${good['webhook-signature']}`
  expect(await judge({ ...good, 'webhook-signature': signature }, body, now)).toBe('no_matching_signature')
})

test('the key says its curve, P-384 verifies too', async () => {
  const signer = createSigner('P-384')
  const claim = readClaim(signer.headers('msg_1', now * 1000, body), now * 1000)
  expect(await isSigned(claim, Buffer.from(body), [...keys, signer.publicKey])).toBe(true)
  expect(await isSigned(claim, Buffer.from(body), keys)).toBe(false)
})

test('no header value makes it crash, and none but the signed one passes', async () => {
  const entry = fc
    .tuple(fc.constantFrom('v1bder', 'der', 'v1b', ''), fc.oneof(fc.base64String(), fc.string()))
    .map((p) => p.join(','))
  const header = fc.oneof(
    fc.string(),
    fc.array(entry, { maxLength: 20 }).map((entries) => entries.join(' ')),
  )
  await fc.assert(
    fc.asyncProperty(
      header,
      fc.option(fc.string()),
      fc.option(fc.string()),
      async (signature, id, timestamp) => {
        const headers = {
          ...good,
          'webhook-signature': signature,
          ...(id === null ? {} : { 'webhook-id': id }),
          ...(timestamp === null ? {} : { 'webhook-timestamp': timestamp }),
        }
        expect(await judge(headers, body, now)).not.toBe('accept')
      },
    ),
    { numRuns: 300 },
  )
})
