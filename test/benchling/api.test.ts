import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { FakeClock } from '../support/clock.ts'
import { anEntry, apiError, client, JumpClock, type Reply, signal, TOKEN, tenant } from './tenant.ts'

const fault = (code: string, more: object = {}) => expect.objectContaining({ code, ...more })

/** A tenant that gives these replies one after another, then entries. */
const replying = (...replies: (Reply | 'cut')[]) =>
  tenant((_, response) => {
    const next = replies.shift() ?? { json: anEntry() }
    if (next !== 'cut') return next
    response.destroy()
    return undefined
  })

describe('the access token', () => {
  it('is asked for with Basic credentials and a form, and sent as Bearer', async () => {
    await using server = await replying()
    await client(server.base).entry('etr_1', signal)
    const [token, call] = server.seen
    expect(token?.headers.authorization).toBe(`Basic ${Buffer.from('client:top-secret').toString('base64')}`)
    expect(token?.headers['content-type']).toBe('application/x-www-form-urlencoded')
    expect(token?.text).toBe('grant_type=client_credentials')
    expect(call?.headers.authorization).toBe(`Bearer ${TOKEN.access_token}`)
    expect(call?.headers['user-agent']).toMatch(/^benchling-webhook\/\d/)
  })

  it('is fetched once for all who ask at the same time', async () => {
    await using server = await replying()
    const benchling = client(server.base)
    await Promise.all(Array.from({ length: 12 }, () => benchling.entry('etr_1', signal)))
    expect(server.calls('/token')).toHaveLength(1)
    expect(server.calls()).toHaveLength(12)
  })

  it('is renewed a minute before it ends', async () => {
    await using server = await replying()
    const clock = new JumpClock()
    const benchling = client(server.base, { clock })
    await benchling.entry('etr_1', signal)
    clock.move(839_000)
    await benchling.entry('etr_1', signal)
    expect(server.calls('/token')).toHaveLength(1)
    clock.move(2_000)
    await benchling.entry('etr_1', signal)
    expect(server.calls('/token')).toHaveLength(2)
  })

  it('is dropped when refused, and the call made once more', async () => {
    await using server = await replying({ status: 401, json: apiError('authentication_error', 'expired') })
    await client(server.base).entry('etr_1', signal)
    expect(server.calls('/token')).toHaveLength(2)
  })

  it('refused a second time is benchling.unauthorized', async () => {
    const refused = { status: 401, json: apiError('authentication_error', 'no') }
    await using server = await replying(refused, refused)
    await expect(client(server.base).entry('etr_1', signal)).rejects.toEqual(
      fault('benchling.unauthorized', { detail: 'no' }),
    )
    expect(server.calls()).toHaveLength(2)
  })

  it('is never used with other credentials than its own', async () => {
    await using server = await replying()
    let clientSecret = 'old'
    const benchling = client(server.base, { credentials: async () => ({ clientId: 'client', clientSecret }) })
    await benchling.entry('etr_1', signal)
    clientSecret = 'new\n'
    await benchling.entry('etr_1', signal)
    const [, second] = server.calls('/token')
    expect(second?.headers.authorization).toBe(`Basic ${Buffer.from('client:new').toString('base64')}`)
  })

  it.each([400, 401])(
    'answered with %i is benchling.unauthorized with the words of Benchling',
    async (status) => {
      await using server = await tenant(
        () => ({ status, json: apiError('invalid_client', 'Unknown client') }),
        {
          token: false,
        },
      )
      await expect(client(server.base).entry('etr_1', signal)).rejects.toEqual(
        fault('benchling.unauthorized', { detail: 'Unknown client' }),
      )
    },
  )

  it('survives a hiccup of the token endpoint', async () => {
    let asked = 0
    await using server = await tenant(
      (seen) => {
        if (seen.path !== '/token') return { json: anEntry() }
        return ++asked === 1 ? { status: 503, text: 'busy' } : { json: TOKEN }
      },
      { token: false },
    )
    await client(server.base).entry('etr_1', signal)
    expect(asked).toBe(2)
  })

  it('one caller who leaves does not take the token from the others', async () => {
    const gate = Promise.withResolvers<void>()
    await using server = await tenant(
      async (seen) => {
        if (seen.path !== '/token') return { json: anEntry() }
        await gate.promise
        return { json: TOKEN }
      },
      { token: false },
    )
    const benchling = client(server.base)
    const leaver = new AbortController()
    const left = benchling.entry('etr_1', leaver.signal)
    const stays = benchling.entry('etr_1', signal)
    leaver.abort()
    await expect(left).rejects.toMatchObject({ name: 'AbortError' })
    gate.resolve()
    expect((await stays).id).toBe('etr_1')
    expect(server.calls('/token')).toHaveLength(1)
  })
})

