import { expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { createSigner } from '../support/signer.ts'
import { envelope, openDoor } from './door-fixture.ts'

const CANARY = 'canary-7f3a91'

test('no log line holds a header, a signature or anything of a body, whatever goes wrong', async () => {
  const { deliver, post, signer, clock, subjects, bell, lines } = openDoor()
  const message = { type: 'v2.entry.created', resourceId: 'etr_1', note: CANARY }
  const body = JSON.stringify(envelope(message, { clientSecret: CANARY }))
  const signed = signer.headers('msg_1', clock.now(), body)
  const posted: Record<string, string>[] = [signed]
  const send = async (text: string, headers: Record<string, string>) => {
    posted.push(headers)
    return (await post(`/${CANARY}/event?${CANARY}`, text, headers)).statusCode
  }
  expect(await send(body, signed)).toBe(200)
  expect(await send(body, createSigner().headers(CANARY, clock.now(), body))).toBe(403)
  expect(await send(body, { ...signed, 'webhook-timestamp': CANARY })).toBe(403)
  expect(await send(body, { 'content-type': 'application/json', authorization: CANARY })).toBe(403)
  expect(await send(body, { 'content-type': CANARY })).toBe(415)
  expect(await send(`{"${CANARY}`, signer.headers('msg_2', clock.now(), `{"${CANARY}`))).toBe(400)
  const foreign = JSON.stringify(envelope(message, { baseURL: `https://${CANARY}.benchling.com` }))
  expect(await send(foreign, signer.headers('msg_3', clock.now(), foreign))).toBe(403)
  subjects.failures = [
    async () => {
      throw new Fault('internal', {}, { cause: new Error(CANARY) })
    },
  ]
  bell.ring = async () => {
    throw new Error(CANARY)
  }
  const answering = deliver(JSON.parse(body), { id: 'msg_4' })
  while (subjects.deliveries.length < 2) await clock.advance(50)
  expect((await answering).statusCode).toBe(200)
  await new Promise((resolve) => setImmediate(resolve))

  const log = lines.join('')
  expect(lines.length).toBeGreaterThanOrEqual(9)
  expect(log).not.toContain(CANARY)
  for (const headers of posted) {
    const signature = headers['webhook-signature']?.split(',')[1]
    if (signature) expect(log).not.toContain(signature)
  }
})
