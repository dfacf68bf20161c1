import type { Readable } from 'node:stream'
import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { backoffMs } from '../base/retry.ts'
import { isPassing } from './aws-problem.ts'
import type { S3Api } from './s3-api.ts'
import { s3Fault } from './s3-faults.ts'

/** Connections that may break one after another without a byte in between before reading is given up. */
const BREAKS = 4
const BASE_MS = 200
const CAP_MS = 5_000

const sizeOf = (answer: GetObjectCommandOutput, from: number): number | undefined =>
  answer.ContentLength === undefined ? undefined : from + answer.ContentLength

/**
 * The bytes of one object. When a connection breaks, reading goes on where it stopped, of the same content (ETag).
 * Ends the transfer when the reader stops early.
 */
export async function* openObject(
  api: S3Api,
  key: string,
  versionId: string | null,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  let read = 0
  let etag: string | undefined
  let size: number | undefined
  for (let breaks = 0; ; ) {
    const from = read
    const answer = await api.call({ operation: 'GetObject', key, signal }, (options) =>
      api.client.send(
        new GetObjectCommand({
          Bucket: api.bucket,
          Key: key,
          ...(versionId === null ? {} : { VersionId: versionId }),
          ...(from === 0 ? {} : { Range: `bytes=${from}-`, IfMatch: etag }),
        }),
        options,
      ),
    )
    etag ??= answer.ETag
    size ??= sizeOf(answer, from)
    const body = answer.Body as Readable
    try {
      for await (const chunk of body) {
        read += chunk.length
        yield chunk
      }
      return
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      if (read === size) return
      breaks = read > from ? 1 : breaks + 1
      if (breaks > BREAKS || !isPassing(thrown)) throw s3Fault(thrown, { operation: 'GetObject', key })
    } finally {
      body.destroy()
    }
    await api.clock.sleep(backoffMs(breaks, BASE_MS, CAP_MS), signal)
  }
}
