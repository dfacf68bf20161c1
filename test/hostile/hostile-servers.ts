import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { ErrorCode } from '../../src/base/errors.ts'
import type { LeapingClock } from '../main-path/support/leaping-clock.ts'

/** A request for the export, or for the state of its task, as a hostile server sees it. */
export type Ask = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Requests so far for this export, or for this task, the one under way included. */
  readonly nth: number
  /** The same for all exports of the case. */
  readonly total: number
  /** Half-open; the whole file where no range was asked for. */
  readonly start: number
  readonly end: number
  readonly ranged: boolean
  readonly content: Buffer
  readonly clock: LeapingClock
  /** Where another server of this machine listens, which nobody may ask. */
  readonly elsewhere: string
  /** Kept for the length of the case. */
  readonly memory: Set<string>
}

/** Answers by itself, or returns false and the tenant answers as it should. */
export type Answer = (ask: Ask) => boolean

export type HostileCase = {
  readonly what: string
  /** What happens to requests for the file. */
  readonly file?: Answer
  /** What happens to requests for a file that the archive lacks. */
  readonly attachment?: Answer
  /** What happens to questions for the export task. */
  readonly task?: Answer
  readonly ends: 'packaged' | ErrorCode
  /** Exports that were made by then. */
  readonly exports?: number
}

type Change = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: Uint8Array
}

const first =
  (act: Answer): Answer =>
  (ask) =>
    ask.total === 1 && act(ask)
const later =
  (act: Answer): Answer =>
  (ask) =>
    ask.nth > 1 && act(ask)
/** Strikes `times` requests, beginning with the second: in the middle of the export. */
const midway =
  (times: number, act: Answer): Answer =>
  (ask) =>
    ask.total > 1 && ask.total <= 1 + times && act(ask)

const headersOf = ({ ranged, start, end, content }: Ask) => ({
  etag: '"as ever"',
  'content-length': String(end - start),
  ...(ranged && { 'content-range': `bytes ${start}-${end - 1}/${content.length}` }),
})

/** The right answer, except for what is changed. A header of undefined is left out. */
const give =
  (change: (ask: Ask) => Change): Answer =>
  (ask) => {
    const { status, headers, body } = change(ask)
    const all = Object.entries({ ...headersOf(ask), ...headers }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    )
    ask.response.writeHead(status ?? (ask.ranged ? 206 : 200), Object.fromEntries(all))
    ask.response.end(body ?? ask.content.subarray(ask.start, ask.end))
    return true
  }

const range = (text: (ask: Ask) => string | undefined): Answer =>
  later(give((ask) => ({ headers: { 'content-range': text(ask) } })))

/** The whole file with 200, whatever was asked for. */
const whole = (change: (ask: Ask) => Change = () => ({})): Answer =>
  give((ask) => {
    const { headers, ...more } = change(ask)
    const length = String(ask.content.length)
    const plain = { 'content-length': length, 'content-range': undefined }
    return { status: 200, body: ask.content, ...more, headers: { ...plain, ...headers } }
  })

const refuse = (status: number, text = '', headers: Record<string, string> = {}): Answer => {
  return ({ response }) => {
    response.writeHead(status, headers).end(text)
    return true
  }
}
const s3 = (code: string): string =>
  `<Error><Code>${code}</Code><Message>Request has expired</Message></Error>`

/** The right beginning of the answer, then the connection breaks. */
const broken =
  (after: number): Answer =>
  (ask) => {
    ask.response.writeHead(206, headersOf(ask))
    ask.response.write(ask.content.subarray(ask.start, Math.min(ask.end, ask.start + after)), () =>
      setImmediate(() => ask.response.destroy()),
    )
    return true
  }

/** Bytes on the wire that no HTTP library would write. */
const raw = (bytes: (ask: Ask) => readonly (string | Uint8Array)[], hangUp = true): Answer => {
  return (ask) => {
    const socket = ask.request.socket
    for (const piece of bytes(ask)) socket.write(piece)
    if (hangUp) socket.end()
    return true
  }
}

