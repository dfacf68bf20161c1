import type { AwsAddress } from './aws-client.ts'
import { problemOf } from './aws-problem.ts'

/** Keys, as the SDK signs with them. */
export type Keys = Exclude<NonNullable<AwsAddress['credentials']>, (...args: never[]) => unknown>

/** A provider of keys that all clients of the process share. */
export type RoleCredentials = {
  (): Promise<Keys>
  /** The SDK remembers for itself what a provider gave, by a rule of its own, unless it says that it does so. */
  memoized: true
  /** What would be handed out now, if anything; asks nobody. */
  held(): Keys | undefined
  /** A service no longer takes these keys. True when asking again gives others. */
  refused(keys: Keys): boolean
}

/** S3 and Athena say it by these names; to a HEAD without a body, S3 can only say 400. */
const REFUSALS = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidToken',
  'TokenRefreshRequired',
  'UnrecognizedClientException',
])
const isRefusal = (thrown: unknown): boolean => {
  const { name, status } = problemOf(thrown)
  return REFUSALS.has(name) || (status === 400 && name === 'Unknown')
}

type Step = (next: (args: object) => Promise<unknown>) => (args: object) => Promise<unknown>
type Client = {
  readonly middlewareStack: { add(step: Step, options: { step: 'initialize'; name: string }): void }
}

/**
 * Lets a client of a role's service ask a second time, with keys of a new session, when those it used are refused
 * before their time: a role whose sessions were revoked. Does nothing for credentials of another kind.
 */
export const retryWithNewSession = (client: object, credentials: AwsAddress['credentials']): void => {
  if (typeof credentials !== 'function' || !('refused' in credentials)) return
  const role = credentials as RoleCredentials
  const step: Step = (next) => async (args) => {
    const used = role.held()
    try {
      return await next(args)
    } catch (thrown) {
      if (!used || !isRefusal(thrown) || !role.refused(used)) throw thrown
      return next(args)
    }
  }
  ;(client as Client).middlewareStack.add(step, { step: 'initialize', name: 'retryWithNewSession' })
}
