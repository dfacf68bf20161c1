import { egressFault, proxyTrouble } from '../base/egress-faults.ts'

/** What of an SDK error decides: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export type Problem = {
  readonly name: string
  readonly status: number | undefined
  readonly system: string | undefined
}

export const problemOf = (thrown: unknown): Problem => {
  const error = thrown as { name?: unknown; code?: unknown; $metadata?: { httpStatusCode?: number } } | null
  return {
    name: typeof error?.name === 'string' ? error.name : 'unknown',
    status: error?.$metadata?.httpStatusCode,
    system: typeof error?.code === 'string' ? error.code : undefined,
  }
}

/** Answers with a 4xx status that say "not now": 409 is a conditional write that met another one. */
const PASSING_NAMES = new Set([
  'InternalServerError',
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'ConditionalRequestConflict',
  'OperationAborted',
  'TimeoutError',
  // S3 in the name of KMS, https://docs.aws.amazon.com/kms/latest/developerguide/throttling.html
  'KMS.ThrottlingException',
  'KMS.KMSInternalException',
  'KMS.DependencyTimeoutException',
])
const PASSING_SYSTEM = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ERR_STREAM_PREMATURE_CLOSE',
])

/** True for throttling, 5xx, time-outs and broken connections: the same request may go through in a moment. */
export const isPassing = (thrown: unknown): boolean => {
  if (proxyTrouble(thrown)) return egressFault(thrown) === null
  const { name, status, system } = problemOf(thrown)
  if (PASSING_NAMES.has(name) || status === 429) return true
  if (status !== undefined && status >= 500) return status !== 501
  return system !== undefined && PASSING_SYSTEM.has(system)
}
