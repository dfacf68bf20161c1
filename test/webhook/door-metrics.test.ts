import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { Figures } from '../../src/base/metrics-figures.ts'
import { createKeys } from '../../src/webhook/jwks.ts'
import { JWKS_FORCE_EVERY_MS, JWKS_PAUSE_MS } from '../../src/webhook/limits.ts'
import { FakeClock } from '../support/clock.ts'
import { figureOf } from '../support/figures.ts'
import { createSigner } from '../support/signer.ts'
import { envelope, openDoor } from './door-fixture.ts'

const opened = () => {
  const figures = new Figures()
  return { figures, ...openDoor({ metrics: figures }) }
}

describe('deliveries', () => {
  test('are counted by what they are about and what became of them', async () => {
    const { figures, deliver } = opened()
    const messages = [
      { type: 'v2.entry.updated.fields', resourceId: 'etr_1' },
      { type: 'v2.canvas.created', canvasId: 'cnvs_1', resourceId: 'etr_1' },
      { type: 'v2.canvas.initialized', featureId: 'f', resourceId: 'r' },
      { type: 'v2.canvas.userInteracted', canvasId: 'cnvs_1', buttonId: 'nobody-knows' },
      { type: 'v2.app.installed' },
      { type: 'v2.request.created' },
    ]
    for (const message of messages) expect((await deliver(envelope(message))).statusCode).toBeLessThan(300)
    const counted = figures.totals().filter(({ name }) => name === 'deliveries')
    expect(counted.map(({ dimensions }) => Object.values(dimensions).join(' '))).toEqual([
      'entry accepted',
      'canvas accepted',
      'place accepted',
      'click ignored',
      'lifecycle noted',
      'other ignored',
    ])
    expect(counted.every((total) => 'value' in total && total.value === 1)).toBe(true)
    expect(figures.totals().filter(({ name }) => name === 'deliveries_refused')).toEqual([])
  })

  test('that come again are counted as such', async () => {
    const { figures, deliver } = opened()
    const body = envelope({ type: 'v2.entry.created', resourceId: 'etr_1' })
    for (let times = 0; times < 3; times++) await deliver(body, { id: 'msg_same' })
    const entry = (outcome: string) => figureOf(figures, 'deliveries', { kind: 'entry', outcome })
    expect([entry('accepted'), entry('repeated')]).toEqual([1, 2])
  })

  test('that are not taken are counted by the reason, wherever it is found', async () => {
    const { figures, deliver, post, subjects } = opened()
    const body = envelope({ type: 'v2.entry.created', resourceId: 'etr_1' })
    await deliver(body, { by: createSigner() })
    await deliver(body, { by: createSigner() })
    await post('/event', '{}', { 'content-type': 'text/plain' })
    await post('/event', '{}', { 'content-type': 'application/json' })
    await deliver('[]')
    subjects.failures = [
      async () => {
        // not one that is tried again
        throw new Fault('jobs.unknown_run')
      },
    ]
    await deliver(body)
    const refused = (code: string) => figureOf(figures, 'deliveries_refused', { code: `webhook.${code}` })
    expect(refused('invalid_signature')).toBe(2)
    expect(refused('wrong_content_type')).toBe(1)
    expect(refused('missing_headers')).toBe(1)
    expect(refused('not_json')).toBe(1)
    expect(refused('not_stored')).toBe(1)
    expect(figures.totals().filter(({ name }) => name === 'deliveries')).toEqual([])
  })
})

describe('the keys', () => {
  const open = () => {
    const { jwk } = createSigner()
    const clock = new FakeClock()
    const figures = new Figures()
    const { log } = openDoor()
    let down = false
    const fetch = async () => (down ? new Response('', { status: 503 }) : Response.json({ keys: [jwk] }))
    const keys = createKeys({ url: 'https://keys.test', clock, log, fetch, metrics: figures })
    const fetches = (outcome: string) => figureOf(figures, 'jwks_fetches', { outcome })
    return {
      keys,
      clock,
      figures,
      fetches,
      setDown: (is: boolean) => {
        down = is
      },
    }
  }

  test('have an age from their fetch on; before it there is none', async () => {
    const { keys, clock, figures, fetches } = open()
    expect([keys.ageMs, figureOf(figures, 'jwks_age_seconds')]).toEqual([undefined, undefined])
    await keys.current()
    expect([keys.ageMs, figureOf(figures, 'jwks_age_seconds')]).toEqual([0, 0])
    await clock.advance(90_000)
    expect([keys.ageMs, figureOf(figures, 'jwks_age_seconds')]).toEqual([90_000, 90])
    await keys.renewed()
    expect(figureOf(figures, 'jwks_age_seconds')).toBe(0)
    expect(fetches('fetched')).toBe(2)
  })

  test('that are fetched because none fits are counted, not those that were asked for in vain', async () => {
    const { keys, clock, figures } = open()
    await keys.current()
    for (let times = 0; times < 5; times++) await keys.renewed()
    expect(figureOf(figures, 'jwks_forced_renewals')).toBe(1)
    await clock.advance(JWKS_FORCE_EVERY_MS)
    await keys.renewed()
    expect(figureOf(figures, 'jwks_forced_renewals')).toBe(2)
  })

  test('that cannot be fetched are a failure each time they are asked for, not while nobody tries', async () => {
    const { keys, clock, fetches, setDown } = open()
    setDown(true)
    for (let times = 0; times < 3; times++) await keys.current().catch(() => {})
    expect([fetches('failed'), fetches('fetched')]).toEqual([1, undefined])
    setDown(false)
    await clock.advance(JWKS_PAUSE_MS)
    await keys.current()
    expect([fetches('failed'), fetches('fetched')]).toEqual([1, 1])
  })
})
