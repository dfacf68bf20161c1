import { hostname } from 'node:os'
import { STSClient } from '@aws-sdk/client-sts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { AwsAddress } from './aws-client.ts'
import { briefClientConfig } from './brief-call.ts'
import type { Keys, RoleCredentials } from './role-credentials.ts'
import { RoleSession } from './role-session.ts'

/** `error`: why it is not valid, in words for people. */
export type RoleStatus = { readonly configured: boolean; readonly valid: boolean; readonly error?: string }

/** The one role of this service: the only source of credentials for S3 and Athena. */
export type RoleManager = {
  /** Null: what the SDK's default chain finds is used as it is. */
  readonly roleArn: string | null
  /** For `AwsAddress.credentials` of every client of S3 and Athena; undefined without a role: the default chain. */
  readonly credentials: RoleCredentials | undefined
  /**
   * Resolves when there are keys that are still good, which asks STS only when there are none. Without a role there is
   * nothing to check: whether the default chain finds anything shows where it is used. Throws what assuming throws.
   */
  check(signal: AbortSignal): Promise<void>
  /** As the last check left it; asks nobody. */
  status(): RoleStatus
  close(): void
}

export type RoleManagerOptions = AwsAddress & {
  /** The ARN of a role in any partition; null: no role. */
  readonly roleArn: string | null
  readonly clock: Clock
  readonly log: Logger
  /** Stands in the session's name; default: this machine's. */
  readonly host?: string
}

const HOST_CHARACTERS = 34

/** `benchling-webhook-<host>-<unix seconds>`, 64 characters of `[\w+=,.@-]` at most, as STS demands. */
export const sessionName = (host: string, now: number): string => {
  const safe = host.replace(/[^\w+=,.@-]/g, '-').slice(0, HOST_CHARACTERS) || 'unknown'
  return `benchling-webhook-${safe}-${Math.floor(now / 1_000)}`
}

/**
 * Holds one role ARN and a region (of STS). With a role that cannot be assumed, whoever asks for credentials gets its
 * fault, never the task's own credentials: data must not land in the wrong account. Asks nothing when it is made.
 */
export const createRoleManager = (options: RoleManagerOptions): RoleManager => {
  const { roleArn, clock, log, host = hostname() } = options
  if (roleArn === null)
    return {
      roleArn,
      credentials: undefined,
      check: async () => {},
      status: () => ({ configured: false, valid: true }),
      close: () => {},
    }

  const client = new STSClient(briefClientConfig(options))
  const session = new RoleSession(client, roleArn, () => sessionName(host, clock.now()), clock, log)
  const credentials: RoleCredentials = Object.assign(() => session.get(), {
    memoized: true as const,
    held: () => session.held(),
    refused: (keys: Keys) => session.refused(keys),
  })
  return {
    roleArn,
    credentials,
    check: async (signal) => {
      signal.throwIfAborted()
      const { promise, reject } = Promise.withResolvers<never>()
      const abort = () => reject(signal.reason)
      signal.addEventListener('abort', abort, { once: true })
      try {
        await Promise.race([session.get(), promise])
      } finally {
        signal.removeEventListener('abort', abort)
      }
    },
    status: () =>
      session.held()
        ? { configured: true, valid: true }
        : { configured: true, valid: false, error: session.fault?.people ?? 'The role was not assumed yet.' },
    close: () => client.destroy(),
  }
}
