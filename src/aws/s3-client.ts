import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { Fault } from '../base/fault.ts'
import { VERSION } from '../base/version.ts'

export type S3Address = {
  /** Default: what the environment or the profile says. */
  readonly region?: string
  /** Another S3 than Amazon's; default: the region's own, in whatever partition it lies. */
  readonly endpoint?: string
  readonly forcePathStyle?: boolean
  /** Default: the SDK's chain (environment, profile, task role). */
  readonly credentials?: NonNullable<S3ClientConfig['credentials']>
}

const CONNECT_TIMEOUT_MS = 10_000
/** A socket on which nothing moves for so long is given up. No limit on a whole request: parts may be large. */
const IDLE_TIMEOUT_MS = 60_000
/** Above anything this service does at once: a request that waits for a socket counts as one that cannot connect. */
const MAX_SOCKETS = 256

/**
 * An S3 client that does nothing behind our back: it does not retry (`S3Api` does, on our clock), adds no checksum of
 * its own, frames no body in `aws-chunked`, and keeps connections (`Expect: 100-continue` would open one per part).
 * Throws `config.invalid` when no region is known.
 */
export const createS3Client = async (address: S3Address): Promise<S3Client> => {
  const client = new S3Client({
    ...(address.region === undefined ? {} : { region: address.region }),
    ...(address.endpoint === undefined ? {} : { endpoint: address.endpoint }),
    ...(address.forcePathStyle === undefined ? {} : { forcePathStyle: address.forcePathStyle }),
    ...(address.credentials === undefined ? {} : { credentials: address.credentials }),
    maxAttempts: 1,
    followRegionRedirects: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    customUserAgent: [['benchling-webhook', VERSION]],
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: IDLE_TIMEOUT_MS,
      httpAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
    },
  })
  signWithKnownHash(client)
  try {
    await client.config.region()
  } catch (cause) {
    throw new Fault('config.invalid', {}, { detail: 'The AWS region is not set: AWS_REGION.', cause })
  }
  return client
}

/**
 * The signature covers SHA-256 of the body, which we have already computed for the checksum header: handing it over
 * saves hashing every byte a second time. A wrong one is refused by S3, so this cannot weaken anything.
 */
const signWithKnownHash = (client: S3Client): void => {
  client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { method: string; headers: Record<string, string> }
      const checksum = request.headers['x-amz-checksum-sha256']
      if (request.method === 'PUT' && checksum !== undefined)
        request.headers['x-amz-content-sha256'] = Buffer.from(checksum, 'base64').toString('hex')
      return next(args)
    },
    { step: 'build', name: 'signWithKnownHash' },
  )
}
