import { timingSafeEqual } from 'node:crypto'
import { ApiError } from './api-error.ts'
import { benchlingId, type Random } from './random.ts'

/** `expires_in` of Benchling's tokens (benchling-platform.md §3). */
export const TOKEN_SECONDS = 900

export type AppCredentials = { readonly clientId: string; readonly clientSecret: string }

/** The token end point's memory: which tokens are out and until when. */
export class Tokens {
  readonly #credentials: AppCredentials
  readonly #random: Random
  readonly #now: () => number
  readonly #until = new Map<string, number>()

  constructor(credentials: AppCredentials, random: Random, now: () => number) {
    this.#credentials = credentials
    this.#random = random
    this.#now = now
  }

  /** `basic` is the Authorization header; both ways of giving the credentials are accepted, not both at once. */
  issue(basic: string | undefined, form: URLSearchParams) {
    const grant = form.get('grant_type')
    if (!grant) throw oauth(400, 'invalid_request', 'grant_type is missing.')
    if (grant !== 'client_credentials')
      throw oauth(400, 'unsupported_grant_type', `grant_type ${grant} is not supported.`)
    const inHeader = basicCredentials(basic)
    const inForm = { id: form.get('client_id'), secret: form.get('client_secret') }
    if (inHeader && (inForm.id !== null || inForm.secret !== null))
      throw oauth(400, 'invalid_request', 'Give the client credentials once.')
    const { id, secret } = inHeader ?? inForm
    if (!same(id, this.#credentials.clientId) || !same(secret, this.#credentials.clientSecret))
      throw oauth(401, 'invalid_client', 'Invalid client credentials.')
    const token = `eyJhbGciOiJub25lIn0.${benchlingId(this.#random, 'tok', 40)}`
    this.#until.set(token, this.#now() + TOKEN_SECONDS * 1000)
    return { access_token: token, token_type: 'Bearer', expires_in: TOKEN_SECONDS }
  }

  /** Throws 401 unless the header carries a token that is still good. */
  check(authorization: string | undefined): void {
    const token = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1]
    const until = token === undefined ? undefined : this.#until.get(token)
    if (until === undefined || until <= this.#now())
      throw new ApiError(401, 'authentication_error', 'The access token is missing, invalid or expired.')
  }

  /** Makes every token that is out invalid, as when an app is deactivated. */
  revoke(): void {
    this.#until.clear()
  }
}

const oauth = (status: number, type: string, message: string) => new ApiError(status, type, message)

const basicCredentials = (header: string | undefined) => {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/.exec(header ?? '')?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { id: text.slice(0, colon), secret: text.slice(colon + 1) }
}

const same = (given: string | null | undefined, expected: string): boolean => {
  const a = Buffer.from(given ?? '')
  const b = Buffer.from(expected)
  return a.length === b.length && timingSafeEqual(a, b)
}