/**
 * Lets time pass, a step after each of `pieces`, until the other side has hung up. One that never does gets its file in
 * the end, so that a service without patience limits would be seen to package it.
 */
const outwait = (ask: Ask, stepMs: number, pieces: readonly Uint8Array[]): void => {
  const { response, clock } = ask
  const pass = async () => {
    let sent = 0
    for (const piece of pieces) {
      if (response.destroyed) return
      if (piece.byteLength > 0) await new Promise((resolve) => response.write(piece, resolve))
      sent += piece.byteLength
      for (let n = 0; n < 10; n++) await turn()
      clock.advance(stepMs)
    }
    if (!response.headersSent) response.writeHead(206, headersOf(ask))
    response.end(ask.content.subarray(ask.start + sent, ask.end))
  }
  void pass()
}
const NOTHING = new Uint8Array()

const silent: Answer = (ask) => {
  outwait(ask, 5_000, Array(20).fill(NOTHING))
  return true
}

const stalls: Answer = (ask) => {
  ask.response.writeHead(206, headersOf(ask))
  const some = ask.content.subarray(ask.start, ask.start + 5_000)
  outwait(ask, 5_000, [some, ...Array(20).fill(NOTHING)])
  return true
}

/** A byte every eight seconds: never quite a stall. */
const drips: Answer = (ask) => {
  ask.response.writeHead(206, headersOf(ask))
  const bytes = Array.from({ length: 60 }, (_, n) => ask.content.subarray(ask.start + n, ask.start + n + 1))
  outwait(ask, 8_000, bytes)
  return true
}

const endless =
  (head: (ask: Ask) => void): Answer =>
  (ask) => {
    head(ask)
    const more = () => {
      while (!ask.response.destroyed && ask.response.write(Buffer.alloc(65_536, 7)));
    }
    ask.response.on('drain', more)
    more()
    return true
  }

/** The link that was used before is refused; another one of the same file opens. A second passes between the two. */
const expired =
  (refusal: Answer): Answer =>
  (ask) => {
    const link = String(ask.request.url)
    if (ask.nth > 1 && ask.memory.size === 0) {
      ask.memory.add(link)
      ask.clock.advance(1_000)
    }
    return ask.memory.has(link) && refusal(ask)
  }

/** No link opens once the first export has been begun, until there is another export. */
const expiredForGood: Answer = (ask) => {
  const [path = ''] = String(ask.request.url).split('?')
  if (ask.total === 2) ask.memory.add(path)
  ask.clock.advance(1_000)
  return ask.memory.has(path) && refuse(403, s3('AccessDenied'))(ask)
}

const redirect =
  (to: (ask: Ask) => string): Answer =>
  (ask) =>
    refuse(302, '', { location: to(ask) })(ask)

const json =
  (body: unknown, status = 200): Answer =>
  ({ response }) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    return true
  }
const link = (downloadURL: unknown): Answer => json({ status: 'SUCCEEDED', response: { downloadURL } })
/** Answers after most of a minute, which passes step by step so that leases can be renewed. */
const slowly =
  (answer: Answer): Answer =>
  (ask) => {
    const pass = async () => {
      for (let step = 0; step < 3; step++) {
        for (let n = 0; n < 5; n++) await turn()
        ask.clock.advance(18_000)
      }
      answer(ask)
    }
    void pass()
    return true
  }

const other = (content: Buffer): Buffer => {
  const bytes = Buffer.from(content)
  bytes[1_000]! ^= 0xff
  return bytes
}
const chunked = { 'content-length': undefined }
const FAILED = 'export.download_failed'

