import { once } from 'node:events'
import { request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { BODY_MAX_BYTES, CLOSE_WITHIN_MS, KEEP_ALIVE_MS } from '../../src/webhook/limits.ts'
import { envelope, openDoor } from './door-fixture.ts'

let opened: ReturnType<typeof openDoor> | undefined

const listen = async () => {
  opened = openDoor()
  await opened.door.listen({ host: '127.0.0.1', port: 0 })
  return { ...opened, port: (opened.door.server.address() as AddressInfo).port }
}

afterEach(async () => {
  await opened?.door.close()
})

const padded = (bytes: number) => {
  const start = JSON.stringify(envelope({ type: 'v2.entry.created', resourceId: 'etr_1', pad: '' })).slice(
    0,
    -3,
  )
  return `${start}${'x'.repeat(bytes - start.length - 3)}"}}`
}

const post = async (port: number, headers: Record<string, string>, body: Buffer, chunked = false) => {
  const length = chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(body.length) }
  const sent = request({
    host: '127.0.0.1',
    port,
    method: 'POST',
    path: '/event',
    headers: { ...headers, ...length },
  })
  // the server may answer and hang up while we are still sending
  sent.on('error', () => {})
  sent.end(body)
  const [answer] = await once(sent, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk)
  return { status: answer.statusCode, body: JSON.parse(Buffer.concat(chunks).toString()) }
}

const TOO_LARGE = { status: 413, body: { error: 'The delivery is larger than any Benchling webhook.' } }

test('a signed body of exactly 10 MiB is read', async () => {
  const { port, signer, clock } = await listen()
  const body = Buffer.from(padded(BODY_MAX_BYTES))
  expect(body.length).toBe(BODY_MAX_BYTES)
  expect((await post(port, signer.headers('msg_1', clock.now(), body), body)).status).toBe(200)
})

test('one byte more is refused, declared or not, signed or not', async () => {
  const { port, signer, clock, subjects } = await listen()
  const body = Buffer.from(padded(BODY_MAX_BYTES + 1))
  const headers = signer.headers('msg_1', clock.now(), body)
  expect(await post(port, headers, body)).toEqual(TOO_LARGE)
  expect(await post(port, headers, body, true)).toEqual(TOO_LARGE)
  expect(await post(port, { 'content-type': 'application/json' }, body)).toEqual(TOO_LARGE)
  expect(subjects.calls).toBe(0)
})

test('a body is not read when its headers do not suffice', async () => {
  const { port } = await listen()
  const socket = connect(port, '127.0.0.1')
  socket.write(
    'POST /event HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n',
  )
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toMatch(/^HTTP\/1.1 403 .*missing_headers/s)
  socket.destroy()
})

test('a body that ends early is an answer or a closed connection, never a record', async () => {
  const { port, signer, clock, subjects } = await listen()
  const body = padded(500)
  const headers = Object.entries(signer.headers('msg_1', clock.now(), body)).map(([k, v]) => `${k}: ${v}\r\n`)
  const socket = connect(port, '127.0.0.1')
  socket.end(
    `POST /event HTTP/1.1\r\nhost: x\r\n${headers.join('')}content-length: 500\r\n\r\n${body.slice(0, 200)}`,
  )
  socket.resume()
  await once(socket, 'close')
  expect(subjects.calls).toBe(0)
})

test('connections live longer than the idle time of a load balancer', async () => {
  const { door } = await listen()
  expect(door.server.keepAliveTimeout).toBe(KEEP_ALIVE_MS)
  expect(door.server.headersTimeout).toBeGreaterThan(0)
  expect(door.server.requestTimeout).toBeGreaterThan(0)
})

test('time-outs of slow senders are looked after every second', async () => {
  const { door } = await listen()
  expect(door.server).toMatchObject({ connectionsCheckingInterval: 1_000 })
})

test('on closing, a sender that never ends its delivery is hung up on', async () => {
  const { port, signer, clock, door, subjects } = await listen()
  const headers = Object.entries(signer.headers('msg_1', clock.now(), '')).map(([k, v]) => `${k}: ${v}\r\n`)
  const slow = connect(port, '127.0.0.1')
  slow.write(`POST /event HTTP/1.1\r\nhost: x\r\n${headers.join('')}content-length: 500\r\n\r\n{`)
  await once(door.server, 'request')
  let closed = false
  const closing = door.close().then(() => {
    closed = true
  })
  await clock.advance(CLOSE_WITHIN_MS - 1)
  expect(closed).toBe(false)
  await clock.advance(1)
  await closing
  expect(subjects.calls).toBe(0)
  slow.destroy()
})

test('on closing, the delivery under way is answered, and idle connections do not hold it up', async () => {
  const { port, signer, clock, subjects, door } = await listen()
  const idle = connect(port, '127.0.0.1')
  await once(idle, 'connect')
  let release = () => {}
  const stored = new Promise<void>((resolve) => {
    release = resolve
  })
  const record = subjects.record.bind(subjects)
  subjects.record = async (...args) => {
    await stored
    return record(...args)
  }
  const began = new Promise<void>((resolve) => {
    const { get } = subjects
    subjects.get = async (key) => {
      resolve()
      return get.call(subjects, key)
    }
  })
  const body = Buffer.from(JSON.stringify(envelope({ type: 'v2.canvas.created', canvasId: 'cnvs_1' })))
  const answering = post(port, signer.headers('msg_1', clock.now(), body), body)
  await began
  const closing = door.close()
  release()
  expect((await answering).status).toBe(202)
  await closing
  expect(subjects.deliveries).toHaveLength(1)
  idle.destroy()
})
