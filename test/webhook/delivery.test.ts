import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DELIVERY_MAX_BYTES } from '../../src/jobs/ports.ts'
import { toDelivery } from '../../src/webhook/delivery.ts'
import { readEnvelope } from '../../src/webhook/envelope.ts'
import { anyPoint } from '../support/any-point.ts'
import { envelope } from './door-fixture.ts'

const about = { id: 'msg_1', receivedAt: 1_790_000_000_000, outcome: 'accepted' as const }
const keep = (message: Record<string, unknown>, more = {}, id = about.id) =>
  toDelivery(readEnvelope(Buffer.from(JSON.stringify(envelope(message, more)))), { ...about, id })

test('a delivery keeps the facts that later work needs, under their own names', () => {
  const kept = keep({
    type: 'v2.entry.updated.fields',
    id: 'evt_1',
    createdAt: '2026-05-04T09:15:42.118309+00:00',
    resourceId: 'etr_1',
    schema: { id: 'ts_1' },
    updates: ['fields.Cell Line'],
  })
  expect(kept).toEqual({
    ...about,
    type: 'v2.entry.updated.fields',
    facts: {
      eventId: 'evt_1',
      createdAt: '2026-05-04T09:15:42.118309+00:00',
      resourceId: 'etr_1',
      schemaId: 'ts_1',
      updates: ['fields.Cell Line'],
      appId: 'app_J5vT0hQe2LwZr8Nc',
      appDefinitionId: 'appdef_T7mPq2LxWz',
      appVersion: '1.0.0',
      tenantId: 'ten_k3wq0sx1aa',
    },
  })
})

test('fields we do not know are not kept: an old lifecycle message carried a client secret', () => {
  const kept = keep(
    { type: 'v0-beta.lifecycle.activateRequested', clientSecret: 'cs_old' },
    { extra: 'more' },
  )
  expect(JSON.stringify(kept)).not.toMatch(/cs_old|more/)
})

test('a long list of updates is cut to what fits, and says how much is left out', () => {
  const updates = Array.from({ length: 5000 }, (_, i) => `fields.Column ${i} äöü`)
  const { facts } = keep({ type: 'v2.entry.updated.fields', resourceId: 'etr_1', updates })
  const kept = facts.updates as string[]
  expect(kept.length).toBeGreaterThan(50)
  expect(facts.updatesLeftOut).toBe(5000 - kept.length)
})

test('no delivery is larger than the record allows, whatever it says', () => {
  const nasty = fc.oneof(
    fc.string({ unit: anyPoint, maxLength: 400 }),
    fc.constantFrom('"'.repeat(4000), '\u0000'.repeat(900), '😀'.repeat(900), '\ud800'.repeat(900)),
  )
  const names = ['type', 'id', 'createdAt', 'resourceId', 'canvasId', 'featureId', 'buttonId', 'userId']
  const message = fc
    .tuple(
      fc.record(Object.fromEntries(names.map((name) => [name, nasty]))),
      fc.array(nasty, { maxLength: 60 }),
    )
    .map(([fields, updates]) => ({ ...fields, updates }))
  fc.assert(
    fc.property(message, nasty, (fields, text) => {
      const more = {
        tenantId: text,
        channel: text,
        app: { id: text },
        appDefinition: { id: text, versionNumber: text },
      }
      const kept = keep(fields, more, 'x'.repeat(255))
      expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThanOrEqual(DELIVERY_MAX_BYTES)
    }),
    { numRuns: 80 },
  )
})
