import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ERRORS } from '../../src/base/errors.ts'
import { DELIVERY_MAX_BYTES } from '../../src/jobs/ports.ts'
import { anyPoint } from '../support/any-point.ts'
import { envelope, openDoor } from '../webhook/door-fixture.ts'
import { PATIENCE_MS, runs } from './runs.ts'

const SAMPLES = join(import.meta.dirname, '../fixtures/benchling/envelopes')
const samples: readonly string[] = readdirSync(SAMPLES).map((file) =>
  readFileSync(join(SAMPLES, file), 'utf8'),
)

/** The samples' own app and tenant, so that what is tried is the message and not whose it is. */
const IDENTITY = (() => {
  const { baseURL, appDefinition } = JSON.parse(samples.find((text) => text.includes('v2.entry.created'))!)
  return { app: { mode: 'definition' as const, id: appDefinition.id }, origins: [new URL(baseURL).origin] }
})()

/** What each status may say: bodies that are documented, and nothing else. */
const REFUSALS: Readonly<Record<number, RegExp>> = {
  400: /^(No JSON payload\.|Invalid JSON payload: an object is expected\.|Missing or not valid: [\w., ]+\.|No entry_id: [\w., ]+\.)$/,
  404: /^Endpoint not found$/,
  405: /^Method Not Allowed$/,
  413: new RegExp(`^${ERRORS['webhook.too_large'].people}$`),
  415: new RegExp(`^${ERRORS['webhook.wrong_content_type'].people}$`),
}

type Answer = { readonly statusCode: number; readonly payload: string }

/** Checks an answer: documented, JSON, and a refused delivery left nothing behind. Returns the status. */
const judge = (answer: Answer, stored: boolean): number => {
  const { statusCode, payload } = answer
  const body = JSON.parse(payload) as Record<string, unknown>
  if (statusCode === 403) {
    expect(body.reason).toMatch(/^(missing_headers|invalid_signature|wrong_app)$/)
    expect(ERRORS).toHaveProperty([`webhook.${body.reason}`])
  } else if (statusCode === 200 || statusCode === 202) expect(body).toHaveProperty('status')
  else expect(body.error).toMatch(REFUSALS[statusCode] ?? /(?!)/)
  expect(stored).toBe(statusCode === 200 || statusCode === 202)
  return statusCode
}

const door = openDoor({ identity: IDENTITY })
beforeAll(async () => {
  await door.door.ready()
})
afterAll(() => door.door.close())

let count = 0

/** Signs, posts and judges; the records are emptied first so that they stay small. */
const deliver = async (body: string | Buffer): Promise<number> => {
  door.subjects.deliveries.length = 0
  door.subjects.subjects.clear()
  door.subjects.watched.length = 0
  door.rings.length = 0
  door.lines.length = 0
  const id = `msg_${++count}`
  const answer = await door.post('/event', body, door.signer.headers(id, door.clock.now(), body))
  const [stored] = door.subjects.deliveries
  const status = judge(answer, stored !== undefined)
  if (stored) {
    expect(Buffer.byteLength(JSON.stringify(stored))).toBeLessThanOrEqual(DELIVERY_MAX_BYTES)
    for (const [name, fact] of Object.entries(stored.facts)) {
      const kind = { updates: 'object', updatesLeftOut: 'number', deprecated: 'boolean' }[name] ?? 'string'
      expect([name, typeof fact]).toEqual([name, kind])
    }
    for (const key of door.subjects.subjects.keys())
      expect(key).toMatch(/^(entry|canvas|place)(:[A-Za-z0-9_-]{1,128}){1,2}$/)
  } else {
    expect(door.subjects.subjects.size).toBe(0)
    expect(door.rings.filter((ring) => ring.endsWith(` ${id}`))).toEqual([])
  }
  return status
}

