import { GetBucketVersioningCommand } from '@aws-sdk/client-s3'
import { Fresh } from '../base/fresh.ts'
import type { S3Api } from './s3-api.ts'

const MINUTE_MS = 60_000
const ASK_AGAIN_MS = 15 * MINUTE_MS
const BELIEVE_AT_MOST_MS = 6 * 60 * MINUTE_MS

/** Whether the bucket keeps versions now: true only for `Enabled` (a suspended bucket overwrites). Asked rarely. */
export const bucketVersioning = (api: S3Api): Fresh<boolean> =>
  new Fresh(api.clock, { refreshAfterMs: ASK_AGAIN_MS, expireAfterMs: BELIEVE_AT_MOST_MS }, async () => {
    const answer = await api.call({ operation: 'GetBucketVersioning' }, (options) =>
      api.client.send(new GetBucketVersioningCommand({ Bucket: api.bucket }), options),
    )
    const versioned = answer.Status === 'Enabled'
    api.log.info({ bucket: api.bucket, versioned }, 'bucket versioning')
    return versioned
  })
