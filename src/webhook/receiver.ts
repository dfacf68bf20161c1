import { randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { asFault, Fault } from '../base/fault.ts'
import { faultFields, type Logger } from '../base/log.ts'
import { type Metrics, NO_METRICS } from '../base/metrics.ts'
import { retry } from '../base/retry.ts'
import type { Bell, Cause, Key, Subjects } from '../jobs/ports.ts'
import { type Answer, acceptance, refusal } from './answers.ts'
import { createDeadlines, type Deadlines } from './deadlines.ts'
import { toDelivery } from './delivery.ts'
import { type Envelope, readEnvelope } from './envelope.ts'
import { checkIdentity, type Identity } from './identity.ts'
import type { Keys } from './jwks.ts'
import { STORE_ATTEMPTS, STORE_WITHIN_MS, TIMESTAMP_TOLERANCE_S, WEBHOOK_ID_MAX } from './limits.ts'
import { type Request, readRequest } from './request.ts'
import { plan, recordToRead } from './routing.ts'
import { type Claim, type Headers, isSigned, readClaim, refused } from './signature.ts'

/** What the door needs to judge a delivery and to store it. */
export type ReceiverPorts = {
  /** Read at every delivery, so that a rotated configuration takes effect without a restart. */
  readonly config: { readonly identity: Identity; readonly verify: boolean }
  readonly keys: Keys
  readonly subjects: Pick<Subjects, 'get' | 'record'>
  readonly bell: Pick<Bell, 'ring'>
  readonly clock: Clock
  readonly log: Logger
  readonly metrics?: Metrics
}

/** The door without a server: headers and raw bytes in, an answer out. */
export interface Receiver {
  /** Judges the headers alone, before the body is read. Throws as `readClaim`. */
  screen(headers: Headers): Claim
  /**
   * Verifies, parses, checks whose it is, and stores what it asks for in one durable write. Until the answer nothing but
   * the jobs store is called. `after` rings the bell and is for after the answer; it never throws.
   */
  receive(claim: Claim, body: Buffer): Promise<Answer & { readonly after: () => void }>
  /** Any throw as an answer, logged by code and facts only. */
  refuse(thrown: unknown): Answer
}

export const createReceiver = (ports: ReceiverPorts): Receiver => {
  const { clock, log, metrics = NO_METRICS } = ports
  const within = createDeadlines(clock)
  return {
    screen: (headers) =>
      ports.config.verify ? readClaim(headers, clock.now()) : unverifiedClaim(headers['webhook-id']),
    receive: async (claim, body) => {
      if (ports.config.verify) await verify(claim, body, ports.keys)
      const envelope = readEnvelope(body)
      checkIdentity(envelope, ports.config.identity)
      const request = readRequest(envelope.message)
      const touched = await store(ports, within, claim, envelope, request)
      return { ...acceptance(request, envelope.message), after: () => ring(ports, touched, claim.id) }
    },
    refuse: (thrown) => {
      const fault = asFault(thrown)
      log.warn(faultFields(fault), 'a delivery was refused')
      metrics.count('deliveries_refused', 1, { code: fault.code })
      return refusal(fault)
    },
  }
}

const unverifiedClaim = (id: string | readonly string[] | undefined): Claim => ({
  id: typeof id === 'string' && id !== '' && id.length <= WEBHOOK_ID_MAX ? id : `unsigned-${randomUUID()}`,
  timestamp: '',
  signatures: [],
})

const verify = async (claim: Claim, body: Buffer, keys: Keys): Promise<void> => {
  if (await isSigned(claim, body, await keys.current())) return
  const renewed = await keys.renewed()
  if (!renewed || !(await isSigned(claim, body, renewed))) throw refused('no_matching_signature')
}

/** Returns the keys to ring: none when the delivery was seen before. Throws `webhook.not_stored`. */
const store = async (
  { subjects, clock, log, metrics = NO_METRICS }: ReceiverPorts,
  within: Deadlines,
  claim: Claim,
  envelope: Envelope,
  request: Request,
): Promise<readonly Key[]> => {
  const receivedAt = clock.now()
  const cause = causeOf(envelope, claim.id, receivedAt)
  const key = recordToRead(request)
  const attempt = async () => {
    const record = key ? await subjects.get(key) : null
    const { outcome, touches } = plan(request, { appId: envelope.app.id, cause, record })
    const delivery = toDelivery(envelope, { id: claim.id, receivedAt, outcome })
    const result = await subjects.record(delivery, touches)
    log.info({ delivery: claim.id, type: delivery.type, outcome, result }, 'delivery recorded')
    metrics.count('deliveries', 1, { kind: request.kind, outcome: result === 'seen' ? 'repeated' : outcome })
    return result === 'new' ? touches.map((touch) => touch.key) : []
  }
  try {
    return await within(STORE_WITHIN_MS, tooSlow, (isLate) => {
      const when = (thrown: unknown) => !isLate() && asFault(thrown).entry.class === 'again'
      return retry(clock, { attempts: STORE_ATTEMPTS, baseMs: 50, capMs: 500, when }, attempt)
    })
  } catch (thrown) {
    throw new Fault('webhook.not_stored', { delivery: claim.id }, { cause: thrown })
  }
}

const tooSlow = (): Fault => new Fault('jobs.store_unavailable', { why: 'timeout' })

/** A time that no clock can be right about counts as now: presses that really come later must not seem to be old. */
const causeOf = ({ message }: Envelope, delivery: string, receivedAt: number): Cause => {
  const at = Date.parse(message.createdAt ?? '')
  const known = at <= receivedAt + TIMESTAMP_TOLERANCE_S * 1000
  return {
    delivery,
    type: message.type.slice(0, 128),
    at: known ? at : receivedAt,
    by: message.userId?.slice(0, 128) ?? null,
  }
}

const ring = ({ bell, log }: ReceiverPorts, keys: readonly Key[], id: string): void => {
  for (const key of keys) {
    Promise.resolve()
      .then(() => bell.ring(key, id))
      .catch((thrown) =>
        log.warn({ delivery: id, key, ...faultFields(asFault(thrown)) }, 'the bell did not ring'),
      )
  }
}
