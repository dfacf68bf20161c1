import { Readable } from 'node:stream'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type S3Server, startS3Server } from './s3-server.ts'

const MiB = 1 << 20
const at = { Bucket: 'lab', Key: 'a key/é' }

let server: S3Server
let client: S3Client
const connect = (more: S3ClientConfig = {}): S3Client =>
  new S3Client({
    endpoint: server.url,
    forcePathStyle: true,
    region: 'eu-test-1',
    credentials: server.credentials,
    maxAttempts: 1,
    ...more,
  })
beforeEach(async () => {
  server = await startS3Server({ buckets: { lab: 'enabled' } })
  client = connect()
})
afterEach(async () => {
  client.destroy()
  await server.close()
})

/** Requests of `client` carry this header, signed with the rest. */
const withHeader = (name: string, value: string): void =>
  client.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> }
      headers[name] = value
      return next(args)
    },
    { step: 'build', priority: 'low' },
  )

describe('the strict S3 server of the tests', () => {
  it('refuses a request without a signature', async () => {
    const answer = await fetch(`${server.url}/lab/key`)
    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain('<Code>AccessDenied</Code>')
  })

  it('refuses a signature made with another secret', async () => {
    const stranger = connect({ credentials: { ...server.credentials, secretAccessKey: 'other' } })
    await expect(stranger.send(new GetObjectCommand(at))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
    })
  })

  it('refuses a body that is not what its checksum says', async () => {
    const wrong = new PutObjectCommand({
      ...at,
      Body: 'x',
      ChecksumSHA256: Buffer.alloc(32).toString('base64'),
    })
    await expect(client.send(wrong)).rejects.toMatchObject({ name: 'BadDigest' })
    expect(server.buckets.get('lab')!.keys()).toEqual([])
  })

  it('refuses a body that is not what its signature covers', async () => {
    withHeader('x-amz-content-sha256', '0'.repeat(64))
    await expect(client.send(new PutObjectCommand({ ...at, Body: 'x' }))).rejects.toMatchObject({
      name: 'XAmzContentSHA256Mismatch',
    })
  })

  it('takes the frame of aws-chunked off, and checks its trailing checksum', async () => {
    const stream = Readable.from([Buffer.from('framed'), Buffer.from(' body')])
    await client.send(new PutObjectCommand({ ...at, Body: stream, ContentLength: 11 }))
    expect(server.requests[0]!.headers['content-encoding']).toBe('aws-chunked')
    expect(server.buckets.get('lab')!.get(at.Key).bytes.toString()).toBe('framed body')
  })

  it('refuses aws-chunked without a framed signature', async () => {
    withHeader('content-encoding', 'aws-chunked')
    await expect(client.send(new PutObjectCommand({ ...at, Body: 'x' }))).rejects.toMatchObject({
      name: 'InvalidRequest',
    })
  })

  it('refuses small parts in the middle, parts out of order and parts without their checksum', async () => {
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ ...at, ChecksumAlgorithm: 'SHA256' }),
    )
    const send = (PartNumber: number, size: number) =>
      client.send(
        new UploadPartCommand({
          ...at,
          UploadId,
          PartNumber,
          Body: Buffer.alloc(size),
          ChecksumAlgorithm: 'SHA256',
        }),
      )
    const parts = [await send(1, 5 * MiB), await send(2, MiB), await send(3, 1)].map((part, i) => ({
      PartNumber: i + 1,
      ETag: part.ETag,
      ChecksumSHA256: part.ChecksumSHA256,
    }))
    const complete = (Parts: typeof parts) =>
      client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }))
    await expect(complete(parts)).rejects.toMatchObject({ name: 'EntityTooSmall' })
    await expect(complete([parts[1]!, parts[0]!])).rejects.toMatchObject({ name: 'InvalidPartOrder' })
    const bare = parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag, ChecksumSHA256: undefined! }))
    await expect(complete(bare)).rejects.toMatchObject({ name: 'InvalidPart' })
    const plain = connect({ requestChecksumCalculation: 'WHEN_REQUIRED' })
    const unchecked = new UploadPartCommand({ ...at, UploadId, PartNumber: 4, Body: Buffer.alloc(1) })
    await expect(plain.send(unchecked)).rejects.toMatchObject({ name: 'InvalidRequest' })
    const { ChecksumSHA256 } = await complete([parts[0]!, parts[1]!])
    expect(ChecksumSHA256).toMatch(/=-2$/)
  })

  it('keeps versions, hides what is deleted, and finds it again by its version', async () => {
    const { VersionId } = await client.send(new PutObjectCommand({ ...at, Body: 'first' }))
    await client.send(new PutObjectCommand({ ...at, Body: 'second' }))
    await client.send(new DeleteObjectCommand(at))
    await expect(client.send(new GetObjectCommand(at))).rejects.toMatchObject({ name: 'NoSuchKey' })
    const first = await client.send(new GetObjectCommand({ ...at, VersionId }))
    expect(await first.Body?.transformToString()).toBe('first')
  })

  it('gives a range, and refuses one beyond the end', async () => {
    await client.send(new PutObjectCommand({ ...at, Body: '0123456789' }))
    const part = await client.send(new GetObjectCommand({ ...at, Range: 'bytes=-3' }))
    expect(part.ContentRange).toBe('bytes 7-9/10')
    expect(await part.Body?.transformToString()).toBe('789')
    await expect(client.send(new GetObjectCommand({ ...at, Range: 'bytes=10-' }))).rejects.toMatchObject({
      name: 'InvalidRange',
    })
  })

  it('refuses what it does not know', async () => {
    withHeader('if-none-match', '"an-etag"')
    await expect(client.send(new PutObjectCommand({ ...at, Body: 'x' }))).rejects.toMatchObject({
      name: 'NotImplemented',
    })
  })
})
