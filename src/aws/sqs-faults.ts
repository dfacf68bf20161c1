import type { ErrorCode } from '../base/errors.ts'
import { type Facts, Fault } from '../base/fault.ts'
import { isPassing, problemOf } from './aws-problem.ts'

/** What only whoever runs the account can set right. */
const REFUSED = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AWS.SimpleQueueService.NonExistentQueue',
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAddress',
  'InvalidClientTokenId',
  'InvalidSecurity',
  'KmsAccessDenied',
  'KmsDisabled',
  'KmsInvalidKeyUsage',
  'KmsInvalidState',
  'KmsNotFound',
  'KmsOptInRequired',
  'QueueDoesNotExist',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
  'UnsupportedOperation',
])
const PASSING = new Set(['KmsThrottled', 'OverLimit'])
/** A receipt that is outdated is a wrong parameter for a FIFO queue, and so is a message that was kept for 12 hours. */
const NO_LONGER_OURS = new Set([
  'InvalidParameterValue',
  'InvalidParameterValueException',
  'MessageNotInflight',
  'ReceiptHandleIsInvalid',
])

export const isPassingForSqs = (thrown: unknown): boolean =>
  isPassing(thrown) || PASSING.has(problemOf(thrown).name)

const codeOf = (thrown: unknown): ErrorCode => {
  const { name, status, system } = problemOf(thrown)
  if (isPassingForSqs(thrown)) return 'queue.unavailable'
  if (REFUSED.has(name) || status === 401 || status === 403) return 'queue.refused'
  return status === undefined && system !== undefined ? 'queue.unavailable' : 'internal'
}

/** An SDK error as a fault. Facts: `error` is SQS's own code, `status` the HTTP status. A Fault stays itself. */
export const sqsFault = (thrown: unknown, facts: Facts): Fault => {
  if (thrown instanceof Fault) return thrown
  const { name, status, system } = problemOf(thrown)
  return new Fault(codeOf(thrown), { ...facts, error: system ?? name, status }, { cause: thrown })
}

/** True when a message was received by somebody else since, is deleted, or cannot be kept any longer. */
export const isNoLongerOurs = (thrown: unknown): boolean =>
  thrown instanceof Fault && typeof thrown.facts.error === 'string' && NO_LONGER_OURS.has(thrown.facts.error)
