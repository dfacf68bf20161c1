import { createHash, type Hash } from 'node:crypto'
import { type CompletedPart, CompleteMultipartUploadCommand } from '@aws-sdk/client-s3'
import { Fault, isAbort } from '../base/fault.ts'
import { faultFields } from '../base/log.ts'
import type { ObjectHash } from '../quilt/types.ts'
import type { PartBuffers } from './part-buffers.ts'
import type { S3Api } from './s3-api.ts'
import { findWritten, type Kept, wasRepeated } from './s3-confirm.ts'
import { isRefusedCondition, s3ErrorOf } from './s3-faults.ts'
import { abortMultipart, createMultipart, sendPart } from './s3-multipart-calls.ts'
import { confirmOrRemove } from './s3-remove.ts'
import { conditionOf, physicalKeyOf, type Target } from './s3-target.ts'
import type { Carrier } from './s3-upload.ts'

/** Parts on the wire at once; one more is filled meanwhile. */
const PARTS_IN_FLIGHT = 2
/** Buffers a multipart upload holds at most. */
export const PART_BUFFERS = PARTS_IN_FLIGHT + 1

type Filling = { readonly buffer: Buffer; filled: number; readonly hash: Hash }

/**
 * A multipart upload whose parts are exactly Quilt's chunks, so that S3's composite checksum is Quilt's hash
 * (quilt-formats.md §3.2). Nothing is visible before `finish`.
 */
export class Multipart implements Carrier {
  readonly #api: S3Api
  readonly #target: Target
  readonly #size: number
  readonly #partSize: number
  readonly #buffers: PartBuffers
  readonly #outer: AbortSignal
  readonly #giveUp = new AbortController()
  readonly #signal: AbortSignal
  readonly #flights = new Set<Promise<void>>()
  readonly #parts: CompletedPart[] = []
  #id: Promise<string> | undefined
  #filling: Filling | undefined
  #failed: { thrown: unknown } | undefined

  constructor(
    api: S3Api,
    target: Target,
    size: number,
    partSize: number,
    buffers: PartBuffers,
    signal: AbortSignal,
  ) {
    this.#api = api
    this.#target = target
    this.#size = size
    this.#partSize = partSize
    this.#buffers = buffers
    this.#outer = signal
    this.#signal = AbortSignal.any([signal, this.#giveUp.signal])
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let rest = chunk; rest.length > 0; ) {
      this.#filling ??= this.#nextPart()
      const part = this.#filling
      const end = Math.min(this.#partSize, part.filled + rest.length)
      const piece = part.buffer.subarray(part.filled, end)
      piece.set(rest.subarray(0, piece.length))
      part.hash.update(piece)
      part.filled = end
      rest = rest.subarray(piece.length)
      if (part.filled === this.#partSize) await this.#ship()
    }
  }

  async finish(hash: ObjectHash): Promise<string> {
    if (this.#filling) await this.#ship()
    await Promise.all(this.#flights)
    this.#throwIfFailed()
    const digests = this.#parts.map((part) => Buffer.from(part.ChecksumSHA256 ?? '', 'base64'))
    const value = createHash('sha256').update(Buffer.concat(digests)).digest('base64')
    if (value !== hash.value)
      throw new Fault('store.corrupt', {
        key: this.#target.key,
        problem: 'the bytes are not what was hashed',
      })
    const composite = `${value}-${this.#parts.length}`
    const kept = await this.#complete(composite)
    await confirmOrRemove(this.#api, this.#target, kept, composite)
    return physicalKeyOf(this.#api.bucket, this.#target, kept)
  }

  /** Parts still on the wire are waited for first: one that arrived after the abort would stay and be paid for. */
  async discard(): Promise<void> {
    this.#giveUp.abort()
    await Promise.all(this.#flights)
    this.#filling = undefined
    const id = await this.#id?.catch(() => undefined)
    if (id === undefined) return
    await abortMultipart(this.#api, this.#target, id).catch((thrown) => {
      if (s3ErrorOf(thrown) !== 'NoSuchUpload')
        this.#api.log.warn(
          { key: this.#target.key, ...(thrown instanceof Fault ? faultFields(thrown) : {}) },
          'multipart upload left behind',
        )
    })
  }

  #nextPart(): Filling {
    this.#throwIfFailed()
    return { buffer: this.#buffers.take(this.#partSize), filled: 0, hash: createHash('sha256') }
  }

  #throwIfFailed(): void {
    this.#outer.throwIfAborted()
    if (this.#failed) throw this.#failed.thrown
  }

  async #ship(): Promise<void> {
    while (this.#flights.size >= PARTS_IN_FLIGHT) await Promise.race(this.#flights)
    this.#throwIfFailed()
    const { buffer, filled, hash } = this.#filling!
    this.#filling = undefined
    const number = this.#parts.length + 1
    const part: CompletedPart = { PartNumber: number, ChecksumSHA256: hash.digest('base64') }
    this.#parts.push(part)
    const flight = this.#send(part, buffer.subarray(0, filled))
      .then(() => this.#buffers.give(buffer))
      .catch((thrown: unknown) => {
        this.#failed ??= { thrown }
        this.#giveUp.abort()
      })
      .finally(() => this.#flights.delete(flight))
    this.#flights.add(flight)
  }

  async #send(part: CompletedPart, body: Buffer): Promise<void> {
    this.#id ??= createMultipart(this.#api, this.#target)
    part.ETag = await sendPart(this.#api, this.#target, await this.#id, part, body, this.#signal)
  }

  async #complete(composite: string): Promise<Kept> {
    const { key } = this.#target
    const id = await this.#id
    try {
      return await this.#api.call(
        { operation: 'CompleteMultipartUpload', key, signal: this.#outer, ends: true },
        (options) =>
          this.#api.client.send(
            new CompleteMultipartUploadCommand({
              Bucket: this.#api.bucket,
              Key: key,
              UploadId: id,
              MpuObjectSize: this.#size,
              MultipartUpload: { Parts: this.#parts },
              ...conditionOf(this.#target),
            }),
            options,
          ),
      )
    } catch (thrown) {
      if (isAbort(thrown, this.#outer)) throw thrown
      const gone = s3ErrorOf(thrown) === 'NoSuchUpload' || isRefusedCondition(thrown)
      const found =
        gone && wasRepeated(thrown) ? await findWritten(this.#api, key, composite, this.#outer) : null
      if (found) return found
      throw thrown
    }
  }
}
