import { createHash, randomBytes } from 'node:crypto'
import { sha256 } from './s3-server-body.ts'
import { S3Error } from './s3-server-error.ts'

export type Versioning = 'enabled' | 'suspended' | 'off'

export type S3Version = {
  /** `null` where the bucket keeps no versions. */
  readonly versionId: string
  readonly deleted: boolean
  readonly bytes: Buffer
  readonly etag: string
  /** Base64, or base64-parts for an object of several parts; absent when the writer declared none. */
  readonly sha256: string | undefined
  readonly headers: Readonly<Record<string, string>>
}

type Part = { readonly bytes: Buffer; readonly etag: string; readonly sha256: string | undefined }

export type S3Upload = {
  readonly id: string
  readonly key: string
  readonly checksums: boolean
  readonly headers: Readonly<Record<string, string>>
  readonly parts: Map<number, Part>
}

export type Conditions = { readonly ifNoneMatch: string | undefined; readonly ifMatch: string | undefined }
export type ListedPart = {
  readonly number: number
  readonly etag: string
  readonly sha256: string | undefined
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MIN_PART_BYTES = 5 * 1024 * 1024
const MAX_PART_NUMBER = 10_000
const MAX_KEY_BYTES = 1024

const md5 = (bytes: Uint8Array): Buffer => createHash('md5').update(bytes).digest()
const newId = (): string => randomBytes(24).toString('base64url')

/** One bucket in memory, with S3's rules for versions, conditions and parts. */
export class S3Bucket {
  versioning: Versioning
  /** False: DeleteObjects answers AccessDenied for each object. */
  mayDelete = true
  /** False: reading anything of it answers AccessDenied. */
  mayRead = true
  readonly objects = new Map<string, S3Version[]>()
  readonly uploads = new Map<string, S3Upload>()

  constructor(versioning: Versioning) {
    this.versioning = versioning
  }

  /** Keys that a plain GET finds, in S3's order (UTF-8 bytes). */
  keys(prefix = ''): string[] {
    return [...this.objects.keys()]
      .filter((key) => key.startsWith(prefix) && this.find(key, undefined))
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  }

  find(key: string, versionId: string | undefined): S3Version | undefined {
    const versions = this.objects.get(key) ?? []
    const found = versionId === undefined ? versions.at(-1) : versions.find((v) => v.versionId === versionId)
    return found?.deleted ? undefined : found
  }

  get(key: string, versionId?: string): S3Version {
    const found = this.find(key, versionId)
    if (found) return found
    throw new S3Error(404, versionId === undefined ? 'NoSuchKey' : 'NoSuchVersion')
  }

  put(
    key: string,
    bytes: Buffer,
    checksum: string | undefined,
    conditions: Conditions,
    headers: Readonly<Record<string, string>>,
    etag = md5(bytes).toString('hex'),
  ): S3Version {
    if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw new S3Error(400, 'KeyTooLongError')
    this.#check(key, conditions)
    return this.#add(key, { deleted: false, bytes, etag: `"${etag}"`, sha256: checksum, headers })
  }

  delete(key: string, versionId: string | undefined): S3Version | undefined {
    const versions = this.objects.get(key) ?? []
    if (versionId !== undefined || this.versioning === 'off') {
      const left = versions.filter((v) => v.versionId !== (versionId ?? 'null'))
      if (left.length > 0) this.objects.set(key, left)
      else this.objects.delete(key)
      return undefined
    }
    return this.#add(key, { deleted: true, bytes: Buffer.alloc(0), etag: '', sha256: undefined, headers: {} })
  }

  createUpload(key: string, checksums: boolean, headers: Readonly<Record<string, string>>): S3Upload {
    const upload = { id: newId(), key, checksums, headers, parts: new Map() }
    this.uploads.set(upload.id, upload)
    return upload
  }

  uploadPart(id: string, key: string, number: number, bytes: Buffer, checksum: string | undefined): Part {
    const upload = this.#upload(id, key)
    if (!(Number.isInteger(number) && number >= 1 && number <= MAX_PART_NUMBER))
      throw new S3Error(
        400,
        'InvalidArgument',
        'Part number must be an integer between 1 and 10000, inclusive',
      )
    if (upload.checksums && checksum === undefined)
      throw new S3Error(
        400,
        'InvalidRequest',
        'The upload was created with a sha256 checksum; the part has none',
      )
    const part = { bytes, etag: `"${md5(bytes).toString('hex')}"`, sha256: checksum }
    upload.parts.set(number, part)
    return part
  }

  completeUpload(
    id: string,
    key: string,
    listed: readonly ListedPart[],
    size: number | undefined,
    conditions: Conditions,
  ): S3Version {
    const upload = this.#upload(id, key)
    if (listed.length === 0) throw new S3Error(400, 'MalformedXML')
    if (listed.some(({ number }, index) => index > 0 && number <= (listed[index - 1]?.number ?? 0)))
      throw new S3Error(400, 'InvalidPartOrder')
    const parts = listed.map(({ number, etag, sha256: checksum }, index) => {
      const part = upload.parts.get(number)
      if (!part || part.etag !== etag || part.sha256 !== checksum) throw new S3Error(400, 'InvalidPart')
      if (index < listed.length - 1 && part.bytes.length < MIN_PART_BYTES)
        throw new S3Error(400, 'EntityTooSmall')
      return part
    })
    const bytes = Buffer.concat(parts.map((part) => part.bytes))
    if (size !== undefined && size !== bytes.length)
      throw new S3Error(400, 'InvalidRequest', 'The provided x-amz-mp-object-size does not match')
    const digest = Buffer.concat(parts.map((part) => Buffer.from(part.sha256 ?? '', 'base64')))
    const composite = upload.checksums ? `${sha256(digest).toString('base64')}-${parts.length}` : undefined
    const etag = md5(Buffer.concat(parts.map((part) => Buffer.from(part.etag.slice(1, -1), 'hex'))))
    const version = this.put(
      key,
      bytes,
      composite,
      conditions,
      upload.headers,
      `${etag.toString('hex')}-${parts.length}`,
    )
    this.uploads.delete(id)
    return version
  }

  abortUpload(id: string, key: string): void {
    this.#upload(id, key)
    this.uploads.delete(id)
  }

  #upload(id: string, key: string): S3Upload {
    const upload = this.uploads.get(id)
    if (upload?.key !== key) throw new S3Error(404, 'NoSuchUpload')
    return upload
  }

  #check(key: string, { ifNoneMatch, ifMatch }: Conditions): void {
    const current = this.find(key, undefined)
    if (ifNoneMatch !== undefined) {
      if (ifNoneMatch !== '*') throw new S3Error(501, 'NotImplemented', 'If-None-Match takes * only')
      if (current) throw new S3Error(412, 'PreconditionFailed')
    }
    if (ifMatch !== undefined) {
      if (!current) throw new S3Error(404, 'NoSuchKey')
      if (current.etag !== ifMatch) throw new S3Error(412, 'PreconditionFailed')
    }
  }

  #add(key: string, version: Omit<S3Version, 'versionId'>): S3Version {
    const versions = this.objects.get(key) ?? []
    const added = { ...version, versionId: this.versioning === 'enabled' ? newId() : 'null' }
    const kept = added.versionId === 'null' ? versions.filter((v) => v.versionId !== 'null') : versions
    this.objects.set(key, [...kept, added])
    return added
  }
}
