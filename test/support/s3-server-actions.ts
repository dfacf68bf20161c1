import type { IncomingHttpHeaders } from 'node:http'
import type { Payload } from './s3-server-body.ts'
import type { Conditions, ListedPart, S3Bucket, S3Version } from './s3-server-bucket.ts'
import { S3Error, type XmlNode, xml } from './s3-server-error.ts'

export type S3Request = {
  readonly method: string
  readonly bucketName: string
  readonly key: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly payload: Payload
  readonly pageSize: number
}

export type S3Answer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
}

type Action = (bucket: S3Bucket, request: S3Request) => S3Answer

const header = (request: S3Request, name: string): string | undefined => {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(',') : value
}

const conditions = (request: S3Request): Conditions => ({
  ifNoneMatch: header(request, 'if-none-match'),
  ifMatch: header(request, 'if-match'),
})

/** Headers an object is kept with. */
const kept = (request: S3Request): Record<string, string> => {
  const own = Object.keys(request.headers).filter((name) => name.startsWith('x-amz-meta-'))
  const names = [
    'content-type',
    'x-amz-server-side-encryption',
    'x-amz-server-side-encryption-aws-kms-key-id',
    ...own,
  ]
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = header(request, name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

const versionHeader = (bucket: S3Bucket, version: S3Version): Record<string, string> =>
  bucket.versioning === 'off' ? {} : { 'x-amz-version-id': version.versionId }

const checksumHeader = (version: S3Version): Record<string, string> =>
  version.sha256 === undefined ? {} : { 'x-amz-checksum-sha256': version.sha256 }

const putObject: Action = (bucket, request) => {
  const { bytes, sha256 } = request.payload
  const version = bucket.put(request.key, bytes, sha256, conditions(request), kept(request))
  return {
    status: 200,
    headers: { etag: version.etag, ...checksumHeader(version), ...versionHeader(bucket, version) },
  }
}

const closedRange = (text: string, size: number): { start: number; end: number } => {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(text) ?? []
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (start > end) throw new S3Error(416, 'InvalidRange')
  return { start, end }
}

const getObject: Action = (bucket, request) => {
  const version = bucket.get(request.key, request.query.get('versionId') ?? undefined)
  const ifMatch = header(request, 'if-match')
  if (ifMatch !== undefined && ifMatch !== version.etag) throw new S3Error(412, 'PreconditionFailed')
  const range = header(request, 'range')
  const size = version.bytes.length
  const span = range === undefined ? undefined : closedRange(range, size)
  const body = span ? version.bytes.subarray(span.start, span.end + 1) : version.bytes
  return {
    status: span ? 206 : 200,
    headers: {
      'accept-ranges': 'bytes',
      'content-length': String(body.length),
      ...(span ? { 'content-range': `bytes ${span.start}-${span.end}/${size}` } : {}),
      etag: version.etag,
      ...version.headers,
      ...versionHeader(bucket, version),
      ...(header(request, 'x-amz-checksum-mode') === 'ENABLED' ? checksumHeader(version) : {}),
    },
    body,
  }
}

const headObject: Action = (bucket, request) => {
  const { status, headers } = getObject(bucket, request)
  return { status, ...(headers ? { headers } : {}) }
}

const deleteObject: Action = (bucket, request) => {
  bucket.delete(request.key, request.query.get('versionId') ?? undefined)
  return { status: 204 }
}

const listObjects: Action = (bucket, request) => {
  if (request.query.get('list-type') !== '2') throw new S3Error(501, 'NotImplemented', 'ListObjectsV2 only')
  const prefix = request.query.get('prefix') ?? ''
  const token = request.query.get('continuation-token')
  const after = token === null ? '' : Buffer.from(token, 'base64url').toString()
  const size = Math.min(Number(request.query.get('max-keys') ?? 1000), request.pageSize)
  const all = bucket.keys(prefix)
  const rest = all.slice(after === '' ? 0 : all.indexOf(after) + 1)
  const page = rest.slice(0, size)
  const more = rest.length > page.length
  return {
    status: 200,
    body: xml('ListBucketResult', {
      Name: request.bucketName,
      Prefix: prefix,
      KeyCount: page.length,
      MaxKeys: size,
      IsTruncated: more,
      NextContinuationToken: more ? Buffer.from(page.at(-1) ?? '').toString('base64url') : undefined,
      Contents: page.map((key): XmlNode => {
        const version = bucket.get(key)
        return { Key: key, ETag: version.etag, Size: version.bytes.length, StorageClass: 'STANDARD' }
      }),
    }),
  }
}

/** Versions and delete markers, newest first under each key, keys in S3's order. */
const listObjectVersions: Action = (bucket, request) => {
  const { query, pageSize } = request
  const prefix = query.get('prefix') ?? ''
  const keyMarker = query.get('key-marker')
  const versionMarker = query.get('version-id-marker')
  if (versionMarker !== null && keyMarker === null)
    throw new S3Error(400, 'InvalidArgument', 'A version-id marker cannot be specified without a key marker.')
  const all = [...bucket.objects]
    .filter(([key]) => key.startsWith(prefix))
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .flatMap(([key, versions]) =>
      versions.toReversed().map((version, at) => ({ key, version, latest: at === 0 })),
    )
  const last = all.findLastIndex(
    ({ key, version }) =>
      key === keyMarker && (versionMarker === null || version.versionId === versionMarker),
  )
  const rest = all.slice(last + 1)
  const page = rest.slice(0, Math.min(Number(query.get('max-keys') ?? 1000), pageSize))
  const more = rest.length > page.length
  const shown = (deleted: boolean) =>
    page
      .filter(({ version }) => version.deleted === deleted)
      .map(
        ({ key, version, latest }): XmlNode => ({
          Key: key,
          VersionId: version.versionId,
          IsLatest: String(latest),
          ...(deleted ? {} : { ETag: version.etag, Size: version.bytes.length }),
        }),
      )
  return {
    status: 200,
    body: xml('ListVersionsResult', {
      Name: request.bucketName,
      Prefix: prefix,
      IsTruncated: more,
      NextKeyMarker: more ? page.at(-1)?.key : undefined,
      NextVersionIdMarker: more ? page.at(-1)?.version.versionId : undefined,
      Version: shown(false),
      DeleteMarker: shown(true),
    }),
  }
}

const getBucketVersioning: Action = (bucket) => ({
  status: 200,
  body: xml('VersioningConfiguration', {
    Status:
      bucket.versioning === 'off' ? undefined : bucket.versioning === 'enabled' ? 'Enabled' : 'Suspended',
  }),
})

const createMultipartUpload: Action = (bucket, request) => {
  const algorithm = header(request, 'x-amz-checksum-algorithm')
  const type = header(request, 'x-amz-checksum-type')
  if (algorithm !== undefined && algorithm !== 'SHA256') throw new S3Error(501, 'NotImplemented')
  if (type !== undefined && type !== 'COMPOSITE')
    throw new S3Error(400, 'InvalidRequest', 'SHA256 is COMPOSITE')
  const upload = bucket.createUpload(request.key, algorithm !== undefined, kept(request))
  return {
    status: 200,
    body: xml('InitiateMultipartUploadResult', {
      Bucket: request.bucketName,
      Key: request.key,
      UploadId: upload.id,
    }),
  }
}

const uploadPart: Action = (bucket, request) => {
  const { bytes, sha256 } = request.payload
  const id = request.query.get('uploadId') ?? ''
  const part = bucket.uploadPart(id, request.key, Number(request.query.get('partNumber')), bytes, sha256)
  return {
    status: 200,
    headers: { etag: part.etag, ...(part.sha256 ? { 'x-amz-checksum-sha256': part.sha256 } : {}) },
  }
}

const NAMED: Readonly<Record<string, string>> = { quot: '"', apos: "'", lt: '<', gt: '>', amp: '&' }

const unescapeXml = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex, decimal, named) => {
    if (named !== undefined) return NAMED[named] ?? all
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16))
  })