export const CHANGES: readonly HostileCase[] = [
  {
    what: 'another ETag from the second request on',
    file: give(({ nth }) => ({ headers: { etag: `"${Math.min(nth, 2)}"` } })),
    ends: 'export.changed',
    exports: 3,
  },
  {
    what: 'another ETag once',
    file: midway(
      1,
      give(() => ({ headers: { etag: '"new"' } })),
    ),
    ends: 'packaged',
    exports: 2,
  },
  {
    what: 'another size, without ETag',
    file: give(({ nth, start, end, content }) => ({
      headers: {
        etag: undefined,
        'content-range': `bytes ${start}-${end - 1}/${content.length + (nth > 1 ? 1 : 0)}`,
      },
    })),
    ends: 'export.changed',
    exports: 3,
  },
  {
    what: 'other bytes, without ETag',
    file: give(({ nth, start, end, content }) => ({
      headers: { etag: undefined },
      body: (nth > 1 ? other(content) : content).subarray(start, end),
    })),
    ends: 'archive.member_invalid',
    exports: 3,
  },
  {
    what: 'no ETag, but the same bytes',
    file: give(() => ({ headers: { etag: undefined } })),
    ends: 'packaged',
    exports: 1,
  },
  {
    what: 'a weak ETag that says nothing',
    file: give(({ nth }) => ({ headers: { etag: `W/"${nth}"` } })),
    ends: 'packaged',
    exports: 1,
  },
]

export const RANGES: readonly HostileCase[] = [
  { what: '200 to a range, small', file: whole(), ends: 'packaged', exports: 1 },
  {
    what: '200 to a range, larger than the cap',
    file: whole(() => ({ headers: { 'content-length': String(9 << 20) }, body: Buffer.alloc(9 << 20) })),
    ends: 'export.too_large_without_ranges',
    exports: 1,
  },
  {
    what: '200 without an end',
    file: endless(({ response }) => response.writeHead(200)),
    ends: 'export.too_large_without_ranges',
    exports: 1,
  },
  { what: '200 to a range from the second request on', file: later(whole()), ends: FAILED },
  {
    what: '200 once in the middle',
    file: midway(1, whole()),
    ends: FAILED,
  },
  {
    what: '206 although nobody asked for a part',
    file: (ask) =>
      ask.nth === 1
        ? raw(({ content }) => [
            `HTTP/1.1 200 OK\r\ncontent-length: ${content.length}\r\n\r\n`,
            content.subarray(0, 9_000),
          ])(ask)
        : give(({ content }) => ({
            status: 206,
            headers: { 'content-range': `bytes 0-${content.length - 1}/${content.length}` },
          }))(ask),
    ends: FAILED,
  },
  {
    what: 'a range that begins a byte early',
    file: range((a) => `bytes ${a.start + 1}-${a.end - 1}/${a.content.length}`),
    ends: FAILED,
  },
  {
    what: 'a range that ends a byte late',
    file: range((a) => `bytes ${a.start}-${a.end}/${a.content.length}`),
    ends: FAILED,
  },
  {
    what: 'a range of another file',
    file: range((a) => `bytes ${a.start}-${a.end - 1}/${a.content.length * 2}`),
    ends: 'export.changed',
    exports: 3,
  },
  {
    what: 'a range of a file of unknown size',
    file: range((a) => `bytes ${a.start}-${a.end - 1}/*`),
    ends: FAILED,
  },
  { what: 'an unsatisfied range with 206', file: range((a) => `bytes */${a.content.length}`), ends: FAILED },
  { what: 'a range without its place', file: range(() => undefined), ends: FAILED },
  {
    what: 'a range backwards',
    file: range((a) => `bytes ${a.end - 1}-${a.start}/${a.content.length}`),
    ends: FAILED,
  },
  {
    what: 'a range past the end',
    file: range((a) => `bytes ${a.start}-${a.end - 1}/${a.end - 1}`),
    ends: FAILED,
  },
  {
    what: 'a range in another unit',
    file: range((a) => `items ${a.start}-${a.end - 1}/${a.content.length}`),
    ends: FAILED,
  },
  { what: 'a range of garbage', file: range(() => 'bytes one-two/three'), ends: FAILED },
  { what: 'a range with a minus', file: range((a) => `bytes -${a.end}/${a.content.length}`), ends: FAILED },
  {
    what: 'a range in digits without end',
    file: range((a) => `bytes ${a.start}-${a.end - 1}/${'9'.repeat(40)}`),
    ends: FAILED,
  },
  {
    what: 'a tail that is none',
    file: first(
      give(({ content }) => ({ headers: { 'content-range': `bytes 0-${(1 << 20) - 1}/${content.length}` } })),
    ),
    ends: FAILED,
  },
  {
    what: 'two places at once',
    file: later(
      raw((a) => [
        `HTTP/1.1 206 Partial Content\r\ncontent-length: ${a.end - a.start}\r\n`,
        `content-range: bytes ${a.start}-${a.end - 1}/${a.content.length}\r\ncontent-range: bytes 0-1/2\r\n\r\n`,
        a.content.subarray(a.start, a.end),
      ]),
    ),
    ends: FAILED,
  },
  {
    what: 'several parts in one answer',
    file: later(give(() => ({ headers: { 'content-type': 'multipart/byteranges; boundary=x' } }))),
    ends: FAILED,
  },
]

