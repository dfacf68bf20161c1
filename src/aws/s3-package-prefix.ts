import { DeleteObjectCommand, HeadObjectCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3'
import { Fault } from '../base/fault.ts'
import type { PackageName } from '../quilt/types.ts'
import type { LatestVersion, PackagePrefix } from '../registry/packager-ports.ts'
import { S3Api } from './s3-api.ts'
import { createS3Client } from './s3-client.ts'
import { isMarked } from './s3-mark.ts'
import type { S3StoreOptions } from './s3-store.ts'
import { bucketVersioning } from './s3-versioning.ts'

/**
 * Packages' folders in a bucket, as Quilt's packager lists them. Asks nothing of S3 yet. Needs `s3:ListBucketVersions`,
 * `s3:GetObject`, `s3:DeleteObject` and `s3:GetBucketVersioning`. Throws `config.invalid` without a region.
 */
export const createS3PackagePrefix = async (options: S3StoreOptions): Promise<PackagePrefix> => {
  const { bucket, clock, log } = options
  const api = new S3Api({ client: await createS3Client(options), bucket, clock, log })
  const versioning = bucketVersioning(api)
  return {
    bucket,
    versioned: () => versioning.get(),
    list: (name, signal) => listLatest(api, name, signal),
    latest: (key, signal) => latestOf(api, key, signal),
    hide: async (key, signal) => {
      await api.call({ operation: 'DeleteObject', key, signal }, (options) =>
        api.client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }), options),
      )
    },
  }
}

/** Page by page; a page may hold old versions and delete markers only. */
async function* listLatest(
  api: S3Api,
  name: PackageName,
  signal: AbortSignal,
): AsyncGenerator<LatestVersion> {
  const Prefix = `${name}/`
  let from: { KeyMarker?: string; VersionIdMarker?: string } = {}
  for (;;) {
    const page = await api.call({ operation: 'ListObjectVersions', key: Prefix, signal }, (options) =>
      api.client.send(new ListObjectVersionsCommand({ Bucket: api.bucket, Prefix, ...from }), options),
    )
    for (const { Key, VersionId, IsLatest, Size } of page.Versions ?? [])
      if (IsLatest === true && Key !== undefined)
        yield { key: Key, versionId: VersionId ?? 'null', size: Size ?? 0 }
    if (page.IsTruncated !== true) return
    from = {
      ...(page.NextKeyMarker === undefined ? {} : { KeyMarker: page.NextKeyMarker }),
      ...(page.NextVersionIdMarker === undefined ? {} : { VersionIdMarker: page.NextVersionIdMarker }),
    }
  }
}

const latestOf = async (api: S3Api, key: string, signal: AbortSignal) => {
  try {
    const head = await api.call({ operation: 'HeadObject', key, signal }, (options) =>
      api.client.send(new HeadObjectCommand({ Bucket: api.bucket, Key: key }), options),
    )
    return { versionId: head.VersionId ?? 'null', marked: isMarked(head.Metadata) }
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'store.object_missing') return null
    throw thrown
  }
}
