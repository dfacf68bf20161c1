import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../src/base/clock.ts'
import { createLog } from '../../src/base/log.ts'
import { type BenchlingOptions, createBenchling } from '../../src/benchling/client.ts'

export type Seen = {
  readonly method: string
  /** Without `/api/v2`. */
  readonly path: string
  readonly query: Record<string, string>
  readonly headers: IncomingMessage['headers']
  readonly text: string
  readonly body: unknown
}
export type Reply = { status?: number; headers?: Record<string, string>; json?: unknown; text?: string }
type Handler = (seen: Seen, response: ServerResponse) => Reply | undefined | Promise<Reply | undefined>

/** A small HTTP server of a test: everything it was asked, and an answer for each question. */
export type Tenant = AsyncDisposable & {
  readonly base: string
  readonly seen: Seen[]
  readonly server: Server
  /** Requests for a path, tokens left out unless asked for. */
  calls(path?: string): Seen[]
}

export const TOKEN = { access_token: 'eyJ.secret-token', token_type: 'Bearer', expires_in: 900 }

/** A handler returns a reply, or undefined when it answers (or hangs) by itself. `/token` is answered unless `token: false`. */
export const tenant = async (handler: Handler, options: { token?: false } = {}): Promise<Tenant> => {
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString('utf8')
    const url = new URL(request.url ?? '/', 'http://x')
    const form = request.headers['content-type'] === 'application/x-www-form-urlencoded'
    const one: Seen = {
      method: request.method ?? '',
      path: url.pathname.replace(/^\/api\/v2/, ''),
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      text,
      body: text === '' ? undefined : form ? Object.fromEntries(new URLSearchParams(text)) : JSON.parse(text),
    }
    seen.push(one)
    const reply: Reply | undefined =
      one.path === '/token' && options.token !== false ? { json: TOKEN } : await handler(one, response)
    if (!reply) return
    const payload = reply.text ?? JSON.stringify(reply.json)
    const type = reply.text === undefined ? { 'content-type': 'application/json' } : {}
    response.writeHead(reply.status ?? 200, { ...type, ...reply.headers })
    response.end(payload)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    server,
    calls: (path) => seen.filter((s) => (path ? s.path === path : s.path !== '/token')),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Time that jumps to the next sleeper whenever nothing happens for a few real ms. Sleeps of years never end by themselves. */
export class JumpClock implements Clock {
  readonly slept: number[] = []
  #now = Date.UTC(2026, 10, 23, 12)
  #sleepers = new Set<{ at: number; wake: () => void }>()
  #timer: NodeJS.Timeout | undefined

  now(): number {
    return this.#now
  }

  move(ms: number): void {
    this.#now += ms
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      if (ms < NEVER / 2) this.slept.push(ms)
      const abort = () => {
        this.#sleepers.delete(sleeper)
        reject(signal?.reason)
      }
      const sleeper = {
        at: this.#now + ms,
        wake: () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        },
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#sleepers.add(sleeper)
      this.#timer ??= setInterval(() => this.#jump(), 3)
    })
  }

  #jump(): void {
    const next = [...this.#sleepers].sort((a, b) => a.at - b.at)[0]
    if (!next) {
      clearInterval(this.#timer)
      this.#timer = undefined
    } else if (next.at - this.#now < NEVER / 2) {
      this.#sleepers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.wake()
    }
  }
}

const NEVER = 1e11

export const signal = new AbortController().signal

/** A client of a test tenant: no real waiting, no time-outs unless the test sets them, jitter of nothing. */
export const client = (base: string, more: Partial<BenchlingOptions> = {}, lines: string[] = []) =>
  createBenchling({
    apiBase: base,
    credentials: async () => ({ clientId: 'client', clientSecret: 'top-secret' }),
    downloads: { hosts: [], allowOrigins: [base] },
    clock: new JumpClock(),
    log: createLog('debug', { write: (line: string) => void lines.push(line) }),
    random: () => 0,
    ...more,
    limits: { headersTimeoutMs: NEVER, bodyStallTimeoutMs: NEVER, ...more.limits },
    downloadLimits: { headersTimeoutMs: NEVER, stallTimeoutMs: NEVER, ...more.downloadLimits },
  })

export const apiError = (type: string, message: string, userMessage = message) => ({
  error: { type, message, userMessage },
})

export const anEntry = (more: Record<string, unknown> = {}) => ({
  entry: {
    id: 'etr_1',
    displayId: 'EXP1',
    name: 'An entry',
    webURL: 'https://acme.benchling.com/etr_1',
    createdAt: '2026-11-23T10:00:00.000000+00:00',
    modifiedAt: '2026-11-23T11:00:00.000000+00:00',
    ...more,
  },
})