export const BODIES: readonly HostileCase[] = [
  {
    what: 'a length shorter than the range',
    file: later(
      give(({ start, end, content }) => ({
        headers: { 'content-length': '5' },
        body: content.subarray(start, Math.min(end, start + 5)),
      })),
    ),
    ends: FAILED,
  },
  {
    what: 'a length longer than the range',
    file: later(
      raw((a) => [
        `HTTP/1.1 206 Partial Content\r\ncontent-length: ${a.end - a.start + 9}\r\ncontent-range: bytes ${a.start}-${a.end - 1}/${a.content.length}\r\n\r\n`,
        a.content.subarray(a.start, a.end),
      ]),
    ),
    ends: FAILED,
  },
  {
    what: 'two lengths',
    file: later(
      raw((a) => [
        `HTTP/1.1 206 Partial Content\r\ncontent-length: ${a.end - a.start}\r\ncontent-length: 5\r\ncontent-range: bytes ${a.start}-${a.end - 1}/${a.content.length}\r\n\r\n`,
        a.content.subarray(a.start, a.end),
      ]),
    ),
    ends: FAILED,
  },
  {
    what: 'a whole file whose length says less',
    file: whole(({ content }) => ({
      headers: { 'content-length': '100000' },
      body: content.subarray(0, 100_000),
    })),
    ends: 'archive.truncated',
    exports: 3,
  },
  {
    what: 'a whole file whose length says more',
    file: raw(({ content }) => [`HTTP/1.1 200 OK\r\ncontent-length: ${content.length + 1}\r\n\r\n`, content]),
    ends: FAILED,
  },
  {
    what: 'compressed bytes nobody asked for',
    file: give(({ start, end, content }) => {
      const body = gzipSync(content.subarray(start, end), { level: 0 })
      return { headers: { 'content-encoding': 'gzip', 'content-length': undefined }, body }
    }),
    ends: FAILED,
  },
  {
    what: 'compressed bytes in the middle',
    file: later(give(() => ({ headers: { 'content-encoding': 'br' } }))),
    ends: FAILED,
  },
  {
    what: 'plain bytes with the label of their upload',
    file: give(() => ({ headers: { 'content-encoding': 'aws-chunked' } })),
    ends: 'packaged',
    exports: 1,
  },
  { what: 'chunks without a length', file: give(() => ({ headers: chunked })), ends: 'packaged', exports: 1 },
  {
    what: 'chunks that end early, once',
    file: midway(
      1,
      give(({ start, content }) => ({ headers: chunked, body: content.subarray(start, start + 9_000) })),
    ),
    ends: 'packaged',
    exports: 1,
  },
  {
    what: 'more bytes than asked for, without end',
    file: later(
      endless((ask) => ask.response.writeHead(206, { ...headersOf(ask), 'content-length': [] as never })),
    ),
    ends: FAILED,
  },
  {
    what: 'HTTP/1.0, closed at the end',
    file: raw(({ content }) => ['HTTP/1.0 200 OK\r\n\r\n', content]),
    ends: 'packaged',
    exports: 1,
  },
  {
    what: 'HTTP/1.0, closed too early',
    file: raw(({ content }) => ['HTTP/1.0 200 OK\r\n\r\n', content.subarray(0, content.length / 2)]),
    ends: 'archive.truncated',
    exports: 3,
  },
  {
    what: 'garbage after the answer',
    file: raw((a) => [
      `HTTP/1.1 206 Partial Content\r\ncontent-length: ${a.end - a.start}\r\ncontent-range: bytes ${a.start}-${a.end - 1}/${a.content.length}\r\n\r\n`,
      a.content.subarray(a.start, a.end),
      'HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n',
      Buffer.alloc(5_000, 255),
    ]),
    ends: 'packaged',
    exports: 1,
  },
  { what: 'something that is not HTTP', file: later(raw(() => ['SSH-2.0-OpenSSH_9.6\r\n'])), ends: FAILED },
  {
    what: 'headers without end',
    file: later(raw(() => ['HTTP/1.1 206 Partial Content\r\n', `x: ${'y'.repeat(60_000)}\r\n`.repeat(20)])),
    ends: FAILED,
  },
  {
    what: 'connections that break before they answer',
    file: midway(2, ({ request }) => {
      request.socket.resetAndDestroy()
      return true
    }),
    ends: 'packaged',
    exports: 1,
  },
  {
    what: 'connections that break in the middle, for a while',
    file: midway(2, broken(100_000)),
    ends: 'packaged',
    exports: 1,
  },
  { what: 'connections that always break in the middle', file: later(broken(1_000)), ends: FAILED },
  { what: 'headers that never come', file: later(silent), ends: FAILED },
  { what: 'headers that come late, once', file: midway(1, silent), ends: 'packaged', exports: 1 },
  { what: 'bytes that stop coming, once', file: midway(1, stalls), ends: 'packaged', exports: 1 },
  { what: 'bytes that always stop coming', file: later(stalls), ends: FAILED },
  { what: 'a byte every eight seconds', file: later(drips), ends: FAILED },
]

