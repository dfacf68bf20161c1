import { createS3Store, type S3StoreOptions } from '../../src/aws/s3-store.ts'
import type { Clock } from '../../src/base/clock.ts'
import { createLog } from '../../src/base/log.ts'
import { ChunkedHasher } from '../../src/quilt/chunked-hash.ts'
import type { LogicalKey, ObjectHash, PackageName } from '../../src/quilt/types.ts'
import type { ObjectStore, Place } from '../../src/registry/ports.ts'
import { type S3Server, startS3Server } from '../support/s3-server.ts'
import type { S3Bucket, Versioning } from '../support/s3-server-bucket.ts'

export const MiB = 1 << 20
export const signal = new AbortController().signal

/** Every wait passes at once and is written down. */
export class HastyClock implements Clock {
  readonly slept: number[] = []

  now(): number {
    return this.slept.reduce((sum, ms) => sum + ms, 0)
  }

  async sleep(ms: number, abort?: AbortSignal): Promise<void> {
    abort?.throwIfAborted()
    this.slept.push(ms)
  }
}

export type Lab = {
  readonly server: S3Server
  readonly bucket: S3Bucket
  readonly store: ObjectStore
  readonly clock: HastyClock
  /** Another store on the same server. */
  open(options?: Partial<S3StoreOptions>): Promise<ObjectStore>
}

/** A fresh server with one bucket, and a store on it. */
export const openLab = async (versioning: Versioning = 'enabled'): Promise<Lab> => {
  const server = await startS3Server({ buckets: { lab: versioning }, pageSize: 3 })
  const clock = new HastyClock()
  const open = (options: Partial<S3StoreOptions> = {}) =>
    createS3Store({
      bucket: 'lab',
      endpoint: server.url,
      forcePathStyle: true,
      region: 'eu-test-1',
      credentials: server.credentials,
      clock,
      log: createLog('silent'),
      ...options,
    })
  return { server, bucket: server.buckets.get('lab')!, store: await open(), clock, open }
}

export const bytesOf = (size: number): Buffer =>
  Buffer.alloc(size, Buffer.from(Array.from({ length: 251 }, (_, i) => i)))

export const hashOf = (bytes: Uint8Array): ObjectHash => {
  const hasher = new ChunkedHasher(bytes.length)
  hasher.update(bytes)
  return hasher.digest()
}

export const placeOf = (key = 'data/results.csv', run = 'run-1'): Place => ({
  name: 'benchling/EXP1' as PackageName,
  key: key as LogicalKey,
  run,
})

/** Writes a body in pieces of 3 MiB and commits it. */
export const upload = async (
  store: ObjectStore,
  bytes: Buffer,
  place = placeOf(),
  abort: AbortSignal = signal,
): Promise<string> => {
  const begun = await store.begin(place, bytes.length, abort)
  try {
    for (let at = 0; at < bytes.length; at += 3 * MiB) await begun.write(bytes.subarray(at, at + 3 * MiB))
    return await begun.commit(hashOf(bytes))
  } catch (thrown) {
    await begun.abort()
    throw thrown
  }
}

export const readAll = async (chunks: AsyncIterable<Uint8Array>): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync(chunks))

/** Operations as they arrived. */
export const operations = (server: S3Server): string[] => server.requests.map((request) => request.operation)