const evil = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.string({ unit: anyPoint, maxLength: 30 }),
  fc.constantFrom(
    null,
    true,
    '',
    0,
    -0,
    1e308,
    [],
    {},
    '__proto__',
    'constructor',
    '../../etc/passwd',
    'etr_1',
    'v2.entry.created',
    'v2.canvas.userInteracted',
    'v99999999999.entry.created',
    `update-package-etr_${'a'.repeat(64)}-pkg-x/y-p1-s1`,
    '\ud800',
    '😀'.repeat(2_000),
    'x'.repeat(70_000),
  ),
)

type Path = readonly string[]
const pathsOf = (value: unknown, path: Path = []): Path[] =>
  typeof value === 'object' && value !== null
    ? [path, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]))]
    : [path]

const withChange = (value: unknown, path: Path, change: (old: unknown) => unknown): unknown => {
  const [key, ...rest] = path
  if (key === undefined) return change(value)
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>
  const next = withChange(copy[key], rest, change)
  if (next === GONE) delete copy[key]
  else copy[key] = next
  return copy
}
const GONE = Symbol('gone')

/** One of the sample envelopes with a few of its parts removed, replaced or put into something. */
const changedSample = fc
  .tuple(
    fc.constantFrom(...samples),
    fc.array(
      fc.record({
        at: fc.nat(200),
        how: fc.constantFrom('gone', 'other', 'list', 'text', 'renamed'),
        value: evil,
      }),
      { maxLength: 3 },
    ),
  )
  .map(([text, changes]) =>
    changes.reduce<unknown>((value, { at, how, value: other }) => {
      const paths = pathsOf(value)
      const path = paths[at % paths.length]!
      return withChange(value, path, (old) => {
        if (how === 'gone') return path.length > 0 ? GONE : {}
        if (how === 'list') return [old]
        if (how === 'text') return JSON.stringify(old)
        return how === 'other' ? other : { __proto__x: old, other }
      })
    }, JSON.parse(text)),
  )

