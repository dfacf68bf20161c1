import type { Clock } from '../base/clock.ts'
import type { Egress } from '../base/egress.ts'
import { Fault } from '../base/fault.ts'
import type { Json, JsonObject } from '../base/json.ts'
import type { Logger } from '../base/log.ts'
import { type Metrics, NO_METRICS } from '../base/metrics.ts'
import { jsonOf, type Operation } from './answer.ts'
import { attempted, type Repeat } from './attempts.ts'
import { countedAnswer, countRetry } from './count-answers.ts'
import { RateGate } from './rate-gate.ts'
import { rateHeaders } from './rate-rule.ts'
import { withoutSecrets } from './scrub.ts'
import { Secrets } from './secrets.ts'
import { type Credentials, TokenSource } from './token.ts'
import { type HttpAnswer, type HttpLimits, type HttpRequest, Transport } from './transport.ts'

export type ApiCall = {
  readonly operation: Operation
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** Path segments below `/api/v2`, not yet encoded: ids come from elsewhere. */
  readonly path: readonly string[]
  readonly query?: Readonly<Record<string, string>>
  readonly body?: JsonObject
  readonly repeat: Repeat
}

export type ApiOptions = {
  readonly apiBase: string
  readonly egress: Egress
  readonly credentials: () => Promise<Credentials>
  readonly clock: Clock
  readonly log: Logger
  readonly limits: HttpLimits
  readonly userAgent: string
  readonly random: () => number
  readonly metrics?: Metrics
}

/** Calls of the v2 API: token, rate limit, retries, faults. Answers are JSON as it came, not yet checked or scrubbed. */
export class Api {
  readonly gate: RateGate
  readonly #options: ApiOptions
  readonly #metrics: Metrics
  readonly #prefix: string
  readonly #transport: Transport
  readonly #tokens: TokenSource
  readonly #secrets = new Secrets()
  readonly #closed = new AbortController()

  constructor(options: ApiOptions) {
    const base = baseOf(options.apiBase)
    this.#options = options
    this.#metrics = options.metrics ?? NO_METRICS
    this.#prefix = `${base.pathname.replace(/\/+$/, '')}/api/v2`
    this.gate = new RateGate(options.clock, this.#metrics)
    this.#transport = new Transport(base.origin, options.egress, options.clock, options.limits)
    this.#tokens = new TokenSource(options.clock, options.credentials, (request) =>
      this.#attempted('POST /token', 'always', this.#closed.signal, () =>
        this.#send(request, this.#closed.signal),
      ),
    )
  }

  async call(call: ApiCall, signal: AbortSignal): Promise<Json> {
    const whole = AbortSignal.any([signal, this.#closed.signal])
    const request = requestOf(call)
    const started = this.#options.clock.now()
    let token = ''
    const once = async (): Promise<HttpAnswer> => {
      token = await this.#tokens.get(whole)
      await this.gate.pass(whole)
      try {
        const headers = { ...request.headers, authorization: `Bearer ${token}` }
        const answer = await this.#send({ ...request, headers }, whole)
        this.gate.answered(rateHeaders(answer.header), answer.status === 429)
        return answer
      } catch (thrown) {
        this.gate.lost()
        throw thrown
      }
    }
    let answer = await this.#attempted(call.operation, call.repeat, whole, once)
    if (answer.status === 401) {
      this.#tokens.drop(token)
      answer = await this.#attempted(call.operation, call.repeat, whole, once)
      if (answer.status === 401) this.#tokens.drop(token)
    }
    const { operation } = call
    this.#options.log.debug(
      { operation, status: answer.status, ms: this.#options.clock.now() - started },
      'Benchling call',
    )
    return jsonOf(operation, answer)
  }

  close(): Promise<void> {
    this.#closed.abort(new DOMException('The Benchling client was closed.', 'AbortError'))
    return this.#transport.close()
  }

  #attempted(operation: Operation, repeat: Repeat, signal: AbortSignal, once: () => Promise<HttpAnswer>) {
    const { clock, log, random } = this.#options
    const onRetry = countRetry(this.#metrics)
    return attempted({ clock, log, random, operation, repeat, signal, onRetry }, once)
  }

  /** One exchange. Secrets of ours that the answer echoes are taken out, except the token where it is handed out. */
  async #send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const headers = { ...request.headers, 'user-agent': this.#options.userAgent }
    this.#secrets.sent(request.headers.authorization)
    const path = this.#prefix + request.path
    if (request.path === '/token') this.#metrics.count('benchling_token_fetches')
    const exchange = this.#transport.exchange({ ...request, headers, path }, signal)
    const answer = await countedAnswer(this.#metrics, exchange)
    const token = request.path === '/token' && answer.status < 300
    return token ? answer : { ...answer, text: withoutSecrets(answer.text, this.#secrets.all) }
  }
}

const requestOf = ({ method, path, query, body }: ApiCall): HttpRequest => ({
  method,
  path: `/${path.map(segment).join('/')}${query ? `?${new URLSearchParams(query)}` : ''}`,
  headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }) },
  ...(body && { body: JSON.stringify(body) }),
})

/** An id as one path segment. What would leave its segment cannot be an id of Benchling. */
const segment = (id: string): string => {
  if (id === '' || id === '.' || id === '..' || id.length > 500 || !id.isWellFormed())
    throw new Fault('benchling.not_found', { reason: 'not an id' })
  return encodeURIComponent(id).replaceAll('%3A', ':')
}

const baseOf = (apiBase: string): URL => {
  const base = URL.canParse(apiBase) ? new URL(apiBase) : null
  if (!base || !/^https?:$/.test(base.protocol) || base.username || base.password || base.search || base.hash)
    throw new Fault(
      'config.invalid',
      { setting: 'BENCHLING_TENANT' },
      { detail: 'The tenant address is not a web address.' },
    )
  return base
}
