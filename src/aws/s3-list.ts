import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import type { S3Api } from './s3-api.ts'

/** Keys under a prefix, page by page (S3 gives at most 1,000 a page). */
export async function* listKeys(api: S3Api, prefix: string, signal: AbortSignal): AsyncIterable<string> {
  let token: string | undefined
  do {
    const page = await api.call({ operation: 'ListObjectsV2', key: prefix, signal }, (options) =>
      api.client.send(
        new ListObjectsV2Command({
          Bucket: api.bucket,
          Prefix: prefix,
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
        options,
      ),
    )
    for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key
    token = page.IsTruncated ? page.NextContinuationToken : undefined
  } while (token !== undefined)
}
