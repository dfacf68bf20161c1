import { S3Client } from '@aws-sdk/client-s3'
import { type AwsAddress, clientConfig, demandRegion } from './aws-client.ts'
import { retryWithNewSession } from './role-credentials.ts'

export type S3Address = AwsAddress & { readonly forcePathStyle?: boolean }

/**
 * An S3 client that does nothing behind our back: it does not retry (`S3Api` does, on our clock), adds no checksum of
 * its own, frames no body in `aws-chunked`, and keeps connections (`Expect: 100-continue` would open one per part).
 * Throws `config.invalid` when no region is known.
 */
export const createS3Client = async (address: S3Address): Promise<S3Client> => {
  const client = new S3Client({
    ...clientConfig(address),
    ...(address.forcePathStyle === undefined ? {} : { forcePathStyle: address.forcePathStyle }),
    followRegionRedirects: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
  })
  signWithKnownHash(client)
  retryWithNewSession(client, address.credentials)
  await demandRegion(client)
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
