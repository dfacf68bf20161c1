import { egressFault } from '../base/egress-faults.ts'
import { Fault } from '../base/fault.ts'
import { isPassing, problemOf } from './aws-problem.ts'

const OWN =
  'The service’s own credentials are missing, expired or wrong: check the role of the task, or the profile.'
const TRUST =
  'The role’s trust policy must name the role of the task, and that one must be allowed sts:AssumeRole on it.'
const ROLE = 'QUILT_WRITE_ROLE_ARN is not the ARN of a role that can be assumed for an hour.'
const REGION = 'STS is not switched on for this region.'

/** What STS calls it, https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html, and what to check. */
const CHECK: Readonly<Record<string, string>> = {
  AccessDenied: TRUST,
  AccessDeniedException: TRUST,
  ValidationError: ROLE,
  MalformedPolicyDocument: ROLE,
  RegionDisabledException: REGION,
}

/** Why a role cannot be assumed: `aws.role_refused`, `aws.sts_unavailable`, `network.*`. Detail: what to check. */
export const roleFault = (thrown: unknown): Fault => {
  if (thrown instanceof Fault) return thrown
  const way = egressFault(thrown)
  if (way) return way
  const { name, status, system } = problemOf(thrown)
  const facts = { operation: 'AssumeRole', error: name, status, system }
  const own = name === 'CredentialsProviderError' || name === 'TokenProviderError'
  if (own || (status !== undefined && status < 500 && !isPassing(thrown)))
    return new Fault('aws.role_refused', facts, { detail: CHECK[name] ?? OWN, cause: thrown })
  return new Fault('aws.sts_unavailable', facts, { cause: thrown })
}