const listedParts = (document: string): ListedPart[] =>
  [...document.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, inner = '']) => {
    const field = (tag: string) => {
      const text = new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(inner)?.[1]
      return text === undefined ? undefined : unescapeXml(text)
    }
    return { number: Number(field('PartNumber')), etag: field('ETag') ?? '', sha256: field('ChecksumSHA256') }
  })

/** Quiet or not, as S3: what is not there counts as deleted. */
const deleteObjects: Action = (bucket, request) => {
  if (request.payload.bytes.length > 2 << 20) throw new S3Error(400, 'MaxMessageLengthExceeded')
  const checked = Object.keys(request.headers).some((name) => /^x-amz-checksum-|^content-md5$/.test(name))
  if (!checked) throw new S3Error(400, 'InvalidRequest', 'Missing required header: Content-MD5 or a checksum')
  const document = request.payload.bytes.toString()
  const listed = [...document.matchAll(/<Object>(.*?)<\/Object>/gs)].map(([, inner = '']) => {
    const field = (tag: string) => new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(inner)?.[1]
    const version = field('VersionId')
    return {
      Key: unescapeXml(field('Key') ?? ''),
      VersionId: version === undefined ? undefined : unescapeXml(version),
    }
  })
  if (listed.length === 0 || listed.length > 1000) throw new S3Error(400, 'MalformedXML')
  if (!bucket.mayDelete)
    return {
      status: 200,
      body: xml('DeleteResult', {
        Error: listed.map(
          (object): XmlNode => ({ ...object, Code: 'AccessDenied', Message: 'Access Denied' }),
        ),
      }),
    }
  for (const { Key, VersionId } of listed) bucket.delete(Key, VersionId)
  return { status: 200, body: xml('DeleteResult', {}) }
}

