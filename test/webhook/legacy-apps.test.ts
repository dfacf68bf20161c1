import { createPublicKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { readEnvelope } from '../../src/webhook/envelope.ts'
import { checkIdentity, jwksUrl } from '../../src/webhook/identity.ts'
import { isSigned, readClaim, refused } from '../../src/webhook/signature.ts'
import committed from '../fixtures/benchling/legacy_signature_vectors.json' with { type: 'json' }
import { legacyVectors } from '../support/legacy-vectors.ts'

const judge = async (
  vectors: ReturnType<typeof legacyVectors>,
  one: (typeof vectors)['cases'][number],
): Promise<string> => {
  const keys = vectors.jwks.keys.map((jwk) => createPublicKey({ key: jwk, format: 'jwk' }))
  const identity = {
    app: { mode: 'legacy' as const, id: vectors.app },
    origins: [`https://${vectors.tenant}.benchling.com`],
  }
  try {
    const body = Buffer.from(one.body)
    if (!(await isSigned(readClaim(one.headers, one.now * 1000), body, keys)))
      throw refused('no_matching_signature')
    checkIdentity(readEnvelope(body), identity)
    return 'accept'
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    return thrown.code
  }
}

const fresh = legacyVectors()

describe('legacy apps are known by their installation', () => {
  test.each(committed.cases)('committed vector $name: $expect', async (one) => {
    expect(await judge(committed as ReturnType<typeof legacyVectors>, one)).toBe(one.expect)
  })
  test.each(fresh.cases)('newly signed vector $name: $expect', async (one) => {
    expect(await judge(fresh, one)).toBe(one.expect)
  })
  test('the committed vectors are those of the generator', () => {
    expect(committed.cases.map((one) => one.name)).toEqual(fresh.cases.map((one) => one.name))
  })
})

test('keys are published by app definition, for legacy apps by installation, and by a simulator at the same paths', () => {
  const app = { mode: 'definition' as const, id: 'appdef_A' }
  const legacy = { mode: 'legacy' as const, id: 'app_B' }
  expect(jwksUrl(app, null)).toBe('https://apps.benchling.com/api/v1/apps/appdef_A/jwks')
  expect(jwksUrl(legacy, null)).toBe('https://benchling.com/apps/jwks/app_B')
  expect(jwksUrl(app, 'http://127.0.0.1:4000')).toBe('http://127.0.0.1:4000/api/v1/apps/appdef_A/jwks')
  expect(jwksUrl(legacy, 'http://127.0.0.1:4000')).toBe('http://127.0.0.1:4000/apps/jwks/app_B')
})
