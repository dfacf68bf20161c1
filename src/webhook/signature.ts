import { type KeyObject, verify } from 'node:crypto'
import { Fault } from '../base/fault.ts'
import { SIGNATURES_MAX, TIMESTAMP_TOLERANCE_S, WEBHOOK_ID_MAX } from './limits.ts'

/** Headers as Node gives them: a header that came twice is a list. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** What the headers of a delivery say, before anybody believed them. */
export type Claim = {
  readonly id: string
  readonly timestamp: string
  /** DER signatures, decoded. */
  readonly signatures: readonly Buffer[]
}

const SIGNED_HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const

/** Python's `float()` takes more than this (`1e9`, ` 1`, `nan`); Benchling sends digits. */
const TIMESTAMP = /^\d+(\.\d+)?$/

const PRINTABLE = /^[\x21-\x7e]+$/

/**
 * The cheap half of verification, before the body is read: headers there, timestamp fresh, a DER signature present.
 * The scheme is benchling-sdk's `webhook_helpers.verify`, in its order. `nowMs` is the receiver's clock in ms.
 *
 * Throws `webhook.missing_headers` (its detail names them) and `webhook.invalid_signature` (why: facts only).
 */
export const readClaim = (headers: Headers, nowMs: number): Claim => {
  const [id, timestamp, signature] = SIGNED_HEADERS.map((name) => header(headers, name))
  if (!id || !timestamp || !signature) {
    const missing = SIGNED_HEADERS.filter((name) => !header(headers, name))
    throw new Fault('webhook.missing_headers', { missing }, { detail: `Missing: ${missing.join(', ')}.` })
  }
  if (id.length > WEBHOOK_ID_MAX || !PRINTABLE.test(id)) throw refused('id_malformed')
  if (!TIMESTAMP.test(timestamp)) throw refused('timestamp_malformed')
  const age = nowMs / 1000 - Number(timestamp)
  if (age > TIMESTAMP_TOLERANCE_S) throw refused('timestamp_too_old')
  if (age < -TIMESTAMP_TOLERANCE_S) throw refused('timestamp_too_new')
  const signatures = derSignatures(signature)
  if (signatures.length === 0) throw refused('no_der_signature')
  return { id, timestamp, signatures }
}

/**
 * Whether any key verifies any signature over `{id}.{timestamp}.{body}`: ECDSA with SHA-256, the body as its raw bytes.
 * Works on Node's thread pool, so that a flood of bad signatures does not stop the loop. Never throws: a key or
 * signature that cannot be used does not match.
 */
export const isSigned = async (
  claim: Claim,
  body: Uint8Array,
  keys: readonly KeyObject[],
): Promise<boolean> => {
  const signed = Buffer.concat([Buffer.from(`${claim.id}.${claim.timestamp}.`), body])
  for (const key of keys) {
    for (const signature of claim.signatures) if (await matches(key, signed, signature)) return true
  }
  return false
}

/** The fault of a delivery whose signature does not hold. */
export const refused = (why: string): Fault => new Fault('webhook.invalid_signature', { why })

const matches = (key: KeyObject, signed: Uint8Array, signature: Uint8Array): Promise<boolean> =>
  new Promise((resolve) => {
    try {
      verify('sha256', signed, key, signature, (error, matched) => resolve(error === null && matched))
    } catch {
      resolve(false)
    }
  })

/**
 * Entries are `<version>,<base64>`, separated by spaces; a comma at the end of one is where Node joined two headers. Only
 * versions that contain `der` count; the rest is skipped, not refused.
 */
const derSignatures = (value: string): Buffer[] =>
  value
    .split(' ')
    .map((entry) => entry.replace(/,$/, '').split(','))
    .filter(([version, signature, ...more]) => version?.includes('der') && signature && more.length === 0)
    .slice(0, SIGNATURES_MAX)
    .map(([, signature]) => Buffer.from(signature ?? '', 'base64'))

/** Header names arrive in any case; Node lowers them, other callers may not. */
const header = (headers: Headers, name: string): string | undefined => {
  const found = headers[name] ?? headers[Object.keys(headers).find((key) => key.toLowerCase() === name) ?? '']
  return typeof found === 'string' ? found : found?.[0]
}