export const STATUSES: readonly HostileCase[] = [
  {
    what: 'a link that expires in the middle',
    file: expired(refuse(403, s3('AccessDenied'))),
    ends: 'packaged',
    exports: 1,
  },
  {
    what: 'a session that ends in the middle',
    file: expired(refuse(400, s3('ExpiredToken'))),
    ends: 'packaged',
    exports: 1,
  },
  {
    what: 'a file that moved to a fresh link',
    file: expired(refuse(404, s3('NoSuchKey'))),
    ends: 'packaged',
    exports: 1,
  },
  {
    what: 'links that expire for good in the middle, once',
    file: expiredForGood,
    ends: 'packaged',
    exports: 2,
  },
  {
    what: 'links that always expire in the middle',
    file: later((ask) => {
      ask.clock.advance(1_000)
      return refuse(410)(ask)
    }),
    ends: 'export.link_expired',
    exports: 3,
  },
  { what: '401 from the first request on', file: refuse(401), ends: 'export.link_expired', exports: 3 },
  {
    what: '416 in the middle',
    file: later(refuse(416, s3('InvalidRange'), { 'content-range': 'bytes */10' })),
    ends: FAILED,
  },
  { what: '429 twice', file: midway(2, refuse(429)), ends: 'packaged', exports: 1 },
  { what: '500 twice', file: midway(2, refuse(500, s3('InternalError'))), ends: 'packaged', exports: 1 },
  { what: '503 for ever', file: later(refuse(503, s3('SlowDown'))), ends: FAILED },
  { what: '408 for ever', file: later(refuse(408)), ends: FAILED },
  { what: '400 for no known reason', file: later(refuse(400, s3('InvalidRequest'))), ends: FAILED },
  { what: '204 in the middle', file: later(refuse(204)), ends: FAILED },
  { what: '304 in the middle', file: later(refuse(304)), ends: FAILED },
  { what: '418 in the middle', file: later(refuse(418)), ends: FAILED },
  {
    what: 'an error document without end',
    file: later(endless(({ response }) => response.writeHead(503))),
    ends: FAILED,
  },
  {
    what: 'a redirect within the place, in the middle',
    file: midway(
      1,
      redirect((a) => a.request.url!),
    ),
    ends: 'packaged',
    exports: 1,
  },
  {
    what: 'a redirect to another server of this machine',
    file: later(redirect((a) => `${a.elsewhere}/x?canary`)),
    ends: 'export.host_refused',
    exports: 1,
  },
  {
    what: 'a redirect to the metadata of a cloud',
    file: later(redirect(() => 'http://169.254.169.254/latest/meta-data/')),
    ends: 'export.host_refused',
    exports: 1,
  },
  {
    what: 'redirects in a circle',
    file: redirect((a) => a.request.url!),
    ends: 'export.host_refused',
    exports: 1,
  },
  { what: 'a redirect to nowhere', file: later(refuse(302)), ends: FAILED },
]

