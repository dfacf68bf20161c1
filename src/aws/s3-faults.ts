import { egressFault } from '../base/egress-faults.ts'
import type { ErrorCode } from '../base/errors.ts'
import { type Facts, Fault } from '../base/fault.ts'
import { isPassing, problemOf } from './aws-problem.ts'

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

/** S3 says it for KMS: by names that begin so, or that the caller may not use the key, which only the message tells. */
const isKmsRefusal = (thrown: unknown, name: string): boolean =>
  (name.startsWith('KMS.') && !isPassing(thrown)) ||
  (name === 'AccessDenied' && /\bkms:[A-Za-z]+/.test((thrown as { message?: string }).message ?? ''))

const codeOf = (thrown: unknown): ErrorCode => {
  const { name, status, system } = problemOf(thrown)
  if (isKmsRefusal(thrown, name)) return 'store.kms_refused'
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

/** A fault that was thrown inside of a call: credentials that could not be had. The SDK may wrap it. */
const faultBehind = (thrown: unknown): Fault | null => {
  for (let at = thrown; at instanceof Error; at = at.cause) if (at instanceof Fault) return at
  return null
}

/**
 * An SDK error as a fault. Facts: `error` is S3's own code, `status` the HTTP status. A Fault stays itself; what stands
 * between us and S3 is `network.*`.
 */
export const s3Fault = (thrown: unknown, facts: Facts): Fault => {
  const own = faultBehind(thrown) ?? egressFault(thrown)
  if (own) return own
  const { name, status } = problemOf(thrown)
  return new Fault(codeOf(thrown), { ...facts, error: name, status }, { cause: thrown })
}

/** S3's own error code behind a fault made by `s3Fault`. */
export const s3ErrorOf = (thrown: unknown): string | undefined =>
  thrown instanceof Fault && typeof thrown.facts.error === 'string' ? thrown.facts.error : undefined

/** True when a conditional write did not hold; with If-Match, an object that is not there says 404. */
export const isRefusedCondition = (thrown: unknown): boolean =>
  thrown instanceof Fault && (thrown.facts.status === 412 || s3ErrorOf(thrown) === 'NoSuchKey')
