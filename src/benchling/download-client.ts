import { Agent, type Dispatcher } from 'undici'
import type { Clock } from '../base/clock.ts'
import type { ByteRange, DownloadAnswer } from '../base/download.ts'
import { DIRECT, type Egress } from '../base/egress.ts'
import { AGENT, EgressAgents } from '../base/egress-agents.ts'
import { egressFault } from '../base/egress-faults.ts'
import { Fault } from '../base/fault.ts'
import { retry } from '../base/retry.ts'
import {
  answersRange,
  parseContentRange,
  parseUnsatisfied,
  rangeHeader,
  strongEtag,
} from './content-range.ts'
import { storeErrorCode, watchedBody } from './download-body.ts'
import { headerOf, isTransformed, lengthOf } from './download-headers.ts'
import { AddressRefused, type Admission, admit, type DownloadRules, guardedLookup } from './download-rules.ts'
import {
  CONNECT_TIMEOUT_MS,
  DOWNLOAD_ATTEMPTS,
  DOWNLOAD_BACKOFF_CAP_MS,
  DOWNLOAD_BACKOFF_MS,
} from './limits.ts'
import { errorWord } from './transport.ts'
import { Watchdog } from './watchdog.ts'

export type DownloadLimits = { readonly headersTimeoutMs: number; readonly stallTimeoutMs: number }

export type OpenedDownload = DownloadAnswer & {
  readonly disposition: string | undefined
}

/** The signed address no longer opens the file; a fresh one may. */
export class LinkExpired extends Error {
  readonly status: number
  readonly storeCode: string | null

  constructor(status: number, storeCode: string | null) {
    super(`link expired: ${status}`)
    this.name = 'LinkExpired'
    this.status = status
    this.storeCode = storeCode
  }
}

/** S3 says some ends of a link as 400: the session behind the signature is over. */
const EXPIRED_CODES = new Set(['ExpiredToken', 'InvalidToken', 'TokenRefreshRequired', 'RequestExpired'])
/** Pieces that wait together are copied into one: so a body reads none before it is asked for, and a socket one. */
const BODY_AHEAD_BYTES = 0
const SOCKET_AHEAD_BYTES = 16 * 1024
const REDIRECTS = new Set([301, 302, 303, 307, 308])

type Raw = {
  answer: Dispatcher.ResponseData
  abort: AbortController
  watchdog: Watchdog
  slow: () => string | undefined
}

/**
 * GETs at signed addresses, to hosts the rules admit. Only GET: a signature covers the method, so HEAD is refused. Never
 * sends credentials. Nothing it throws or logs holds the address.
 */
export class DownloadClient {
  readonly #rules: DownloadRules
  readonly #clock: Clock
  readonly #limits: DownloadLimits
  readonly #random: () => number
  readonly #guarded: Agent
  readonly #plain: Agent
  readonly #proxied: EgressAgents

