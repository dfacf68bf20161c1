import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { VERSION } from '../../src/base/version.ts'
import { envelope, openDoor } from './door-fixture.ts'

const sample = (name: string) =>
  readFileSync(join(import.meta.dirname, `../fixtures/benchling/envelopes/${name}.json`), 'utf8')

const ENTRY = {
  entry_id: 'etr_Hq3TzW8b',
  status: 'ACCEPTED',
  message: 'Workflow started successfully',
  orchestration: 'typescript',
}
const accepted = (message: string) => ({ status: 'ACCEPTED', message })

const ANSWERS: [string, number, object][] = [
  ['v2.entry.created', 200, ENTRY],
  ['v2.entry.updated.fields', 200, ENTRY],
  ['v2.entry.updated.reviewRecord', 200, ENTRY],
  ['v3.entry.created', 200, ENTRY],
  ['v2.canvas.created', 202, accepted('Canvas update initiated')],
  ['v2-beta.canvas.created', 202, accepted('Canvas update initiated')],
  ['v2.canvas.initialized', 202, accepted('Canvas update initiated')],
  ['v2.canvas.userInteracted.update', 202, accepted('Package update started!')],
  ['v2.canvas.userInteracted.old-update', 202, accepted('Package update started!')],
  ['v2.canvas.userInteracted.old-browse', 202, accepted('Loading files...')],
  ['v2.canvas.userInteracted.unknown', 202, accepted('Canvas update initiated')],
  ['v2.app.installed', 200, { status: 'success', message: 'App installed successfully' }],
  ['v2.app.activateRequested', 200, { status: 'activated', message: 'App activated successfully' }],
  ['v2.app.deactivated', 200, { status: 'success', message: 'App deactivated successfully' }],
  [
    'v2-beta.app.configuration.updated',
    200,
    { status: 'success', message: 'Configuration updated successfully' },
  ],
  [
    'v2.assayRun.created',
    200,
    { status: 'ignored', message: 'Event type v2.assayRun.created not processed' },
  ],
  ['v9.unheard.of', 200, { status: 'ignored', message: 'Event type v9.unheard.of not processed' }],
]

describe('every message type has its answer, on whatever path it comes', () => {
  test.each(ANSWERS)('%s: %i', async (name, status, body) => {
    const { deliver, subjects } = openDoor()
    for (const url of [
      '/',
      '/event',
      '/lifecycle',
      '/canvas',
      '/prod',
      '/prod/',
      '/custom-stage/event',
      '/v2/canvas/',
    ]) {
      const answer = await deliver(sample(name), { url })
      expect({ url, status: answer.statusCode, body: answer.json() }).toEqual({ url, status, body })
    }
    expect(subjects.deliveries).toHaveLength(8)
  })
})

test.each([
  ['next-page-etr_1-p2-s15', { status: 'ACCEPTED', message: 'Loading page 3...' }],
  ['prev-page-linked-etr_1-pkg-a--b-p0-s15', { status: 'ACCEPTED', message: 'Loading page 1...' }],
  ['browse-linked-etr_1-pkg-a--b-p0-s15', { status: 'processing' }],
  ['view-metadata-linked-etr_1-pkg-a--b-p0-s15', { status: 'ACCEPTED', message: 'Loading metadata...' }],
  ['back-to-package-etr_1', { status: 'ACCEPTED', message: 'Returning to package view...' }],
])('the old button %s is answered as before', async (buttonId, body) => {
  const { deliver } = openDoor()
  const click = envelope({ type: 'v2.canvas.userInteracted', canvasId: 'cnvs_1', buttonId })
  const answer = await deliver(click, { url: '/canvas' })
  expect([answer.statusCode, answer.json()]).toEqual([202, body])
})

test.each(['v3.app.renamed', 'v2.app.constructor', 'v2.app.__proto__', 'v2.app.toString'])(
  'the app message %s, which nobody has heard of yet, is acknowledged',
  async (type) => {
    const answer = await openDoor().deliver(envelope({ type }))
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      { status: 'ignored', message: `Unknown event type: ${type}` },
    ])
  },
)

