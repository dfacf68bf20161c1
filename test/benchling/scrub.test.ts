import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json } from '../../src/base/json.ts'
import { sanitised } from '../../src/benchling/detail.ts'
import { REMOVED, withoutSignedAddresses } from '../../src/benchling/scrub.ts'

const SIGNED = [
  'https://b.s3.amazonaws.com/export.zip?X-Amz-Date=1&X-Amz-Signature=5ec3e7',
  'https://b.s3.amazonaws.com/x?x-amz-security-token=5ec3e7',
  'https://b.s3.amazonaws.com/x?AWSAccessKeyId=A&Signature=5ec3e7&Expires=1',
  'https://d.cloudfront.net/x?Policy=a&Signature=5ec3e7&Key-Pair-Id=K',
  'https://a.blob.core.windows.net/c/x?sv=1&sig=5ec3e7',
  'https://storage.googleapis.com/x?X-Goog-Signature=5ec3e7',
  'https://acme.benchling.com/go?to=https%3A%2F%2Fb.s3.amazonaws.com%2Fx%3FX-Amz-Signature%3D5ec3e7',
  'https://acme.benchling.com/go?to=https%253A%252F%252Fb%252Fx%253FX%252DAmz%252DSignature%253D5ec3e7',
  'https://b.s3.amazonaws.com/x?a=1&amp;X-Amz-Signature=5ec3e7',
]

describe('removing signed addresses', () => {
  it.each(SIGNED)('removes %s wherever it stands alone', (address) => {
    expect(withoutSignedAddresses({ a: { b: address, c: 1 }, list: [1, address, 'x'] })).toEqual({
      a: { c: 1 },
      list: [1, null, 'x'],
    })
  })

  it.each(SIGNED)('replaces %s inside longer text', (address) => {
    expect(withoutSignedAddresses({ text: `see ${address} and go` })).toEqual({
      text: `see ${REMOVED} and go`,
    })
  })

  it('removes downloadURL whatever it holds, and the end of its life beside it', () => {
    const snapshot = { status: 'done', downloadURL: 'https://plain', expiresAt: '2026', size: 7 }
    expect(withoutSignedAddresses({ reviewSnapshot: snapshot, expiresAt: 'kept' })).toEqual({
      reviewSnapshot: { status: 'done', size: 7 },
      expiresAt: 'kept',
    })
    expect(withoutSignedAddresses({ downloadUrl: null, download_url: 'x', a: 1 })).toEqual({ a: 1 })
  })

  it('keeps a schema field that a lab happened to call downloadURL', () => {
    const fields = { downloadURL: { type: 'text', value: 'kept' } }
    expect(withoutSignedAddresses({ fields })).toEqual({ fields })
  })

  it('keeps ordinary addresses and texts that merely speak of signatures', () => {
    const kept = {
      webURL: 'https://acme.benchling.com/acme/f/lib_1/etr_1-x/edit?page=2&design=a',
      text: 'Signature=none; sig=3 (see https://example.org/?sign=1)',
    }
    expect(withoutSignedAddresses(kept)).toEqual(kept)
  })

  it('removes them from names of properties too', () => {
    const scrubbed = withoutSignedAddresses({ [SIGNED[0]!]: 1 })
    expect(JSON.stringify(scrubbed)).not.toContain('5ec3e7')
  })

  it('finds them at any depth of any JSON, changes nothing else, and is done after one pass', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom(...SIGNED),
      fc.tuple(fc.string(), fc.constantFrom(...SIGNED)).map(([a, b]) => `${a} ${b}`),
    )
    const { json } = fc.letrec<{ json: Json }>((tie) => ({
      json: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('json'), { maxLength: 4 }),
        fc.dictionary(
          fc.oneof(text, fc.constantFrom('downloadURL', 'expiresAt', '__proto__', 'a')),
          tie('json'),
          {
            maxKeys: 4,
          },
        ),
      ) as fc.Arbitrary<Json>,
    }))
    fc.assert(
      fc.property(json, (value) => {
        const once = withoutSignedAddresses(value)
        expect(JSON.stringify(once)).not.toContain('5ec3e7')
        expect(withoutSignedAddresses(once)).toEqual(once)
      }),
      { numRuns: 300 },
    )
    fc.assert(
      fc.property(
        fc.jsonValue({ noUnicodeString: false }).filter((v) => !/:\/\/|url/i.test(JSON.stringify(v))),
        (value) => {
          expect(withoutSignedAddresses(value as Json)).toEqual(value)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('takes no noticeable time for long hostile text', () => {
    const started = performance.now()
    withoutSignedAddresses({ a: `=${'a.'.repeat(200_000)}`, b: `https://${'?a=b&'.repeat(100_000)}` })
    expect(performance.now() - started).toBeLessThan(2000)
  })
})

describe('words of the other side', () => {
  it.each([
    ['Entry is locked.', 'Entry is locked.'],
    ['two\n\tlines\u0000 \u202eand more', 'two lines and more'],
    ['see https://b.s3/x?X-Amz-Signature=5ec3e7 now', 'see https://b.s3/x now'],
    ['see https://me:5ec3e7@host/x#frag', 'see https://host/x'],
    ['GET /x?token=5ec3e7 failed', 'GET /x?… failed'],
    ['Authorization: Bearer 5ec3e7.abc', 'Authorization: Bearer …'],
  ])('%j become %j', (words, line) => {
    expect(sanitised(words)).toBe(line)
  })

  it('are cut to 300 characters, never inside one', () => {
    const line = sanitised('🧬'.repeat(400))
    expect([...(line ?? '')]).toHaveLength(300)
    expect(line?.isWellFormed()).toBe(true)
  })

  it.each(['', '  \n', 7, null, undefined, { message: 'x' }])('are nothing when they are %j', (words) => {
    expect(sanitised(words)).toBeUndefined()
  })
})