describe('a call', () => {
  it.each([429, 502, 503, 504])('is made again after %i', async (status) => {
    await using server = await replying({ status, json: apiError('x', 'x') }, { status, text: '<html>' })
    const clock = new JumpClock()
    expect((await client(server.base, { clock }).entry('etr_1', signal)).id).toBe('etr_1')
    expect(clock.slept.filter((ms) => ms < 20_000)).toEqual([2000, 4000])
  })

  it('is made again after a broken connection', async () => {
    await using server = await replying('cut', 'cut')
    expect((await client(server.base).entry('etr_1', signal)).id).toBe('etr_1')
    expect(server.calls()).toHaveLength(3)
  })

  it('is made again when the answer breaks off', async () => {
    let asked = 0
    await using server = await tenant((_, response) => {
      if (++asked > 1) return { json: anEntry() }
      response.writeHead(200, { 'content-length': '5000' })
      response.write('{"entry":')
      setImmediate(() => response.destroy())
      return undefined
    })
    expect((await client(server.base).entry('etr_1', signal)).id).toBe('etr_1')
  })

  it('is not made again after 500 or 400', async () => {
    await using server = await replying(
      { status: 500, text: 'oops' },
      { status: 400, json: apiError('x', 'bad') },
    )
    const benchling = client(server.base)
    await expect(benchling.entry('etr_1', signal)).rejects.toEqual(fault('benchling.unavailable'))
    await expect(benchling.entry('etr_1', signal)).rejects.toEqual(
      fault('benchling.rejected', { detail: 'bad' }),
    )
    expect(server.calls()).toHaveLength(2)
  })

  it('ends after five attempts with the fault of the last', async () => {
    await using server = await tenant(() => ({ status: 429, json: apiError('x', 'Rate limit exceeded.') }))
    const clock = new JumpClock()
    await expect(client(server.base, { clock }).entry('etr_1', signal)).rejects.toEqual(
      fault('benchling.rate_limited', { detail: 'Rate limit exceeded.' }),
    )
    expect(server.calls()).toHaveLength(5)
    expect(clock.slept.filter((ms) => ms <= 15_000)).toEqual([2000, 4000, 8000, 15_000])
  })

  it('waits until the window is over when the headers say it is used up', async () => {
    const headers = { 'x-rate-limit-limit': '300', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': '17' }
    await using server = await replying({ status: 429, headers, json: apiError('x', 'x') })
    const clock = new JumpClock()
    const start = clock.now()
    await client(server.base, { clock }).entry('etr_1', signal)
    expect(clock.now() - start).toBeGreaterThanOrEqual(17_000)
    expect(clock.now() - start).toBeLessThan(20_000)
  })

  it('to nobody is benchling.unavailable', async () => {
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address() as AddressInfo
    closed.close()
    await once(closed, 'close')
    await expect(client(`http://127.0.0.1:${port}`).entry('etr_1', signal)).rejects.toEqual(
      fault('benchling.unavailable', {
        facts: expect.objectContaining({ reason: 'ECONNREFUSED', maybeDone: false }),
      }),
    )
  })

  it('without an answer is benchling.timeout after five attempts', async () => {
    await using server = await tenant(() => undefined)
    const clock = new FakeClock()
    const call = client(server.base, { clock, limits: { headersTimeoutMs: 60_000 } }).entry('etr_1', signal)
    const refused = expect(call).rejects.toEqual(
      fault('benchling.timeout', { facts: expect.objectContaining({ reason: 'headers' }) }),
    )
    for (let attempt = 1; attempt <= 5; attempt++) {
      while (server.calls().length < attempt) await new Promise(setImmediate)
      await clock.advance(60_000)
      while (clock.sleeping === 0 && attempt < 5) await new Promise(setImmediate)
      await clock.advance(15_000)
    }
    await refused
    expect(server.calls()).toHaveLength(5)
  })

  it('whose answer stalls is benchling.timeout, even when the head took long', async () => {
    await using server = await tenant((_, response) => {
      response.writeHead(200).write('{')
      return undefined
    })
    const clock = new FakeClock()
    const create = client(server.base, {
      clock,
      limits: { headersTimeoutMs: 60_000, bodyStallTimeoutMs: 1000 },
    }).createSession({ appId: 'app_1', name: 'Name', timeoutSeconds: 1 }, signal)
    const refused = expect(create).rejects.toEqual(
      fault('benchling.timeout', { facts: expect.objectContaining({ reason: 'body', maybeDone: true }) }),
    )
    let over = false
    void create
      .catch(() => {})
      .then(() => {
        over = true
      })
    for (let seconds = 0; seconds < 2000 && !over; seconds++) {
      if (server.calls().length > 0) await clock.advance(20)
      else await new Promise(setImmediate)
    }
    await refused
    expect(server.calls()).toHaveLength(1)
  })

  it('stops at once when its signal aborts, also while it waits', async () => {
    await using server = await tenant(() => ({ status: 503, text: '' }))
    const clock = new FakeClock()
    const leaver = new AbortController()
    const call = client(server.base, { clock }).entry('etr_1', leaver.signal)
    const refused = expect(call).rejects.toThrow('drained')
    while (clock.sleeping === 0 || server.calls().length === 0) await new Promise(setImmediate)
    leaver.abort(new Error('drained'))
    await refused
  })

  it('with an answer over the cap is benchling.unexpected_answer', async () => {
    await using server = await replying({ json: anEntry({ name: 'x'.repeat(5000) }) })
    await expect(
      client(server.base, { limits: { maxAnswerBytes: 4096 } }).entry('etr_1', signal),
    ).rejects.toEqual(fault('benchling.unexpected_answer'))
  })
})

describe('creating something', () => {
  const session = { appId: 'app_1', name: 'Export', timeoutSeconds: 60 }

  it('is not tried again once the request was sent', async () => {
    await using server = await replying('cut')
    await expect(client(server.base).createSession(session, signal)).rejects.toEqual(
      fault('benchling.unavailable', { facts: expect.objectContaining({ maybeDone: true }) }),
    )
    expect(server.calls()).toHaveLength(1)
  })

  it('is not tried again after 503, but after 429', async () => {
    const created = { status: 201, json: { id: 'sesn_1' } }
    await using server = await replying({ status: 429, json: apiError('x', 'x') }, created, {
      status: 503,
      text: '',
    })
    const benchling = client(server.base)
    expect(await benchling.createSession(session, signal)).toEqual({ id: 'sesn_1' })
    await expect(benchling.createSession(session, signal)).rejects.toEqual(fault('benchling.unavailable'))
    expect(server.calls()).toHaveLength(3)
  })

  it('an export may be asked for twice', async () => {
    await using server = await replying('cut', { status: 202, json: { taskId: 'task' } })
    expect(await client(server.base).startExport('etr_1', signal)).toBe('task')
  })
})

describe('an answer', () => {
  it.each([
    [403, 'benchling.forbidden'],
    [404, 'benchling.not_found'],
    [409, 'benchling.rejected'],
    [500, 'benchling.unavailable'],
  ])('with status %i is %s, with the message for users', async (status, code) => {
    await using server = await replying({ status, json: apiError('t', 'for machines', 'For people.') })
    await expect(client(server.base).entry('etr_1', signal)).rejects.toEqual(
      fault(code, { detail: 'For people.' }),
    )
  })

  it.each<Reply>([
    { text: '<!DOCTYPE html><html>Log in</html>' },
    { text: 'hello', headers: { 'content-type': 'text/html; charset=utf-8' } },
    { status: 404, text: '\n <html>' },
    { status: 302, text: '', headers: { location: 'https://acme.benchling.com/signin' } },
  ])('that is a web page or leads away is benchling.wrong_tenant', async (reply) => {
    await using server = await replying(reply)
    await expect(client(server.base).entry('etr_1', signal)).rejects.toEqual(fault('benchling.wrong_tenant'))
  })

  it('that is no JSON is benchling.unexpected_answer', async () => {
    await using server = await replying({ text: 'fine' })
    await expect(client(server.base).entry('etr_1', signal)).rejects.toEqual(
      fault('benchling.unexpected_answer'),
    )
  })

  it('that lacks something names it by its path', async () => {
    await using server = await replying({ json: anEntry({ days: [{ notes: [{ text: 'no type' }] }] }) })
    await expect(client(server.base).entry('etr_1', signal)).rejects.toEqual(
      fault('benchling.unexpected_answer', {
        facts: expect.objectContaining({ path: 'entry.days.0.notes.0.type' }),
      }),
    )
  })

  it('nested beyond reason is benchling.unexpected_answer, not a crash', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    await using server = await replying({ text: `{"entry":{"id":"etr_1","customFields":${deep}}}` })
    await expect(client(server.base).entry('etr_1', signal)).rejects.toEqual(
      fault('benchling.unexpected_answer'),
    )
  })
})

