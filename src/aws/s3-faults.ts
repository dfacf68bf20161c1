import type { ErrorCode } from '../base/errors.ts'
import { type Facts, Fault } from '../base/fault.ts'

/** What of an SDK error decides: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
type Problem = {
  readonly name: string
  readonly status: number | undefined
  readonly system: string | undefined
}

const problemOf = (thrown: unknown): Problem => {
  const error = thrown as { name?: unknown; code?: unknown; $metadata?: { httpStatusCode?: number } } | null
  return {
    name: typeof error?.name === 'string' ? error.name : 'unknown',
    status: error?.$metadata?.httpStatusCode,
    system: typeof error?.code === 'string' ? error.code : undefined,
  }
}

const CHECKSUM_PROBLEMS = new Set([
  'BadDigest',
  'InvalidDigest',
  'InvalidPart',
  'XAmzContentSHA256Mismatch',
  'XAmzContentChecksumMismatch',
])
const CREDENTIAL_PROBLEMS = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'InvalidToken',
  'TokenRefreshRequired',
])
/** Answers with a 4xx status that say "not now": 409 is a conditional write that met another one. */
const PASSING_NAMES = new Set([
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'ConditionalRequestConflict',
  'OperationAborted',
  'TimeoutError',
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
  const { name, status, system } = problemOf(thrown)
  if (PASSING_NAMES.has(name) || status === 429) return true
  if (status !== undefined && status >= 500) return status !== 501
  return system !== undefined && PASSING_SYSTEM.has(system)
}

const codeOf = (thrown: unknown): ErrorCode => {
  const { name, status, system } = problemOf(thrown)
  if (CREDENTIAL_PROBLEMS.has(name)) return 'store.forbidden'
  if (CHECKSUM_PROBLEMS.has(name)) return 'store.corrupt'
  if (name === 'NoSuchBucket' || name === 'PermanentRedirect') return 'store.not_found'
  if (name === 'NoSuchKey' || name === 'NoSuchVersion' || name === 'NotFound') return 'store.object_missing'
  if (status === 403 || status === 401) return 'store.forbidden'
  // a condition that nobody expected to fail: something changed meanwhile, the next try sees it as it is
  if (status === 412) return 'store.unavailable'
  if (isPassing(thrown) || (status === undefined && system !== undefined)) return 'store.unavailable'
  return 'internal'
}

/** An SDK error as a fault. Facts: `error` is S3's own code, `status` the HTTP status. A Fault stays itself. */
export const s3Fault = (thrown: unknown, facts: Facts): Fault => {
  if (thrown instanceof Fault) return thrown
  const { name, status } = problemOf(thrown)
  return new Fault(codeOf(thrown), { ...facts, error: name, status }, { cause: thrown })
}

/** S3's own error code behind a fault made by `s3Fault`. */
export const s3ErrorOf = (thrown: unknown): string | undefined =>
  thrown instanceof Fault && typeof thrown.facts.error === 'string' ? thrown.facts.error : undefined

/** True when a conditional write did not hold; with If-Match, an object that is not there says 404. */
export const isRefusedCondition = (thrown: unknown): boolean =>
  thrown instanceof Fault && (thrown.facts.status === 412 || s3ErrorOf(thrown) === 'NoSuchKey')