  constructor(
    rules: DownloadRules,
    clock: Clock,
    limits: DownloadLimits,
    random: () => number,
    egress: Egress = DIRECT,
  ) {
    this.#rules = rules
    this.#clock = clock
    this.#limits = limits
    this.#random = random
    const lookup = guardedLookup(rules)
    const connect = { timeout: CONNECT_TIMEOUT_MS, highWaterMark: SOCKET_AHEAD_BYTES }
    this.#guarded = new Agent({
      ...AGENT,
      connect: { ...connect, lookup, rejectUnauthorized: true },
    })
    this.#plain = new Agent({ ...AGENT, connect })
    this.#proxied = new EgressAgents(egress, {
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      highWaterMark: SOCKET_AHEAD_BYTES,
    })
  }

  /**
   * Opens a range (null: the whole file). Tried again on 429, 5xx and broken connections; follows one redirect, checked
   * like the address itself. Throws `LinkExpired`, `export.host_refused`, `export.download_failed`,
   * `network.*`.
   */
  open(address: string, range: ByteRange | null, signal: AbortSignal): Promise<OpenedDownload> {
    return retry(
      this.#clock,
      {
        attempts: DOWNLOAD_ATTEMPTS,
        baseMs: DOWNLOAD_BACKOFF_MS,
        capMs: DOWNLOAD_BACKOFF_CAP_MS,
        random: this.#random,
        signal,
        when: (thrown) =>
          thrown instanceof Fault && thrown.code === 'export.download_failed' && thrown.facts.again === true,
      },
      () => this.#once(address, range, signal),
    )
  }

  async close(): Promise<void> {
    await Promise.all([this.#guarded.destroy(), this.#plain.destroy(), this.#proxied.destroy()])
  }

  async #once(address: string, range: ByteRange | null, signal: AbortSignal): Promise<OpenedDownload> {
    const admission = admit(address, this.#rules)
    const first = await this.#request(admission, range, signal)
    if (!REDIRECTS.has(first.answer.statusCode)) return this.#read(first, range, signal)
    const to = headerOf(first.answer, 'location')
    end(first)
    if (to === undefined || !URL.canParse(to, admission.url.href))
      throw new Fault('export.download_failed', {
        status: first.answer.statusCode,
        reason: 'redirect without address',
      })
    const second = await this.#request(admit(new URL(to, admission.url), this.#rules), range, signal)
    if (!REDIRECTS.has(second.answer.statusCode)) return this.#read(second, range, signal)
    end(second)
    throw new Fault('export.host_refused', { reason: 'more than one redirect' })
  }

  async #request({ url, guarded }: Admission, range: ByteRange | null, signal: AbortSignal): Promise<Raw> {
    signal.throwIfAborted()
    const abort = new AbortController()
    let phase: string | undefined
    const watchdog = new Watchdog(this.#clock, (slow) => {
      phase = slow
      abort.abort()
    })
    watchdog.watch('headers', this.#limits.headersTimeoutMs)
    try {
      // A proxy resolves the name, so that what it may lead to is the proxy's to say (docs/network.md).
      const agent = this.#proxied.for(url, guarded ? this.#guarded : this.#plain)
      const answer = await agent.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: 'GET',
        headers: {
          accept: '*/*',
          'accept-encoding': 'identity',
          ...(range && { range: rangeHeader(range) }),
        },
        highWaterMark: BODY_AHEAD_BYTES,
        signal: AbortSignal.any([signal, abort.signal]),
      })
      answer.body.on('error', () => {})
      watchdog.rest()
      return { answer, abort, watchdog, slow: () => phase }
    } catch (thrown) {
      watchdog.stop()
      signal.throwIfAborted()
      if (thrown instanceof AddressRefused)
        throw new Fault('export.host_refused', {
          host: url.host,
          reason: `resolves to an address that may not be read from (${thrown.why})`,
        })
      const way = egressFault(thrown)
      if (way) throw way
      throw new Fault('export.download_failed', { reason: phase ?? errorWord(thrown), again: true })
    }
  }

  async #read(raw: Raw, range: ByteRange | null, signal: AbortSignal): Promise<OpenedDownload> {
    const { answer } = raw
    const status = answer.statusCode
    if ((status === 200 || status === 206) && isTransformed(answer)) {
      end(raw)
      throw new Fault('export.download_failed', { status, reason: 'not the bytes of the file' })
    }
    if (status === 206 && range) {
      const got = parseContentRange(headerOf(answer, 'content-range'))
      const length = lengthOf(answer)
      if (got && answersRange(range, got) && (length === null || length === got.end - got.start + 1))
        return this.#answer(
          raw,
          { start: got.start, total: got.total, partial: true },
          got.end - got.start + 1,
          signal,
        )
      end(raw)
      throw new Fault('export.download_failed', { status, reason: 'another range than asked for' })
    }
    if (status === 200) {
      const total = lengthOf(answer)
      return this.#answer(raw, { start: 0, total, partial: false }, total, signal)
    }
    if (status === 416 && range && parseUnsatisfied(headerOf(answer, 'content-range')) === 0) {
      end(raw)
      return {
        start: 0,
        total: 0,
        partial: true,
        etag: null,
        body: nothing(),
        cancel: () => {},
        disposition: undefined,
      }
    }
    return this.#refused(raw, signal)
  }

  async #refused(raw: Raw, signal: AbortSignal): Promise<never> {
    const status = raw.answer.statusCode
    raw.watchdog.watch('error document', this.#limits.stallTimeoutMs)
    const storeCode = await storeErrorCode(raw.answer.body)
    end(raw)
    signal.throwIfAborted()
    const expired =
      [401, 403, 404, 410].includes(status) || (status === 400 && EXPIRED_CODES.has(storeCode ?? ''))
    if (expired) throw new LinkExpired(status, storeCode)
    const again = status === 429 || status === 408 || status >= 500
    throw new Fault('export.download_failed', { status, storeCode, again })
  }

  #answer(
    raw: Raw,
    place: Pick<DownloadAnswer, 'start' | 'total' | 'partial'>,
    expected: number | null,
    signal: AbortSignal,
  ): OpenedDownload {
    const { answer, watchdog, slow } = raw
    const stop = () => end(raw)
    return {
      ...place,
      etag: strongEtag(headerOf(answer, 'etag')),
      disposition: headerOf(answer, 'content-disposition'),
      body: watchedBody(answer.body, expected, watchdog, this.#limits.stallTimeoutMs, {
        clock: this.#clock,
        signal,
        slow,
        end: stop,
      }),
      cancel: stop,
    }
  }
}

/** Ends a transfer: a body not read to its end takes its connection with it. */
const end = ({ answer, abort, watchdog }: Raw): void => {
  watchdog.stop()
  abort.abort()
  answer.body.destroy()
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}
