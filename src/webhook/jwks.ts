import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '../base/clock.ts'
import type { Egress } from '../base/egress.ts'
import { egressFetch } from '../base/egress-agents.ts'
import { egressFault } from '../base/egress-faults.ts'
import { asFault, Fault } from '../base/fault.ts'
import { Fresh } from '../base/fresh.ts'
import { faultFields, type Logger } from '../base/log.ts'
import { type Metrics, NO_METRICS } from '../base/metrics.ts'
import { backoffMs } from '../base/retry.ts'
import {
  JWKS_EXPIRE_MS,
  JWKS_FORCE_EVERY_MS,
  JWKS_MAX_BYTES,
  JWKS_MAX_KEYS,
  JWKS_PAUSE_MS,
  JWKS_REFRESH_MS,
  JWKS_TIMEOUT_MS,
} from './limits.ts'

/** The public keys of the configured app. Throws `webhook.keys_unavailable` when there is none to be had. */
export interface Keys {
  /** Age of the keys in use, in ms; undefined while there are none. */
  readonly ageMs: number | undefined
  /** At most 6 hours old; fetched only when there are none or they are too old. */
  current(): Promise<readonly KeyObject[]>
  /**
   * Fetched anew because no current key matched; null when that was done less than `JWKS_FORCE_EVERY_MS` ago. While
   * Benchling's keys cannot be fetched this throws, because the delivery may be signed by one we could not learn.
   */
  renewed(): Promise<readonly KeyObject[] | null>
  /** Fetches at once, so that the first delivery does not wait, and again before the keys are old, until aborted. */
  keepWarm(signal: AbortSignal): Promise<void>
}

const jwkSet = z.object({ keys: z.array(z.unknown()).max(JWKS_MAX_KEYS) })
const ecKey = z.looseObject({ kty: z.literal('EC') })

/** Keys from a JWKS address, imported once per fetch (importing costs more than verifying). */
export const createKeys = (options: {
  readonly url: string
  readonly clock: Clock
  readonly log: Logger
  /** Which proxy the way leads through; default: none. */
  readonly egress?: Egress
  readonly fetch?: typeof globalThis.fetch
  readonly metrics?: Metrics
}): Keys => {
  const { clock, log, metrics = NO_METRICS, fetch = egressFetch(options.egress, JWKS_TIMEOUT_MS) } = options
  let failedAt: number | null = null

  const fetchKeys = async (): Promise<readonly KeyObject[]> => {
    if (failedAt !== null && clock.now() - failedAt < JWKS_PAUSE_MS) throw unavailable('paused')
    try {
      const keys = await download(options.url, fetch, clock)
      failedAt = null
      metrics.count('jwks_fetches', 1, { outcome: 'fetched' })
      return keys
    } catch (thrown) {
      failedAt = clock.now()
      metrics.count('jwks_fetches', 1, { outcome: 'failed' })
      const fault = thrown instanceof Fault ? thrown : unavailable('unreachable', thrown)
      log.warn(faultFields(fault), 'the keys of the app could not be fetched')
      throw fault
    }
  }

  const fresh = new Fresh(
    clock,
    { refreshAfterMs: JWKS_REFRESH_MS, expireAfterMs: JWKS_EXPIRE_MS, forceEveryMs: JWKS_FORCE_EVERY_MS },
    fetchKeys,
  )

  metrics.gauge('jwks_age_seconds', 'Seconds', () => fresh.ageMs && fresh.ageMs / 1000)

  return {
    get ageMs() {
      return fresh.ageMs
    },
    current: () => fresh.get(),
    renewed: async () => {
      const keys = await fresh.renew(() => metrics.count('jwks_forced_renewals'))
      if (keys === undefined && failedAt !== null) throw unavailable('unreachable')
      return keys ?? null
    },
    keepWarm: async (signal) => {
      for (let failures = 0; !signal.aborted; ) {
        const ok = await fresh.get().then(
          () => failedAt === null,
          () => false,
        )
        failures = ok ? 0 : failures + 1
        const wait = ok ? JWKS_REFRESH_MS : backoffMs(failures, 2 * JWKS_PAUSE_MS, 60_000)
        await clock.sleep(wait, signal).catch(() => {})
      }
    },
  }
}

/** What stands in the way of all requests is told to whoever reads the answer: it looks like no fault of Benchling's. */
const unavailable = (why: string, cause?: unknown): Fault => {
  const detail = egressFault(cause)?.people
  return new Fault('webhook.keys_unavailable', { why }, { ...(detail && { detail }), cause })
}

const download = async (
  url: string,
  fetch: typeof globalThis.fetch,
  clock: Clock,
): Promise<readonly KeyObject[]> => {
  const late = new AbortController()
  const done = new AbortController()
  clock.sleep(JWKS_TIMEOUT_MS, done.signal).then(
    () => late.abort(unavailable('timeout')),
    () => {},
  )
  try {
    // Whoever answers decides who is believed: only the documented address may, as in Benchling's own SDK.
    const redirect = 'error'
    const answer = await fetch(url, {
      headers: { accept: 'application/json' },
      redirect,
      signal: late.signal,
    })
    if (!answer.ok) {
      await answer.body?.cancel()
      throw unavailable(`status ${answer.status}`)
    }
    return importKeys(await boundedText(answer))
  } catch (thrown) {
    throw late.signal.aborted ? asFault(late.signal.reason) : thrown
  } finally {
    done.abort()
  }
}

const boundedText = async (answer: Response): Promise<string> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body ?? []) {
    size += chunk.length
    if (size > JWKS_MAX_BYTES) throw unavailable('too_large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Elliptic curve keys only; a key that cannot be imported is left out. An answer without any is not a JWKS of ours. */
const importKeys = (text: string): readonly KeyObject[] => {
  const parsed = jwkSet.safeParse(json(text))
  if (!parsed.success) throw unavailable('not_a_jwks')
  const keys = parsed.data.keys.flatMap((key) => imported(ecKey.safeParse(key).data))
  if (keys.length === 0) throw unavailable('no_usable_key')
  return keys
}

const imported = (jwk: JsonWebKey | undefined): KeyObject[] => {
  try {
    return jwk ? [createPublicKey({ key: jwk, format: 'jwk' })] : []
  } catch {
    return []
  }
}

const json = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
