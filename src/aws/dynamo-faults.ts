import type { ErrorCode } from '../base/errors.ts'
import { type Facts, Fault } from '../base/fault.ts'
import { isPassing, problemOf } from './aws-problem.ts'

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const REFUSALS = new Set([
  'AccessDeniedException',
  'CredentialsProviderError',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'ResourceNotFoundException',
  'UnrecognizedClientException',
])

/** A table that is not ours: without an index, or with other keys. DynamoDB says so in words only. */
const OTHER_TABLE = /specified index|key schema|Missing the key|provided key element/i

const PASSING = new Set([
  'TransactionInProgressException',
  'TransactionConflictException',
  'ReplicatedWriteConflictException',
])

/** True when the same request may go through in a moment. */
export const mayPass = (thrown: unknown): boolean => isPassing(thrown) || PASSING.has(problemOf(thrown).name)

/** True when the request may have been carried out all the same: nothing, or nothing definite, was answered. */
export const mayHaveHappened = (thrown: unknown): boolean => {
  const { name, status } = problemOf(thrown)
  return name === 'TransactionInProgressException' || status === undefined || status >= 500
}

const codeOf = (thrown: unknown): ErrorCode => {
  const { name, status, system } = problemOf(thrown)
  if (REFUSALS.has(name)) return 'jobs.table_refused'
  const message = thrown instanceof Error ? thrown.message : ''
  if (name === 'ValidationException' && OTHER_TABLE.test(message)) return 'jobs.table_refused'
  if (mayPass(thrown) || (status === undefined && system !== undefined)) return 'jobs.store_unavailable'
  return 'internal'
}

/** An SDK error as a fault. Facts: `error` is DynamoDB's own name, `status` the HTTP status. A Fault stays itself. */
export const dynamoFault = (thrown: unknown, facts: Facts): Fault => {
  if (thrown instanceof Fault) return thrown
  if (thrown instanceof Error && thrown.message === 'Region is missing')
    return new Fault('config.invalid', facts, {
      detail: 'The AWS region is not set: AWS_REGION.',
      cause: thrown,
    })
  const { name, status } = problemOf(thrown)
  return new Fault(codeOf(thrown), { ...facts, error: name, status }, { cause: thrown })
}