const completeMultipartUpload: Action = (bucket, request) => {
  const size = header(request, 'x-amz-mp-object-size')
  const version = bucket.completeUpload(
    request.query.get('uploadId') ?? '',
    request.key,
    listedParts(request.payload.bytes.toString()),
    size === undefined ? undefined : Number(size),
    conditions(request),
  )
  return {
    status: 200,
    headers: versionHeader(bucket, version),
    body: xml('CompleteMultipartUploadResult', {
      Bucket: request.bucketName,
      Key: request.key,
      ETag: version.etag,
      ChecksumSHA256: version.sha256,
      ChecksumType: version.sha256 === undefined ? undefined : 'COMPOSITE',
    }),
  }
}

const abortMultipartUpload: Action = (bucket, request) => {
  bucket.abortUpload(request.query.get('uploadId') ?? '', request.key)
  return { status: 204 }
}

/** Operations under S3's own names. */
export const ACTIONS = {
  PutObject: putObject,
  GetObject: getObject,
  HeadObject: headObject,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
  ListObjectsV2: listObjects,
  ListObjectVersions: listObjectVersions,
  GetBucketVersioning: getBucketVersioning,
  CreateMultipartUpload: createMultipartUpload,
  UploadPart: uploadPart,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: abortMultipartUpload,
} satisfies Record<string, Action>

export type S3Operation = keyof typeof ACTIONS

/** Which operation a request is; null when this server has none for it. */
export const operationOf = (method: string, key: string, query: URLSearchParams): S3Operation | null => {
  const has = (name: string) => query.has(name)
  if (key === '') {
    if (method === 'POST' && has('delete')) return 'DeleteObjects'
    if (method !== 'GET') return null
    if (has('versions')) return 'ListObjectVersions'
    return has('versioning') ? 'GetBucketVersioning' : 'ListObjectsV2'
  }
  if (method === 'PUT') return has('uploadId') ? 'UploadPart' : 'PutObject'
  if (method === 'POST' && has('uploads')) return 'CreateMultipartUpload'
  if (method === 'POST' && has('uploadId')) return 'CompleteMultipartUpload'
  if (method === 'DELETE') return has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject'
  if (method === 'GET') return 'GetObject'
  return method === 'HEAD' ? 'HeadObject' : null
}
