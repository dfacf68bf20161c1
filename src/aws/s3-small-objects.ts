import { createHash } from 'node:crypto'
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { Fault } from '../base/fault.ts'
import { s3Url } from '../quilt/physical-key.ts'
import type { Condition, Stored } from '../registry/ports.ts'
import type { S3Api } from './s3-api.ts'
import { confirmChecksum, wasRepeated } from './s3-confirm.ts'
import { isRefusedCondition, s3ErrorOf } from './s3-faults.ts'
import { realVersion } from './s3-target.ts'

/** A whole object; null when there is none. Reading its body counts as one try with the request. */
export const readObject = async (api: S3Api, key: string, signal: AbortSignal): Promise<Stored | null> => {
  try {
    return await api.call({ operation: 'GetObject', key, signal }, async (options) => {
      const answer = await api.client.send(new GetObjectCommand({ Bucket: api.bucket, Key: key }), options)
      const { buffer, byteOffset, length } = (await answer.Body?.transformToByteArray()) ?? new Uint8Array()
      const bytes = Buffer.from(buffer, byteOffset, length)
      if (answer.ETag === undefined) throw new Fault('store.unavailable', { key, problem: 'no ETag' })
      return {
        bytes,
        etag: answer.ETag,
        physicalKey: s3Url(api.bucket, key, realVersion(answer.VersionId)),
      }
    })
  } catch (thrown) {
    if (s3ErrorOf(thrown) === 'NoSuchKey') return null
    throw thrown
  }
}

/** Bytes of an object; null when there is none. */
export const sizeOfObject = async (api: S3Api, key: string, signal: AbortSignal): Promise<number | null> => {
  try {
    const answer = await api.call({ operation: 'HeadObject', key, signal }, (options) =>
      api.client.send(new HeadObjectCommand({ Bucket: api.bucket, Key: key }), options),
    )
    if (answer.ContentLength === undefined)
      throw new Fault('store.unavailable', { key, problem: 'no length' })
    return answer.ContentLength
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'store.object_missing') return null
    throw thrown
  }
}

const headersOf = (condition: Condition | null): { IfNoneMatch?: string; IfMatch?: string } => {
  if (!condition) return {}
  return 'ifAbsent' in condition ? { IfNoneMatch: '*' } : { IfMatch: condition.ifMatch }
}

/**
 * Writes a whole object; false when the condition does not hold. When an answer was lost and the repeated request
 * meets our own first one, what is there now tells: equal bytes are ours.
 */
export const writeObject = async (
  api: S3Api,
  key: string,
  bytes: Uint8Array,
  condition: Condition | null,
  signal: AbortSignal,
): Promise<boolean> => {
  const checksum = createHash('sha256').update(bytes).digest('base64')
  try {
    const answer = await api.call({ operation: 'PutObject', key, signal }, (options) =>
      api.client.send(
        new PutObjectCommand({
          Bucket: api.bucket,
          Key: key,
          Body: bytes,
          ContentLength: bytes.length,
          ChecksumSHA256: checksum,
          ...headersOf(condition),
          ...api.encryption,
        }),
        options,
      ),
    )
    confirmChecksum(answer.ChecksumSHA256, checksum, key)
    return true
  } catch (thrown) {
    if (!condition || !isRefusedCondition(thrown)) throw thrown
    if (!wasRepeated(thrown)) return false
    const now = await readObject(api, key, signal)
    return now?.bytes.equals(bytes) ?? false
  }
}