export const TASKS: readonly HostileCase[] = [
  {
    what: 'an export that fails once',
    task: first(json({ status: 'FAILED', message: 'no' })),
    ends: 'packaged',
    exports: 2,
  },
  {
    what: 'an export that always fails',
    task: json({ status: 'FAILED', message: 'Ask Jane.' }),
    ends: 'export.failed',
    exports: 3,
  },
  {
    what: 'an export that never ends, in states known and unknown',
    task: slowly((ask) => json({ status: ask.nth % 2 === 0 ? 'RUNNING' : 'PAUSED' })(ask)),
    ends: 'export.too_slow',
    exports: 3,
  },
  {
    what: 'a finished export without a link',
    task: json({ status: 'SUCCEEDED' }),
    ends: 'export.failed',
    exports: 3,
  },
  { what: 'a finished export with an empty link', task: link(''), ends: 'export.failed', exports: 3 },
  { what: 'a link that is a number', task: link(7), ends: 'benchling.unexpected_answer' },
  { what: 'a list where a task should be', task: json([]), ends: 'benchling.unexpected_answer' },
  {
    what: 'no JSON',
    task: ({ response }) => !!response.end('{"status":'),
    ends: 'benchling.unexpected_answer',
  },
  {
    what: 'a task that was forgotten, once',
    task: first(json({ error: { type: 'not_found', message: 'no' } }, 404)),
    ends: 'packaged',
    exports: 2,
  },
  { what: 'a link to nowhere', task: link('nowhere'), ends: 'export.host_refused', exports: 1 },
  {
    what: 'a link to another host',
    task: link('https://evil.example/x.zip?X-Amz-Signature=1'),
    ends: 'export.host_refused',
    exports: 1,
  },
  {
    what: 'a link to a file of this machine',
    task: link('file:///etc/passwd'),
    ends: 'export.host_refused',
    exports: 1,
  },
  {
    what: 'a link to another server of this machine',
    task: (ask) => link(`${ask.elsewhere}/x`)(ask),
    ends: 'export.host_refused',
    exports: 1,
  },
  {
    what: 'a task that runs again when its link has expired',
    // Only the question after the link was refused, however often the task was asked before.
    task: (ask) => {
      if (ask.memory.size !== 1) return false
      ask.memory.add('asked again')
      return json({ status: 'RUNNING' })(ask)
    },
    file: expired(refuse(403)),
    ends: 'packaged',
    exports: 2,
  },
]

export const ATTACHMENTS: readonly HostileCase[] = [
  {
    what: 'a redirect to another server of this machine',
    attachment: redirect((a) => `${a.elsewhere}/x?canary`),
    ends: 'export.host_refused',
    exports: 1,
  },
  {
    what: 'compressed bytes nobody asked for',
    attachment: give(() => ({ headers: { 'content-encoding': 'gzip' } })),
    ends: FAILED,
  },
  {
    what: 'a part although nobody asked for one',
    attachment: give(({ content }) => ({
      status: 206,
      headers: { 'content-range': `bytes 0-${content.length - 1}/${content.length}` },
    })),
    ends: FAILED,
  },
  {
    what: 'less than it says',
    attachment: raw(({ content }) => [`HTTP/1.1 200 OK\r\ncontent-length: ${content.length}\r\n\r\n`, 'x']),
    ends: FAILED,
  },
  {
    what: 'a link that has expired, once',
    attachment: (ask) => {
      ask.memory.add(ask.request.url!)
      ask.clock.advance(1_000)
      return ask.memory.size === 1 && refuse(403, s3('AccessDenied'))(ask)
    },
    ends: 'packaged',
    exports: 1,
  },
]
