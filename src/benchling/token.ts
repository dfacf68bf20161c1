import { z } from 'zod'
import { abortable } from '../base/abortable.ts'
import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/fault.ts'
import { checked, jsonOf } from './answer.ts'
import { TOKEN_EARLY_SECONDS, TOKEN_EARLY_SHARE } from './limits.ts'
import type { HttpAnswer, HttpRequest } from './transport.ts'

/** The app's credentials, asked for before every call: they may change while the service runs. */
export type Credentials = { readonly clientId: string; readonly clientSecret: string }

const OPERATION = 'POST /token'

const tokenAnswer = z.looseObject({ access_token: z.string().min(1), expires_in: z.number().positive() })

/** Seconds before its end at which a token is no longer used: min(60 s, 10 %), at least one. */
const earlySeconds = (expiresIn: number): number =>
  Math.max(1, Math.min(TOKEN_EARLY_SECONDS, expiresIn * TOKEN_EARLY_SHARE))

type Held = { readonly id: string; readonly secret: string; readonly token: string; readonly until: number }

/**
 * The access token of one tenant: fetched once for all who ask, renewed early, dropped when refused, and never used
 * with credentials other than those it was made from. `exchange` is the client's way to the tenant, retries included.
 */
export class TokenSource {
  readonly #clock: Clock
  readonly #credentials: () => Promise<Credentials>
  readonly #exchange: (request: HttpRequest) => Promise<HttpAnswer>
  #held: Held | undefined
  #flight: { id: string; secret: string; token: Promise<string> } | undefined

  constructor(
    clock: Clock,
    credentials: () => Promise<Credentials>,
    exchange: (request: HttpRequest) => Promise<HttpAnswer>,
  ) {
    this.#clock = clock
    this.#credentials = credentials
    this.#exchange = exchange
  }

  /** Throws `benchling.unauthorized`, `benchling.wrong_tenant` and the faults of any call. */
  async get(signal: AbortSignal): Promise<string> {
    const given = await abortable(this.#credentials(), signal)
    // A secret read from a file often ends with a line break.
    const id = given.clientId.trim()
    const secret = given.clientSecret.trim()
    const held = this.#held
    if (held && held.id === id && held.secret === secret && this.#clock.now() < held.until) return held.token
    let flight = this.#flight
    if (!flight || flight.id !== id || flight.secret !== secret) {
      flight = { id, secret, token: this.#fetch(id, secret) }
      this.#flight = flight
      const over = () => {
        if (this.#flight === flight) this.#flight = undefined
      }
      flight.token.then(over, over)
    }
    return abortable(flight.token, signal)
  }

  /** Forgets a token that was refused, unless a newer one is held already. */
  drop(token: string): void {
    if (this.#held?.token === token) this.#held = undefined
  }

  async #fetch(id: string, secret: string): Promise<string> {
    const answer = await this.#exchange({
      method: 'POST',
      path: '/token',
      headers: {
        authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body: 'grant_type=client_credentials',
    })
    const json = asUnauthorized(() => jsonOf(OPERATION, answer))
    const { access_token: token, expires_in: seconds } = checked(tokenAnswer, OPERATION, json)
    this.#held = { id, secret, token, until: this.#clock.now() + (seconds - earlySeconds(seconds)) * 1000 }
    return token
  }
}

/** The token endpoint says 400 (invalid_grant, unauthorized_client) as well as 401 when it does not accept credentials. */
const asUnauthorized = <T>(read: () => T): T => {
  try {
    return read()
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'benchling.rejected')
      throw new Fault('benchling.unauthorized', thrown.facts, {
        ...(thrown.detail && { detail: thrown.detail }),
      })
    throw thrown
  }
}
