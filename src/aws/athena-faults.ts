import type { QueryExecutionStatus } from '@aws-sdk/client-athena'
import type { ErrorCode } from '../base/errors.ts'
import { type Facts, Fault } from '../base/fault.ts'
import { isPassing, problemOf } from './aws-problem.ts'

/** What only somebody who changes rights or settings can heal. */
const REFUSALS = new Set([
  'AccessDeniedException',
  'CredentialsProviderError',
  'ExpiredTokenException',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'InvalidRequestException', // a workgroup that does not exist, or has no place for results
  'InvalidSignatureException',
  'MetadataException', // a database that does not exist
  'ResourceNotFoundException',
  'UnrecognizedClientException',
])

/** Most characters of Athena's own words in a log line. */
const REASON_CHARACTERS = 500

const codeOf = (thrown: unknown): ErrorCode => {
  const { name, status, system } = problemOf(thrown)
  if (isPassing(thrown)) return 'query.unavailable'
  if (REFUSALS.has(name) || status === 401 || status === 403) return 'query.refused'
  if (status === undefined && system !== undefined) return 'query.unavailable'
  return 'internal'
}

/** An SDK error as a fault. Facts: `error` is Athena's own code, `status` the HTTP status. A Fault stays itself. */
export const athenaFault = (thrown: unknown, facts: Facts): Fault => {
  if (thrown instanceof Fault) return thrown
  const { name, status } = problemOf(thrown)
  const reason = thrown instanceof Error ? thrown.message.slice(0, REASON_CHARACTERS) : undefined
  return new Fault(codeOf(thrown), { ...facts, error: name, status, reason }, { cause: thrown })
}

const NOT_ALLOWED = /access ?denied|not authorized|insufficient permissions|permission_denied/i

/** A query that ended without a result. Athena's words are facts: they hold tables, ARNs and addresses. */
export const endedFault = (status: QueryExecutionStatus, facts: Facts): Fault => {
  const reason = status.StateChangeReason ?? status.AthenaError?.ErrorMessage ?? ''
  return new Fault(NOT_ALLOWED.test(reason) ? 'query.refused' : 'query.failed', {
    ...facts,
    state: status.State,
    errorType: status.AthenaError?.ErrorType,
    reason: reason.slice(0, REASON_CHARACTERS),
  })
}

const GONE = /\b(TABLE|SCHEMA|COLUMN|CATALOG)_NOT_FOUND\b|\bVIEW_IS_(STALE|INVALID)\b|does not exist/i

/** True when the tables are no longer as they were listed. */
export const tablesChanged = ({ code, facts }: Fault): boolean =>
  code === 'query.failed' && typeof facts.reason === 'string' && GONE.test(facts.reason)
