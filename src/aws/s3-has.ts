import { HeadObjectCommand } from '@aws-sdk/client-s3'
import { Fault } from '../base/fault.ts'
import type { S3Api } from './s3-api.ts'

/**
 * Whether a version of an object is still there. One HEAD: less than the PUT that an object used again saves. Who may not
 * look is told that it is there, because nothing is known to be gone; S3 also says 403 for what is missing to those who
 * may not list the bucket.
 */
export const hasObject = async (
  api: S3Api,
  key: string,
  versionId: string | null,
  signal: AbortSignal,
): Promise<boolean> => {
  try {
    await api.call({ operation: 'HeadObject', key, signal }, (options) =>
      api.client.send(
        new HeadObjectCommand({
          Bucket: api.bucket,
          Key: key,
          ...(versionId === null ? {} : { VersionId: versionId }),
        }),
        options,
      ),
    )
    return true
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    if (thrown.code === 'store.object_missing') return false
    if (thrown.code === 'store.forbidden' && thrown.facts.status === 403) return true
    // a version id that never was one
    if (thrown.facts.status === 400) return false
    throw thrown
  }
}
