import { expect, it } from 'vitest'
import { createS3PackagePrefix } from '../../src/aws/s3-package-prefix.ts'
import { createLog } from '../../src/base/log.ts'
import { packageName } from '../../src/quilt/names.ts'
import { describePackagePrefix } from '../registry/package-prefix-contract.ts'
import type { Versioning } from '../support/s3-server-bucket.ts'
import { bytesOf, hashOf, MiB, openLab, operations, placeOf, signal, upload } from './s3-lab.ts'

const openPrefix = async (versioning: Versioning = 'enabled') => {
  const lab = await openLab(versioning)
  const { server, clock } = lab
  const prefix = await createS3PackagePrefix({
    bucket: 'lab',
    endpoint: server.url,
    forcePathStyle: true,
    region: 'eu-test-1',
    credentials: server.credentials,
    clock,
    log: createLog('silent'),
  })
  return { ...lab, prefix, stop: () => server.close() }
}

describePackagePrefix('An S3 bucket', openPrefix)

it.each(['off', 'suspended'] as const)('a bucket with versions %s says that it keeps none', async (how) => {
  const { prefix, stop } = await openPrefix(how)
  expect(await prefix.versioned()).toBe(false)
  await stop()
})

it('what was there before the bucket kept versions is listed as version null', async () => {
  const { prefix, bucket, store, stop } = await openPrefix('off')
  await store.write('benchling/EXP1/old.txt', Buffer.from('x'), null, signal)
  bucket.versioning = 'enabled'
  const all = await Array.fromAsync(prefix.list(packageName('benchling/EXP1'), signal))
  expect(all).toEqual([{ key: 'benchling/EXP1/old.txt', versionId: 'null', size: 1 }])
  await stop()
})

it('what may not be hidden is a fault for the operator', async () => {
  const { prefix, server, stop } = await openPrefix()
  server.faults.plan('DeleteObject', 'forbidden')
  await expect(prefix.hide('benchling/EXP1/a', signal)).rejects.toMatchObject({ code: 'store.forbidden' })
  await stop()
})

it('what the packager reads hashes from goes over the wire as it must: whole below 8 MiB, else in chunks of 8 MiB', async () => {
  const { server, store, bucket, stop } = await openPrefix()
  const small = bytesOf(8 * MiB - 1)
  const large = bytesOf(16 * MiB + 3)
  await upload(store, small, placeOf('small.bin'))
  await upload(store, large, placeOf('large.bin'))
  const writes = operations(server).filter((operation) => /^(Put|Create|Upload|Complete)/.test(operation))
  expect(writes).toEqual([
    'PutObject',
    'CreateMultipartUpload',
    'UploadPart',
    'UploadPart',
    'UploadPart',
    'CompleteMultipartUpload',
  ])
  const parts = server.requests.filter(({ operation }) => operation === 'UploadPart')
  expect(parts.map(({ bytes }) => bytes).toSorted((a, b) => b - a)).toEqual([8 * MiB, 8 * MiB, 3])
  for (const { operation, headers } of server.requests) {
    if (operation === 'PutObject' || operation === 'UploadPart')
      expect(headers['x-amz-checksum-sha256']).toBeDefined()
    if (operation === 'PutObject' || operation === 'CreateMultipartUpload')
      expect(headers['x-amz-meta-benchling-webhook']).toBe('content')
  }
  // S3's own checksums, from which the packager takes its hashes, know nothing of the mark.
  const kept = bucket.get('benchling/EXP1/large.bin')
  expect(kept.sha256).toBe(`${hashOf(large).value}-3`)
  expect(bucket.get('benchling/EXP1/small.bin').sha256).not.toContain('-')
  await stop()
})
