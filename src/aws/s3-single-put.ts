import { createHash } from 'node:crypto'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { Fault } from '../base/fault.ts'
import type { ObjectHash } from '../quilt/types.ts'
import type { S3Api } from './s3-api.ts'
import { findWritten, type Kept, wasRepeated } from './s3-confirm.ts'
import { isRefusedCondition } from './s3-faults.ts'
import { MARK } from './s3-mark.ts'
import { confirmOrRemove } from './s3-remove.ts'
import { conditionOf, physicalKeyOf, type Target } from './s3-target.ts'
import type { Carrier } from './s3-upload.ts'

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

/**
 * One PutObject at the end, for everything below 8 MiB. A multipart upload of that size would make Quilt's packager
 * compute a wrong hash (quilt-formats.md §3.2).
 */
export class SinglePut implements Carrier {
  readonly #api: S3Api
  readonly #target: Target
  readonly #signal: AbortSignal
  #bytes: Buffer
  #filled = 0

  constructor(api: S3Api, target: Target, size: number, signal: AbortSignal) {
    this.#api = api
    this.#target = target
    this.#signal = signal
    this.#bytes = Buffer.allocUnsafe(size)
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#signal.throwIfAborted()
    this.#bytes.set(chunk, this.#filled)
    this.#filled += chunk.length
  }

  async finish(hash: ObjectHash): Promise<string> {
    const digest = sha256(this.#bytes)
    // quilt-formats.md §3.1: one chunk is hashed twice, no chunk once
    const quiltValue = (this.#bytes.length === 0 ? digest : sha256(digest)).toString('base64')
    if (quiltValue !== hash.value)
      throw new Fault('store.corrupt', {
        key: this.#target.key,
        problem: 'the bytes are not what was hashed',
      })
    const checksum = digest.toString('base64')
    const kept = await this.#put(checksum)
    await confirmOrRemove(this.#api, this.#target, kept, checksum)
    this.#bytes = Buffer.alloc(0)
    return physicalKeyOf(this.#api.bucket, this.#target, kept)
  }

  async discard(): Promise<void> {
    this.#bytes = Buffer.alloc(0)
  }

  async #put(checksum: string): Promise<Kept> {
    const { bucket, client, encryption } = this.#api
    const { key } = this.#target
    try {
      return await this.#api.call(
        { operation: 'PutObject', key, signal: this.#signal, ends: true },
        (options) =>
          client.send(
            new PutObjectCommand({
              Bucket: bucket,
              Key: key,
              Body: this.#bytes,
              ContentLength: this.#bytes.length,
              ChecksumSHA256: checksum,
              Metadata: MARK,
              ...conditionOf(this.#target),
              ...encryption,
            }),
            options,
          ),
      )
    } catch (thrown) {
      const found =
        isRefusedCondition(thrown) && wasRepeated(thrown)
          ? await findWritten(this.#api, key, checksum, this.#signal)
          : null
      if (found) return found
      throw thrown
    }
  }
}
