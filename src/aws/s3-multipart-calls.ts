import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { Fault } from '../base/fault.ts'
import type { S3Api } from './s3-api.ts'
import { confirmChecksum } from './s3-confirm.ts'
import { MARK } from './s3-mark.ts'
import type { Target } from './s3-target.ts'

/** Begins an upload and returns its id. Takes no signal: an id that nobody heard of could never be aborted. */
export const createMultipart = async (api: S3Api, target: Target): Promise<string> => {
  const { UploadId } = await api.call({ operation: 'CreateMultipartUpload', key: target.key }, (options) =>
    api.client.send(
      new CreateMultipartUploadCommand({
        Bucket: api.bucket,
        Key: target.key,
        ChecksumAlgorithm: 'SHA256',
        ChecksumType: 'COMPOSITE',
        Metadata: MARK,
        ...api.encryption,
      }),
      options,
    ),
  )
  if (UploadId === undefined)
    throw new Fault('store.unavailable', { key: target.key, problem: 'no upload id' })
  return UploadId
}

/** Sends a part and returns its ETag. Throws `store.corrupt` when S3 answers with another checksum. */
export const sendPart = async (
  api: S3Api,
  target: Target,
  id: string,
  part: CompletedPart,
  body: Buffer,
  signal: AbortSignal,
): Promise<string> => {
  const { ETag, ChecksumSHA256 } = await api.call(
    { operation: 'UploadPart', key: target.key, signal },
    (options) =>
      api.client.send(
        new UploadPartCommand({
          Bucket: api.bucket,
          Key: target.key,
          UploadId: id,
          PartNumber: part.PartNumber,
          Body: body,
          ContentLength: body.length,
          ChecksumSHA256: part.ChecksumSHA256,
        }),
        options,
      ),
  )
  confirmChecksum(ChecksumSHA256, part.ChecksumSHA256 ?? '', target.key)
  if (ETag === undefined)
    throw new Fault('store.unavailable', { key: target.key, problem: 'a part without ETag' })
  return ETag
}

/** Ends an upload that shall not become an object. */
export const abortMultipart = async (api: S3Api, target: Target, id: string): Promise<void> => {
  await api.call({ operation: 'AbortMultipartUpload', key: target.key }, (options) =>
    api.client.send(
      new AbortMultipartUploadCommand({ Bucket: api.bucket, Key: target.key, UploadId: id }),
      options,
    ),
  )
}
