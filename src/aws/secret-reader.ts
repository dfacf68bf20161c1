import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { Clock } from '../base/clock.ts'
import { egressFault } from '../base/egress-faults.ts'
import type { ErrorCode } from '../base/errors.ts'
import { Fault } from '../base/fault.ts'
import type { Logger } from '../base/log.ts'
import { type AwsAddress, demandRegion } from './aws-client.ts'
import { isPassing, problemOf } from './aws-problem.ts'
import { briefCall, briefClientConfig } from './brief-call.ts'

export type SecretReaderOptions = AwsAddress & {
  /** Name or ARN of the secret. */
  readonly secretId: string
  readonly clock: Clock
  readonly log: Logger
}

/** One secret in AWS Secrets Manager. */
export type SecretReader = {
  /**
   * Its text as it is now: asked for up to three times, ten seconds each. Throws `config.secret_missing`,
   * `config.secret_forbidden`, `config.secret_invalid` (no text), `config.secret_unavailable`, `config.invalid` (no
   * region), `network.*`. Nothing of the secret is in any of them.
   */
  read(signal: AbortSignal): Promise<string>
  close(): void
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html */
const CODES: Readonly<Record<string, ErrorCode>> = {
  ResourceNotFoundException: 'config.secret_missing',
  // marked for deletion
  InvalidRequestException: 'config.secret_missing',
  // what was configured is neither a name nor an ARN
  InvalidParameterException: 'config.secret_missing',
  ValidationException: 'config.secret_missing',
  // the key in KMS
  DecryptionFailure: 'config.secret_forbidden',
  CredentialsProviderError: 'config.secret_forbidden',
  TokenProviderError: 'config.secret_forbidden',
}
const DETAILS: Readonly<Record<string, string>> = {
  InvalidRequestException: 'It is marked for deletion.',
  InvalidParameterException: 'BenchlingSecret is neither a name nor an ARN.',
  ValidationException: 'BenchlingSecret is neither a name nor an ARN.',
  DecryptionFailure: 'The key it is encrypted with cannot be used (kms:Decrypt).',
  CredentialsProviderError: 'The service has no credentials of its own.',
  TokenProviderError: 'The service has no credentials of its own.',
}

const secretFault = (thrown: unknown): Fault => {
  if (thrown instanceof Fault) return thrown
  const way = egressFault(thrown)
  if (way) return way
  const { name, status, system } = problemOf(thrown)
  const facts = { operation: 'GetSecretValue', error: name, status, system }
  const kms = /\bkms:\w|\bKMS\b/.test((thrown as { message?: string }).message ?? '')
  const refused = status !== undefined && status < 500 && !isPassing(thrown)
  const code = CODES[name] ?? (refused ? 'config.secret_forbidden' : 'config.secret_unavailable')
  const detail = DETAILS[refused && kms ? 'DecryptionFailure' : name]
  return new Fault(code, facts, { ...(detail === undefined ? {} : { detail }), cause: thrown })
}

/** Where the secret lies, when it is named by its ARN: no other region knows it. */
const regionOf = (secretId: string): string | undefined =>
  /^arn:[^:]+:secretsmanager:([^:]+):/.exec(secretId)?.[1]

/** Reads a secret with the credentials of the address. Asks nothing when it is made. */
export const createSecretReader = (options: SecretReaderOptions): SecretReader => {
  const { secretId, clock, log } = options
  const region = regionOf(secretId) ?? options.region
  const client = new SecretsManagerClient(
    briefClientConfig({ ...options, ...(region === undefined ? {} : { region }) }),
  )
  return {
    read: async (signal) => {
      try {
        signal.throwIfAborted()
        await demandRegion(client)
        const { SecretString, VersionId } = await briefCall(clock, signal, (sent) =>
          client.send(new GetSecretValueCommand({ SecretId: secretId }), sent),
        )
        if (SecretString === undefined)
          throw new Fault('config.secret_invalid', {}, { detail: 'It holds bytes instead of text.' })
        log.debug({ version: VersionId }, 'the secret was read')
        return SecretString
      } catch (thrown) {
        signal.throwIfAborted()
        throw secretFault(thrown)
      }
    },
    close: () => client.destroy(),
  }
}