test('the delivery and what it asks for are recorded before the answer, and the bell rings for each key after it', async () => {
  const { deliver, subjects, rings, clock } = openDoor()
  await deliver(sample('v2.canvas.created'), { id: 'msg_a' })
  expect(subjects.deliveries).toMatchObject([
    { id: 'msg_a', receivedAt: clock.now(), type: 'v2.canvas.created', outcome: 'accepted' },
  ])
  expect([...subjects.subjects.keys()]).toEqual(['canvas:cnvs_W2eRt7Yu', 'entry:etr_Hq3TzW8b'])
  expect(subjects.watched).toEqual(['canvas:cnvs_W2eRt7Yu > entry:etr_Hq3TzW8b'])
  await new Promise((resolve) => setImmediate(resolve))
  expect(rings).toEqual(['canvas:cnvs_W2eRt7Yu msg_a', 'entry:etr_Hq3TzW8b msg_a'])
})

test('who pressed and when it happened go with the work', async () => {
  const { deliver, subjects, clock } = openDoor()
  await deliver(sample('v2.entry.created'), { id: 'msg_a' })
  await deliver(sample('v2.canvas.userInteracted.update'), { id: 'msg_b' })
  expect(subjects.subjects.get('entry:etr_Hq3TzW8b')?.causes).toEqual([
    { delivery: 'msg_a', type: 'v2.entry.created', at: Date.parse('2026-05-04T09:15:42.118Z'), by: null },
  ])
  expect(subjects.subjects.get('canvas:cnvs_W2eRt7Yu')?.causes).toEqual([
    { delivery: 'msg_b', type: 'v2.canvas.userInteracted', at: clock.now(), by: 'ent_Zx81QwEr' },
  ])
})

test('a webhook-id seen before is acknowledged alike and not done twice', async () => {
  const { deliver, subjects, rings, clock } = openDoor()
  const first = await deliver(sample('v2.entry.created'), { id: 'msg_same' })
  await clock.advance(60_000)
  const resent = await deliver(sample('v2.entry.created'), { id: 'msg_same' })
  await new Promise((resolve) => setImmediate(resolve))
  expect([resent.statusCode, resent.json()]).toEqual([first.statusCode, first.json()])
  expect(subjects.subjects.get('entry:etr_Hq3TzW8b')?.wanted).toBe(1)
  expect(rings).toHaveLength(1)
})

test('a bell that fails is only logged: the sweep finds the work', async () => {
  const { deliver, bell, lines } = openDoor()
  bell.ring = async () => {
    throw new Error('queue away')
  }
  const answer = await deliver(sample('v2.entry.created'), { id: 'msg_a' })
  expect(answer.statusCode).toBe(200)
  await new Promise((resolve) => setImmediate(resolve))
  expect(lines.filter((line) => line.includes('the bell did not ring'))).toHaveLength(1)
})

test.each([
  ['GET', '/nothing'],
  ['POST', '/event/more/x'],
  ['POST', '/a.b'],
  ['POST', '/prod/unknown'],
  ['GET', '/'],
  ['GET', '/config'],
  ['PUT', '/prod/unknown'],
  ['GET', '/%zz'],
  ['POST', `/${'a'.repeat(200)}/event`],
] as const)('%s %s is not there', async (method, url) => {
  const answer = await openDoor().door.inject({ method, url })
  expect([answer.statusCode, answer.json()]).toEqual([404, { error: 'Endpoint not found' }])
})

test.each([
  ['GET', '/event', 'POST'],
  ['DELETE', '/prod/canvas', 'POST'],
  ['POST', '/health', 'GET'],
  ['POST', '/prod/health/ready', 'GET'],
] as const)('%s %s is the wrong method', async (method, url, allow) => {
  const answer = await openDoor().door.inject({ method, url })
  expect([answer.statusCode, answer.headers.allow, answer.json()]).toEqual([
    405,
    allow,
    { error: 'Method Not Allowed' },
  ])
})

test('every answer says which version gave it, so that a probe knows it reached us', async () => {
  const { door } = openDoor()
  for (const url of ['/health', '/nothing', '/%zz', '/event']) {
    const answer = await door.inject({ method: url === '/event' ? 'POST' : 'GET', url })
    expect(answer.headers['x-benchling-webhook-version']).toBe(VERSION)
  }
})
