import type { S3ClientConfig } from '@aws-sdk/client-s3'
import { DIRECT, type Egress } from '../base/egress.ts'
import { Fault } from '../base/fault.ts'
import { VERSION } from '../base/version.ts'
import { agentsOf } from './egress-agents.ts'

/** Where an AWS service is and who asks it. Each default: what the environment or the profile says. */
export type AwsAddress = {
  readonly region?: string
  /** Another server than Amazon's; default: the region's own, in whatever partition it lies. */
  readonly endpoint?: string
  /** Default: the SDK's chain (environment, profile, task role). */
  readonly credentials?: NonNullable<S3ClientConfig['credentials']>
  /** Which proxy the way leads through; default: none. */
  readonly egress?: Egress
}

const CONNECT_TIMEOUT_MS = 10_000
/** A socket on which nothing moves for so long is given up. No limit on a whole request: parts may be large. */
const IDLE_TIMEOUT_MS = 60_000
/** Above anything this service does at once: a request that waits for a socket counts as one that cannot connect. */
const MAX_SOCKETS = 256

/** What all clients of AWS services share: no retries behind our back (callers retry on their clock), kept connections. */
export const clientConfig = (address: AwsAddress) => ({
  ...(address.region === undefined ? {} : { region: address.region }),
  ...(address.endpoint === undefined ? {} : { endpoint: address.endpoint }),
  ...(address.credentials === undefined ? {} : { credentials: address.credentials }),
  maxAttempts: 1,
  customUserAgent: [['benchling-webhook', VERSION] as [string, string]],
  requestHandler: {
    connectionTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: IDLE_TIMEOUT_MS,
    ...agentsOf(address.egress ?? DIRECT, address.endpoint, {
      keepAlive: true,
      maxSockets: MAX_SOCKETS,
      tunnelTimeoutMs: CONNECT_TIMEOUT_MS,
    }),
  },
})

/** Throws `config.invalid` when neither address, environment nor profile names a region. */
export const demandRegion = async (client: {
  readonly config: { region: () => Promise<string> }
}): Promise<void> => {
  try {
    await client.config.region()
  } catch (cause) {
    throw new Fault('config.invalid', {}, { detail: 'The AWS region is not set: AWS_REGION.', cause })
  }
}