describe('a signed delivery', () => {
  test('of any sample is accepted', async () => {
    for (const sample of samples) expect([200, 202]).toContain(await deliver(sample))
  })

  test(
    'of a sample with parts that are gone or have become something else is accepted or refused by name',
    async () => {
      const seen = new Set<number>()
      await fc.assert(
        fc.asyncProperty(changedSample, async (value) => {
          seen.add(await deliver(JSON.stringify(value)))
        }),
        runs(400),
      )
      expect([...seen].sort()).toEqual(expect.arrayContaining([200, 202, 400, 403]))
    },
    PATIENCE_MS,
  )

  test(
    'of any JSON, or of bytes that nearly are, is refused as such',
    async () => {
      const nearly = fc
        .tuple(fc.constantFrom(...samples), fc.nat(), fc.nat(255), fc.constantFrom('set', 'cut', 'twice'))
        .map(([text, where, byte, how]) => {
          const bytes = Buffer.from(text)
          const at = where % bytes.length
          if (how === 'cut') return bytes.subarray(0, at)
          if (how === 'twice') return Buffer.concat([bytes, bytes.subarray(at)])
          bytes[at] = byte
          return bytes
        })
      const any = fc.oneof(
        fc.json().map((text) => Buffer.from(text)),
        fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
        nearly,
      )
      await fc.assert(
        fc.asyncProperty(any, async (bytes) => {
          expect([200, 202, 400, 403]).toContain(await deliver(bytes))
        }),
        runs(250),
      )
    },
    PATIENCE_MS,
  )

  const good = JSON.stringify({
    ...envelope({ type: 'v2.entry.created', resourceId: 'etr_1' }),
    ...JSON.parse(samples[0]!),
    message: { type: 'v2.entry.created', resourceId: 'etr_1' },
    baseURL: IDENTITY.origins[0],
    appDefinition: { id: IDENTITY.app.id },
  })
  const within = (part: string): string => `${good.slice(0, -1)},${part}}`
  test.each<[string, string | Buffer, number]>([
    ['as it should be', good, 200],
    ['a byte order mark in front', `\ufeff${good}`, 400],
    ['space around', ` \n${good}\r\n\t`, 200],
    ['a zero byte behind', `${good}\0`, 400],
    ['UTF-16', Buffer.from(good, 'utf16le'), 400],
    [
      'invalid UTF-8 in a text',
      Buffer.concat([
        Buffer.from(good.slice(0, -1)),
        Buffer.from(',"x":"'),
        Buffer.from([0xff]),
        Buffer.from('"}'),
      ]),
      400,
    ],
    [
      'an overlong slash',
      Buffer.concat([
        Buffer.from(good.slice(0, -1)),
        Buffer.from(',"x":"'),
        Buffer.from([0xc0, 0xaf]),
        Buffer.from('"}'),
      ]),
      400,
    ],
    ['a half of a pair', within('"x":"\\ud800"'), 200],
    ['lists 100,000 deep', within(`"x":${'['.repeat(100_000)}${']'.repeat(100_000)}`), 200],
    ['objects 100,000 deep', within(`"x":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`), 200],
    ['a message 100,000 deep', within(`"message":${'['.repeat(100_000)}${']'.repeat(100_000)}`), 400],
    ['a number no computer holds', within(`"x":1e${'9'.repeat(400)}`), 200],
    ['a number of a million digits', within(`"x":${'9'.repeat(1_000_000)}`), 200],
    ['a __proto__', within('"__proto__":{"app":null,"message":null,"polluted":1}'), 200],
    ['a constructor', within('"constructor":{"prototype":{"polluted":1}}'), 200],
    ['a second message that is empty', within('"message":{}'), 400],
    ['a second app that is another', within('"appDefinition":{"id":"appdef_other"}'), 403],
    [
      'a hundred thousand updates',
      within(
        `"message":{"type":"v2.entry.updated","resourceId":"etr_1","updates":[${'"x",'.repeat(100_000)}"y"]}`,
      ),
      200,
    ],
    [
      'a hundred thousand fields',
      within(Array.from({ length: 100_000 }, (_, i) => `"f${i}":${i}`).join(',')),
      200,
    ],
  ])('with %s is answered with its own status', async (_name, body, status) => {
    expect(await deliver(body)).toBe(status)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

test(
  'any method, address and header gets a documented answer, and nothing unsigned is stored',
  async () => {
    const header = fc.string({ unit: fc.constantFrom(...'abcdeRv1,=+/; .:0123456789-_"'), maxLength: 30 })
    const url = fc.oneof(
      fc.constantFrom(
        '/',
        '/event',
        '/prod/canvas',
        '/lifecycle/',
        '/health',
        '/x/health/ready',
        '/%zz',
        '//',
        '/event/x',
      ),
      fc
        .array(
          fc.constantFrom(
            '/',
            'event',
            'prod',
            '%2e',
            '..',
            '?',
            '&',
            ';',
            '%',
            '~',
            'health',
            'a'.repeat(200),
          ),
          {
            minLength: 1,
            maxLength: 5,
          },
        )
        .map((parts) => `/${parts.join('')}`),
    )
    const request = fc.record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'),
      url,
      headers: fc.record(
        {
          'content-type': fc.oneof(
            header,
            fc.constantFrom('application/json', 'Application/JSON; charset=x'),
          ),
          'content-encoding': header,
          'webhook-id': header,
          'webhook-timestamp': fc.oneof(header, fc.constant('1790000000')),
          'webhook-signature': header,
          expect: fc.constantFrom('100-continue'),
          'x-http-method-override': fc.constant('DELETE'),
        },
        { requiredKeys: [] },
      ),
      payload: fc.string({ maxLength: 20 }),
    })
    await fc.assert(
      fc.asyncProperty(request, async ({ payload, method, ...rest }) => {
        door.subjects.deliveries.length = 0
        const carries = method !== 'GET' && method !== 'HEAD'
        const answer = await door.door.inject({
          method: method as 'GET',
          ...rest,
          ...(carries ? { payload } : {}),
        })
        expect(door.subjects.deliveries).toHaveLength(0)
        if (method === 'HEAD') expect([200, 404, 405]).toContain(answer.statusCode)
        else if (answer.statusCode === 200) expect(answer.json()).toHaveProperty('status')
        else judge(answer, false)
      }),
      runs(400),
    )
  },
  PATIENCE_MS,
)
