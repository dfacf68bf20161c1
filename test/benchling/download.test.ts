import type { IncomingMessage, ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { usedUp } from '../../src/base/single-use.ts'
import { SignedDownload } from '../../src/benchling/download.ts'
import { DownloadClient } from '../../src/benchling/download-client.ts'
import type { DownloadRules } from '../../src/benchling/download-rules.ts'
import { FakeClock } from '../support/clock.ts'
import { type FileHost, fileHost, read } from './files.ts'
import { JumpClock, signal } from './tenant.ts'

const SECRET = 'X-Amz-Signature=5ec3e7'
const CONTENT = Buffer.from(Array.from({ length: 1000 }, (_, n) => n % 251))
const fault = (code: string, more: object = {}) => expect.objectContaining({ code, ...more })
const noFresh = () => Promise.reject(new Error('must not be asked'))

const clientOf = (rules: Partial<DownloadRules>, clock = new JumpClock() as JumpClock | FakeClock) =>
  new DownloadClient(
    { hosts: [], allowOrigins: [], ...rules },
    clock,
    clock instanceof FakeClock
      ? { headersTimeoutMs: 30_000, stallTimeoutMs: 5_000 }
      : { headersTimeoutMs: 1e12, stallTimeoutMs: 1e12 },
    () => 0,
  )
const downloadOf = (host: FileHost, renew: (s: AbortSignal) => Promise<string> = noFresh, path = 'file') =>
  new SignedDownload(clientOf({ allowOrigins: [host.base] }), `${host.base}/${path}?${SECRET}`, renew)

const always = (answer: (request: IncomingMessage, response: ServerResponse) => void) =>
  fileHost(CONTENT, (request, response) => {
    answer(request, response)
    return true
  })

describe('reading a file', () => {
  it('gives exactly the bytes of a range, by GET, without credentials', async () => {
    await using host = await fileHost(CONTENT)
    const answer = await downloadOf(host).get({ start: 10, end: 19 }, signal)
    expect({ ...answer, body: null, cancel: null }).toEqual({
      start: 10,
      total: 1000,
      partial: true,
      etag: '"v1"',
      body: null,
      cancel: null,
    })
    expect(await read(answer.body)).toEqual(CONTENT.subarray(10, 20))
    expect(host.seen[0]).toMatchObject({ method: 'GET', headers: { range: 'bytes=10-19' } })
    expect(host.seen[0]?.headers).not.toHaveProperty('authorization')
  })

  it('gives the last bytes, and all where there are fewer', async () => {
    await using host = await fileHost(CONTENT)
    const tail = await downloadOf(host).get({ last: 5 }, signal)
    expect([tail.start, await read(tail.body)]).toEqual([995, CONTENT.subarray(995)])
    const all = await downloadOf(host).get({ last: 5000 }, signal)
    expect([all.start, await read(all.body)]).toEqual([0, CONTENT])
  })

  it('gives the whole file', async () => {
    await using host = await fileHost(CONTENT)
    const answer = await downloadOf(host).get(null, signal)
    expect([answer.partial, answer.total, await read(answer.body)]).toEqual([false, 1000, CONTENT])
    expect(host.seen[0]?.headers).not.toHaveProperty('range')
  })

  it('says so when the server ignores ranges', async () => {
    await using host = await always((_, response) => response.end(CONTENT))
    const answer = await downloadOf(host).get({ last: 10 }, signal)
    expect([answer.partial, answer.start, await read(answer.body)]).toEqual([false, 0, CONTENT])
  })

  it('gives pieces whose memory can be given back, which large exports need', async () => {
    await using host = await fileHost(Buffer.alloc(4 << 20, 'a'))
    const { body } = await downloadOf(host).get(null, signal)
    const pieces: { piece: Uint8Array; length: number }[] = []
    for await (const piece of body) {
      pieces.push({ piece, length: piece.length })
      usedUp(piece)
    }
    const gone = pieces.filter(({ piece }) => piece.length === 0)
    expect(gone.reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(3 << 20)
  })

  it('gives nothing of an empty file', async () => {
    await using host = await fileHost(Buffer.alloc(0))
    const answer = await downloadOf(host).get({ start: 0, end: 0 }, signal)
    expect([answer.total, await read(answer.body)]).toEqual([0, Buffer.alloc(0)])
  })

  it('uses connections again', async () => {
    await using host = await fileHost(CONTENT)
    const download = downloadOf(host)
    for (let start = 0; start < 800; start += 100)
      await read((await download.get({ start, end: start + 99 }, signal)).body)
    expect(host.seen).toHaveLength(8)
    expect(host.connections).toBeLessThanOrEqual(2)
  })
})

describe('a server that misbehaves', () => {
  it.each([
    ['another range', 206, { 'content-range': 'bytes 11-20/1000' }, 'x'.repeat(10)],
    ['a range without its place', 206, {}, 'x'.repeat(10)],
    [
      'a length that does not fit',
      206,
      { 'content-range': 'bytes 10-19/1000', 'content-length': '9' },
      'x'.repeat(9),
    ],
    ['a redirect to nowhere', 302, {}, ''],
    ['an unknown refusal', 400, {}, '<Code>InvalidRequest</Code>'],
    ['a range it cannot satisfy', 416, { 'content-range': 'bytes */5' }, ''],
  ])('with %s is export.download_failed', async (_, status, headers, body) => {
    await using host = await always((_request, response) => {
      response.writeHead(status, headers as Record<string, string>).end(body)
    })
    await expect(downloadOf(host).get({ start: 10, end: 19 }, signal)).rejects.toEqual(
      fault('export.download_failed'),
    )
    expect(host.seen).toHaveLength(1)
  })

  it.each(['too few', 'too many'])('with %s bytes fails while they flow', async (kind) => {
    await using host = await always((_, response) => {
      response.writeHead(206, { 'content-range': 'bytes 10-19/1000' })
      response.end('x'.repeat(kind === 'too few' ? 9 : 11))
    })
    const answer = await downloadOf(host).get({ start: 10, end: 19 }, signal)
    await expect(read(answer.body)).rejects.toEqual(fault('export.download_failed'))
  })

  it('that breaks off fails while the bytes flow', async () => {
    await using host = await always((_, response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write(CONTENT.subarray(0, 100))
      setTimeout(() => response.destroy(), 5)
    })
    const answer = await downloadOf(host).get(null, signal)
    await expect(read(answer.body)).rejects.toEqual(
      fault('export.download_failed', { facts: expect.objectContaining({ received: 100 }) }),
    )
  })

  it.each([500, 503, 429])('with a passing %i is asked again', async (status) => {
    await using host = await fileHost(CONTENT, (_, response, nth) => {
      if (nth < 3) response.writeHead(status).end('<Code>SlowDown</Code>')
      return nth < 3
    })
    const answer = await downloadOf(host).get({ start: 0, end: 9 }, signal)
    expect(await read(answer.body)).toEqual(CONTENT.subarray(0, 10))
  })

  it('that stays broken is export.download_failed after three attempts, with the code of the store', async () => {
    await using host = await always((_, response) => {
      response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>')
    })
    await expect(downloadOf(host).get(null, signal)).rejects.toEqual(
      fault('export.download_failed', {
        facts: expect.objectContaining({ status: 503, storeCode: 'SlowDown' }),
      }),
    )
    expect(host.seen).toHaveLength(3)
  })

  it('that stalls is given up, but a slow reader of ours is not', async () => {
    const flowing = Promise.withResolvers<ServerResponse>()
    await using host = await always((_, response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write(CONTENT.subarray(0, 100))
      flowing.resolve(response)
    })
    const clock = new FakeClock()
    const download = new SignedDownload(
      clientOf({ allowOrigins: [host.base] }, clock),
      `${host.base}/x`,
      noFresh,
    )
    const { body } = await download.get(null, signal)
    const chunks = body[Symbol.asyncIterator]()
    await chunks.next()
    await clock.advance(600_000)
    ;(await flowing.promise).write(CONTENT.subarray(100, 200))
    expect((await chunks.next()).value).toHaveLength(100)
    const stalled = expect(chunks.next()).rejects.toEqual(
      fault('export.download_failed', { facts: expect.objectContaining({ reason: 'stall' }) }),
    )
    await new Promise(setImmediate)
    await clock.advance(5_001)
    await stalled
  })

  it('that never answers is given up', async () => {
    await using host = await always(() => {})
    const clock = new FakeClock()
    const download = new SignedDownload(
      clientOf({ allowOrigins: [host.base] }, clock),
      `${host.base}/x`,
      noFresh,
    )
    const refused = expect(download.get(null, signal)).rejects.toEqual(
      fault('export.download_failed', { facts: expect.objectContaining({ reason: 'headers' }) }),
    )
    for (let attempt = 1; attempt <= 3; attempt++) {
      while (host.seen.length < attempt) await new Promise(setImmediate)
      await clock.advance(30_001)
      while (clock.sleeping === 0 && attempt < 3) await new Promise(setImmediate)
      await clock.advance(5_000)
    }
    await refused
  })
})

describe('giving up early', () => {
  it.each(['cancel', 'break', 'abort'])('by %s frees the connection', async (how) => {
    const big = Buffer.alloc(32 * 1024 * 1024)
    await using host = await fileHost(big)
    const controller = new AbortController()
    const answer = await downloadOf(host).get(null, controller.signal)
    const [socket] = host.sockets
    const closed = new Promise((resolve) => socket!.on('close', resolve))
    if (how === 'cancel') {
      answer.cancel()
      answer.cancel()
    } else if (how === 'break') for await (const _ of answer.body) break
    else {
      controller.abort(new Error('drained'))
      await expect(read(answer.body)).rejects.toThrow('drained')
    }
    await closed
    expect(host.sockets.size).toBe(0)
  })
})

describe('a link that expired', () => {
  const expiring = (isFresh: (url: string) => boolean, status = 403, text = '') =>
    fileHost(CONTENT, (request, response) => {
      if (isFresh(request.url ?? '')) return false
      response.writeHead(status).end(text)
      return true
    })

  it.each([
    [403, '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'],
    [404, '<Error><Code>NoSuchKey</Code></Error>'],
    [400, '<Error><Code>ExpiredToken</Code></Error>'],
  ])('with %i is renewed once, for all readers together', async (status, text) => {
    await using host = await expiring((url) => url.startsWith('/fresh'), status, text)
    let asked = 0
    const download = downloadOf(host, async () => `${host.base}/fresh?n=${++asked}&${SECRET}`)
    const answers = await Promise.all(
      [0, 100, 200, 300].map(async (start) =>
        read((await download.get({ start, end: start + 99 }, signal)).body),
      ),
    )
    expect(Buffer.concat(answers)).toEqual(CONTENT.subarray(0, 400))
    expect(asked).toBe(1)
    await read((await download.get({ start: 0, end: 0 }, signal)).body)
    expect(asked).toBe(1)
  })

  it('can be renewed again when the fresh one has grown old', async () => {
    let valid = '/b'
    await using host = await expiring((url) => url.startsWith(valid))
    const fresh = ['b', 'c']
    const download = downloadOf(host, async () => `${host.base}/${fresh.shift()}?${SECRET}`)
    await read((await download.get({ start: 0, end: 0 }, signal)).body)
    valid = '/c'
    expect(await read((await download.get({ start: 0, end: 0 }, signal)).body)).toHaveLength(1)
  })

  it('is export.link_expired when the fresh one does not open either', async () => {
    await using host = await expiring(() => false)
    let asked = 0
    const download = downloadOf(host, async () => `${host.base}/fresh${++asked}`)
    await expect(download.get(null, signal)).rejects.toEqual(fault('export.link_expired'))
    expect(asked).toBe(1)
    expect(host.seen).toHaveLength(2)
  })

  it('is export.link_expired at once when the answer is the same link', async () => {
    await using host = await expiring(() => false)
    const download = downloadOf(host, async () => `${host.base}/file?${SECRET}`)
    await expect(download.get(null, signal)).rejects.toEqual(fault('export.link_expired'))
    expect(host.seen).toHaveLength(1)
  })

  it('a reader who leaves while it is renewed does not take it from the others', async () => {
    await using host = await expiring((url) => url.startsWith('/fresh'))
    const leaver = new AbortController()
    let asked = 0
    const download = downloadOf(host, async (by) => {
      if (++asked === 1)
        await new Promise((_, reject) => by.addEventListener('abort', () => reject(by.reason)))
      return `${host.base}/fresh?${SECRET}`
    })
    const left = expect(download.get(null, leaver.signal)).rejects.toThrow('left')
    const stays = download.get({ start: 0, end: 9 }, signal)
    while (asked === 0 || host.seen.length < 2) await new Promise(setImmediate)
    leaver.abort(new Error('left'))
    await left
    expect(await read((await stays).body)).toHaveLength(10)
  })
})

describe('the address', () => {
  it('is seen by nobody: not in faults, not by an inspector, not as JSON', async () => {
    const gone = await fileHost(CONTENT)
    const downloads = [downloadOf(gone, noFresh, 'a5ec3e7')]
    await gone[Symbol.asyncDispose]()
    await using expired = await always((_, response) => response.writeHead(403).end(`<Code>${SECRET}</Code>`))
    downloads.push(downloadOf(expired, async () => `${expired.base}/b5ec3e7`))
    await using broken = await always((_, response) => response.writeHead(500).end())
    downloads.push(downloadOf(broken))
    await using away = await always((_, response) =>
      response.writeHead(302, { location: `https://evil.example/5ec3e7?${SECRET}` }).end(),
    )
    downloads.push(downloadOf(away))
    downloads.push(new SignedDownload(clientOf({}), 'http://:5ec3e7', noFresh))
    for (const download of downloads) {
      const thrown = await download.get(null, signal).then(
        () => 'opened',
        (e: unknown) => e,
      )
      expect(thrown).toEqual(expect.objectContaining({ code: expect.stringMatching(/^export\./) }))
      const shown = [download, thrown].map(
        (x) => inspect(x, { depth: 20, showHidden: true }) + JSON.stringify(x),
      )
      expect(shown.join()).not.toContain('5ec3e7')
    }
    const { code } = (await downloads[0]!.get(null, signal).catch((e: unknown) => e)) as { code: string }
    expect(code).toBe('export.download_failed')
  })
})
