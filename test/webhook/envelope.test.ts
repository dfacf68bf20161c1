import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { readEnvelope } from '../../src/webhook/envelope.ts'
import { readRequest } from '../../src/webhook/request.ts'

const OWN = join(import.meta.dirname, '../fixtures/benchling/envelopes')
const SHARED = join(import.meta.dirname, '../../../shared/vectors/benchling/webhooks')

const samples = (folder: string) =>
  readdirSync(folder).map((file) => ({ file, body: readFileSync(join(folder, file)) }))

describe('our samples, one for each message type', () => {
  test.each(samples(OWN))('$file', ({ file, body }) => {
    const { message } = readEnvelope(body)
    expect(file.startsWith(message.type)).toBe(true)
    expect(readRequest(message).kind).toMatch(/^(entry|canvas|place|click|lifecycle|other)$/)
  })
})

describe.runIf(existsSync(SHARED))('captured and published samples', () => {
  test('are all there', () => {
    expect(readdirSync(SHARED)).toHaveLength(22)
  })
  test.each(existsSync(SHARED) ? samples(SHARED) : [])('$file', ({ file, body }) => {
    const { message } = readEnvelope(body)
    const { kind } = readRequest(message)
    if (/entry/.test(file)) expect(kind).toBe('entry')
    else if (/canvas-created/.test(file)) expect(kind).toBe('canvas')
    else if (/initialize/.test(file)) expect(kind).toBe('place')
    else if (/interaction/.test(file)) expect(kind).toBe('click')
    else if (/run_created|registered/.test(file)) expect(kind).toBe('other')
    else expect(kind).toBe('lifecycle')
  })
})

const faultOf = (body: Buffer): Fault => {
  try {
    readEnvelope(body)
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown
    throw thrown
  }
  throw new Error('was accepted')
}

test.each([
  ['nothing', '', 'webhook.not_json', 'No JSON payload'],
  ['half a document', '{"message":', 'webhook.not_json', 'No JSON payload'],
  ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'webhook.not_json', 'No JSON payload'],
  ['a list', '[]', 'webhook.not_json', 'Invalid JSON payload'],
  ['null', 'null', 'webhook.not_json', 'Invalid JSON payload'],
  ['an empty object', '{}', 'webhook.invalid_envelope', 'baseURL, app, message'],
  [
    'a message without type',
    '{"baseURL":"x","app":{"id":"a"},"message":{}}',
    'webhook.invalid_envelope',
    'message.type',
  ],
])('%s is refused by name', (_name, body, code, detail) => {
  const fault = faultOf(Buffer.from(body as string))
  expect(fault.code).toBe(code)
  expect(fault.detail).toContain(detail)
})

test('fields that have become something else are done without', () => {
  const { message } = readEnvelope(readFileSync(join(OWN, 'v9.unheard.of.json')))
  expect(message.resourceId).toBeUndefined()
  expect(message.updates).toBeUndefined()
  expect(readRequest(message)).toEqual({ kind: 'other' })
})

test('an entry event that names no entry says so', () => {
  expect(() => readRequest({ type: 'v2.entry.created' })).toThrow(/entry_id/)
})

test.each(['../../secrets', 'etr_1/../2', 'a b', 'x'.repeat(129), '..'])(
  'the resource id %j never becomes part of a key or a path',
  (resourceId) => {
    expect(() => readRequest({ type: 'v2.entry.created', resourceId })).toThrow(/entry_id/)
    expect(readRequest({ type: 'v2.canvas.initialized', featureId: 'f', resourceId })).toEqual({
      kind: 'other',
    })
    expect(readRequest({ type: 'v2.canvas.created', canvasId: resourceId })).toEqual({ kind: 'other' })
  },
)

test('any JSON either is an envelope or is refused with a fault of the catalogue', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(faultOf(Buffer.from(json)).entry.http).toBe(400)
    }),
    { numRuns: 300 },
  )
})
