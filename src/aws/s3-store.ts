import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/fault.ts'
import type { Fresh } from '../base/fresh.ts'
import type { Logger } from '../base/log.ts'
import { type Metrics, NO_METRICS } from '../base/metrics.ts'
import { chunkSize } from '../quilt/chunked-hash.ts'
import { parsePhysicalKey } from '../quilt/physical-key.ts'
import type { Condition, ObjectStore, Place, Stored, Upload } from '../registry/ports.ts'
import { PartBuffers } from './part-buffers.ts'
import { S3Api } from './s3-api.ts'
import { createS3Client, type S3Address } from './s3-client.ts'
import { hasObject } from './s3-has.ts'
import { listKeys } from './s3-list.ts'
import { Multipart, PART_BUFFERS } from './s3-multipart.ts'
import { openObject } from './s3-open.ts'
import { removablesOf, removeObjects } from './s3-remove.ts'
import { SinglePut } from './s3-single-put.ts'
import { readObject, sizeOfObject, writeObject } from './s3-small-objects.ts'
import { isWriteOnce, realVersion, targetOf } from './s3-target.ts'
import { type Carrier, S3Upload } from './s3-upload.ts'
import { bucketVersioning } from './s3-versioning.ts'

export type S3StoreOptions = S3Address & {
  readonly bucket: string
  /** Encrypts new objects with this KMS key; default: what the bucket is configured to do. */
  readonly kmsKeyId?: string
  readonly clock: Clock
  readonly log: Logger
  readonly metrics?: Metrics
}

/** quilt-formats.md §3.2: from this size on, quilt3 and the packager expect a multipart upload. */
const MULTIPART_FROM_BYTES = chunkSize(0)

/**
 * An S3 bucket as object store. Nothing is asked of S3 yet, so that a service starts while S3 is away: whether the
 * bucket exists, may be used and keeps versions shows at the first use. Throws `config.invalid` without a region.
 */
export const createS3Store = async (options: S3StoreOptions): Promise<ObjectStore> => {
  const { bucket, clock, log, kmsKeyId, metrics = NO_METRICS } = options
  const client = await createS3Client(options)
  return new S3Store(
    new S3Api({ client, bucket, clock, log, metrics, ...(kmsKeyId === undefined ? {} : { kmsKeyId }) }),
  )
}

class S3Store implements ObjectStore {
  readonly url: string
  readonly #api: S3Api
  readonly #versioning: Fresh<boolean>
  readonly #buffers = new PartBuffers()
  #toldOfLeftovers = false

  constructor(api: S3Api) {
    this.#api = api
    this.url = `s3://${api.bucket}`
    this.#versioning = bucketVersioning(api)
  }

  uploadBuffer(size: number): number {
    if (size < MULTIPART_FROM_BYTES) return size
    const part = chunkSize(size)
    return part * Math.min(PART_BUFFERS, Math.ceil(size / part))
  }

  async begin(place: Place, size: number, signal: AbortSignal): Promise<Upload> {
    signal.throwIfAborted()
    const versioned = await this.#versioning.get()
    signal.throwIfAborted()
    const target = targetOf(place, versioned, () => this.#versioning.drop())
    const carrier: Carrier =
      size < MULTIPART_FROM_BYTES
        ? new SinglePut(this.#api, target, size, signal)
        : new Multipart(this.#api, target, size, chunkSize(size), this.#buffers, signal)
    return new S3Upload(size, carrier)
  }

  read(key: string, signal: AbortSignal): Promise<Stored | null> {
    return readObject(this.#api, key, signal)
  }

  size(key: string, signal: AbortSignal): Promise<number | null> {
    return sizeOfObject(this.#api, key, signal)
  }

  write(key: string, bytes: Uint8Array, condition: Condition | null, signal: AbortSignal): Promise<boolean> {
    return writeObject(this.#api, key, bytes, condition, signal)
  }

  list(prefix: string, signal: AbortSignal): AsyncIterable<string> {
    return listKeys(this.#api, prefix, signal)
  }

  async has(physicalKey: string, signal: AbortSignal): Promise<boolean> {
    const at = parsePhysicalKey(physicalKey)
    if (at.scheme !== 's3' || at.bucket !== this.#api.bucket) return false
    // What others may overwrite does not stay, whatever is there now.
    if (realVersion(at.versionId ?? undefined) === null && !isWriteOnce(at.key)) return false
    return hasObject(this.#api, at.key, at.versionId, signal)
  }

  /** An object is where it stays as soon as it is committed: nothing of it shows without its version. */
  async settle(): Promise<void> {}

  async discard(
    run: string,
    written: readonly string[],
    kept: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<void> {
    const { bucket, log } = this.#api
    const gone = written.filter((physicalKey) => !kept.has(physicalKey))
    const allowed = await removeObjects(this.#api, removablesOf(bucket, run, gone), signal)
    if (allowed || this.#toldOfLeftovers) return
    this.#toldOfLeftovers = true
    log.warn({ bucket, needs: ['s3:DeleteObject', 's3:DeleteObjectVersion'] }, 'leftovers may not be removed')
  }

  /** Also throws `store.object_missing`, for a key in another bucket too: this store did not write it. */
  async *open(physicalKey: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const parsed = parsePhysicalKey(physicalKey)
    if (parsed.scheme !== 's3' || parsed.bucket !== this.#api.bucket)
      throw new Fault('store.object_missing', { bucket: this.#api.bucket, problem: 'it lies elsewhere' })
    yield* openObject(this.#api, parsed.key, parsed.versionId, signal)
  }
}
