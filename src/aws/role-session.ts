import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts'
import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/fault.ts'
import { faultFields, type Logger } from '../base/log.ts'
import { demandRegion } from './aws-client.ts'
import { briefCall } from './brief-call.ts'
import type { Keys } from './role-credentials.ts'
import { roleFault } from './role-faults.ts'

/** The longest that every role allows, and that a role assumed by another one can get. */
const SESSION_SECONDS = 3_600
const REFRESH_EARLY_MS = 5 * 60_000
/** After a refusal nobody asks again for so long. */
const REFUSED_PAUSE_MS = 5_000
/** A session this young that is refused would be refused anew: its age is not the reason. */
const YOUNG_MS = 60_000

type Session = { readonly keys: Keys; readonly since: number; readonly until: number; readonly early: number }

/**
 * The session of one role, for all who ask: assumed once (single flight), kept, renewed five minutes before its end
 * while the old one is still handed out, never handed out when it is over. Throws `aws.role_refused`,
 * `aws.sts_unavailable`, `network.*`, `config.invalid` (no region).
 */
export class RoleSession {
  readonly #client: STSClient
  readonly #roleArn: string
  readonly #name: () => string
  readonly #clock: Clock
  readonly #log: Logger
  #session: Session | undefined
  #flight: Promise<Session> | undefined
  #failure: { readonly at: number; readonly fault: Fault } | undefined

  constructor(client: STSClient, roleArn: string, name: () => string, clock: Clock, log: Logger) {
    this.#client = client
    this.#roleArn = roleArn
    this.#name = name
    this.#clock = clock
    this.#log = log
  }

  /** Why the last try failed; undefined when it did not. */
  get fault(): Fault | undefined {
    return this.#failure?.fault
  }

  held(): Keys | undefined {
    return this.#valid()?.keys
  }

  async get(): Promise<Keys> {
    const session = this.#valid()
    if (!session) return (await this.#renew()).keys
    if (this.#clock.now() >= session.early) this.#renew().catch(() => {})
    return session.keys
  }

  /** Forgets a session that a service refused. True when asking again gives another one. */
  refused(keys: Keys): boolean {
    const session = this.#session
    if (session?.keys !== keys) return true
    if (this.#clock.now() - session.since < YOUNG_MS) return false
    this.#session = undefined
    this.#log.warn({ role: this.#roleArn }, 'the session of the role was refused, another one is asked for')
    return true
  }

  #valid(): Session | undefined {
    return this.#session && this.#clock.now() < this.#session.until ? this.#session : undefined
  }

  #renew(): Promise<Session> {
    const failure = this.#failure
    const now = this.#clock.now()
    if (failure && now >= failure.at && now < failure.at + REFUSED_PAUSE_MS && !this.#flight)
      return Promise.reject(failure.fault)
    this.#flight ??= this.#assume()
      .then(
        (session) => {
          this.#session = session
          this.#failure = undefined
          return session
        },
        (thrown: unknown) => {
          const fault = roleFault(thrown)
          this.#failure = { at: this.#clock.now(), fault }
          this.#log.warn({ role: this.#roleArn, ...faultFields(fault) }, 'the role could not be assumed')
          throw fault
        },
      )
      .finally(() => {
        this.#flight = undefined
      })
    return this.#flight
  }

  async #assume(): Promise<Session> {
    await demandRegion(this.#client)
    const since = this.#clock.now()
    const name = this.#name()
    const { Credentials } = await briefCall(this.#clock, undefined, (options) =>
      this.#client.send(
        new AssumeRoleCommand({
          RoleArn: this.#roleArn,
          RoleSessionName: name,
          DurationSeconds: SESSION_SECONDS,
        }),
        options,
      ),
    )
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '', Expiration } = Credentials ?? {}
    // What looks like an answer but holds no keys would be signed with, and be refused everywhere for another reason.
    if (!AccessKeyId || !SecretAccessKey || !SessionToken)
      throw new Fault('aws.sts_unavailable', { operation: 'AssumeRole', problem: 'no keys in the answer' })
    const until = endOf(since, Expiration)
    const early = until - Math.min(REFRESH_EARLY_MS, (until - since) / 2)
    this.#log.info(
      { role: this.#roleArn, session: name, until: new Date(until).toISOString() },
      'role assumed',
    )
    const keys = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
    return { keys: Object.freeze({ ...keys, expiration: new Date(until) }), since, until, early }
  }
}

/** The end that STS says, by its clock, but not after an hour by ours; when our clock is far ahead, that hour. */
const endOf = (since: number, said: Date | undefined): number => {
  const hour = since + SESSION_SECONDS * 1_000
  const end = said?.getTime() ?? hour
  return end > since ? Math.min(end, hour) : hour
}