describe('secrets', () => {
  it('never stand in a log line or in a fault', async () => {
    const lines: string[] = []
    const link = 'https://b.s3.amazonaws.com/x?X-Amz-Signature=feedbeef'
    await using server = await replying(
      { status: 503, text: link },
      { status: 400, json: apiError('x', `See ${link} with Bearer eyJhbGciOi.abc.def`) },
    )
    const benchling = client(server.base, {}, lines)
    const thrown = await benchling.entry('etr_1', signal).catch((e: unknown) => e)
    const { inspect } = await import('node:util')
    const everything = [
      ...lines,
      inspect(thrown, { depth: 9, showHidden: true }),
      inspect(benchling, { depth: 9 }),
    ].join('\n')
    expect(lines.length).toBeGreaterThan(1)
    for (const secret of ['feedbeef', 'top-secret', TOKEN.access_token, 'eyJhbGciOi'])
      expect(everything).not.toContain(secret)
    expect(everything).toContain('https://b.s3.amazonaws.com/x')
  })

  it.each([
    'ftp://acme',
    'acme.benchling.com',
    'https://user:pass@acme.benchling.com',
    'https://acme.benchling.com/?a=b',
  ])('the tenant address %s is refused', (base) => {
    expect(() => client(base)).toThrow(/config\.invalid/)
  })

  it('an id cannot leave its place in the path', async () => {
    await using server = await replying()
    const benchling = client(server.base)
    await benchling.entry('../apps?x#y', signal)
    expect(server.calls()[0]?.path).toBe('/entries/..%2Fapps%3Fx%23y')
    await expect(benchling.entry('..', signal)).rejects.toEqual(fault('benchling.not_found'))
    await expect(benchling.entry('', signal)).rejects.toEqual(fault('benchling.not_found'))
  })
})

describe('closing', () => {
  it('ends what is under way', async () => {
    await using server = await tenant(() => undefined)
    const benchling = client(server.base)
    const call = benchling.entry('etr_1', signal)
    const refused = expect(call).rejects.toMatchObject({ name: 'AbortError' })
    while (server.calls().length === 0) await new Promise(setImmediate)
    await benchling.close()
    await refused
  })
})
