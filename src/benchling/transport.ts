import { Agent, type Dispatcher } from 'undici'
import type { Clock } from '../base/clock.ts'
import type { Egress } from '../base/egress.ts'
import { AGENT, EgressAgents } from '../base/egress-agents.ts'
import { egressFault, proxyTrouble } from '../base/egress-faults.ts'
import { errorCode } from '../base/error-code.ts'
import { CONNECT_TIMEOUT_MS } from './limits.ts'
import { Watchdog } from './watchdog.ts'

export type HttpLimits = {
  readonly headersTimeoutMs: number
  readonly bodyStallTimeoutMs: number
  readonly maxAnswerBytes: number
}

export type HttpRequest = {
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** Path with query, already encoded. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export type HttpAnswer = {
  readonly status: number
  readonly header: (name: string) => string | undefined
  readonly text: string
}

/** Why there was no (whole) answer. Carries no address. `sent`: the request may have reached the other side. */
export class Broken extends Error {
  readonly why: 'connection' | 'timeout' | 'too-large'
  readonly sent: boolean
  /** The error's code (ECONNREFUSED, UND_ERR_SOCKET …) or the phase that took too long. */
  readonly code: string

  constructor(why: Broken['why'], sent: boolean, code: string) {
    super(`${why}: ${code}`)
    this.name = 'Broken'
    this.why = why
    this.sent = sent
    this.code = code
  }
}

/** Errors that arise before the first byte of a request is written. */
const UNSENT =
  /^(?:ECONNREFUSED|PROXY_FAILED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|UND_ERR_CLOSED|UND_ERR_DESTROYED|CERT_.*|ERR_TLS_.*|ERR_SSL_.*|DEPTH_ZERO_.*|SELF_SIGNED_.*|UNABLE_TO_.*|HOSTNAME_MISMATCH)$/

/** What went wrong in one word that is safe to log: the code, else the name. */
export const errorWord = (thrown: unknown): string => {
  const code = proxyTrouble(thrown) ?? errorCode(thrown)
  if (code !== undefined && /^[\w-]{1,60}$/.test(code)) return code
  return thrown instanceof Error ? thrown.name : typeof thrown
}

/** JSON over HTTP to one host: connection pool, time-outs and a cap on answers. Redirects are answers like others. */
export class Transport {
  readonly #direct = new Agent({
    ...AGENT,
    // Whatever the environment says about certificates: secrets go here.
    connect: { timeout: CONNECT_TIMEOUT_MS, rejectUnauthorized: true },
  })
  readonly #proxied: EgressAgents
  readonly #agent: Dispatcher
  readonly #origin: string
  readonly #clock: Clock
  readonly #limits: HttpLimits

  constructor(origin: string, egress: Egress, clock: Clock, limits: HttpLimits) {
    this.#proxied = new EgressAgents(egress, { connectTimeoutMs: CONNECT_TIMEOUT_MS })
    this.#agent = this.#proxied.for(origin, this.#direct)
    this.#origin = origin
    this.#clock = clock
    this.#limits = limits
  }

  /** One request, one answer read whole. Throws `Broken`, `network.*`, or the signal's reason. */
  async exchange(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    signal.throwIfAborted()
    const late = new AbortController()
    let phase: string | undefined
    const watchdog = new Watchdog(this.#clock, (slow) => {
      phase = slow
      late.abort()
    })
    try {
      watchdog.watch('headers', this.#limits.headersTimeoutMs)
      const answer = await this.#agent.request({
        origin: this.#origin,
        ...request,
        body: request.body ?? null,
        signal: AbortSignal.any([signal, late.signal]),
      })
      answer.body.on('error', () => {})
      const chunks: Uint8Array[] = []
      let bytes = 0
      watchdog.watch('body', this.#limits.bodyStallTimeoutMs)
      for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
        bytes += chunk.byteLength
        if (bytes > this.#limits.maxAnswerBytes) throw new Broken('too-large', true, 'answer')
        chunks.push(chunk)
        watchdog.watch('body', this.#limits.bodyStallTimeoutMs)
      }
      return {
        status: answer.statusCode,
        header: (name) => [answer.headers[name]].flat()[0],
        text: Buffer.concat(chunks).toString('utf8'),
      }
    } catch (thrown) {
      signal.throwIfAborted()
      if (phase) throw new Broken('timeout', true, phase)
      if (thrown instanceof Broken) throw thrown
      const way = egressFault(thrown)
      if (way) throw way
      const code = errorWord(thrown)
      throw new Broken(
        code === 'UND_ERR_CONNECT_TIMEOUT' ? 'timeout' : 'connection',
        !UNSENT.test(code),
        code,
      )
    } finally {
      watchdog.stop()
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#direct.destroy(), this.#proxied.destroy()])
  }
}
