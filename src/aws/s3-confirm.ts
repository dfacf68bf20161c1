import { HeadObjectCommand } from '@aws-sdk/client-s3'
import { Fault } from '../base/fault.ts'
import type { S3Api } from './s3-api.ts'

/** What S3 says it keeps: of a PutObject, a CompleteMultipartUpload or a HeadObject. */
export type Kept = { readonly VersionId?: string | undefined; readonly ChecksumSHA256?: string | undefined }

/**
 * Compares the checksum S3 answers with ours; throws `store.corrupt` when it is another. A store that names none
 * (some S3 look-alikes) has still verified the signed hash of every body it took.
 */
export const confirmChecksum = (answered: string | undefined, expected: string, key: string): void => {
  if (answered !== undefined && answered !== expected)
    throw new Fault('store.corrupt', { key, problem: 'the store answered with another checksum' })
}

/**
 * Asks for an object whose writing went through although its answer was lost. Null when what is there does not carry
 * the expected checksum, so that somebody else's object is never taken for ours.
 */
export const findWritten = async (
  api: S3Api,
  key: string,
  checksum: string,
  signal: AbortSignal,
): Promise<Kept | null> => {
  try {
    const head = await api.call({ operation: 'HeadObject', key, signal }, (options) =>
      api.client.send(
        new HeadObjectCommand({ Bucket: api.bucket, Key: key, ChecksumMode: 'ENABLED' }),
        options,
      ),
    )
    return head.ChecksumSHA256 === checksum ? head : null
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'store.object_missing') return null
    throw thrown
  }
}

/** True when a call was sent more than once, so that an earlier try may have gone through unheard. */
export const wasRepeated = (thrown: unknown): boolean =>
  thrown instanceof Fault && typeof thrown.facts.attempts === 'number' && thrown.facts.attempts > 1
