import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createS3Store } from '../../src/aws/s3-store.ts'
import { createLog } from '../../src/base/log.ts'
import type { Versioning } from '../support/s3-server-bucket.ts'
import {
  bytesOf,
  hashOf,
  type Lab,
  MiB,
  openLab,
  operations,
  placeOf,
  readAll,
  signal,
  upload,
} from './s3-lab.ts'

let lab: Lab
const open = async (versioning?: Versioning) => {
  lab = await openLab(versioning)
  return lab
}
afterEach(() => lab?.server.close())

describe('an upload to S3', () => {
  it('sends less than 8 MiB as one PutObject of known length with its SHA-256, unframed', async () => {
    const { server, store } = await open()
    const bytes = bytesOf(8 * MiB - 1)
    await upload(store, bytes)
    expect(operations(server)).toEqual(['GetBucketVersioning', 'PutObject'])
    const digest = createHash('sha256').update(bytes).digest()
    const headers = server.requests[1]!.headers
    expect(headers).toMatchObject({
      'content-length': String(bytes.length),
      'x-amz-checksum-sha256': digest.toString('base64'),
      'x-amz-content-sha256': digest.toString('hex'),
    })
    for (const name of ['content-encoding', 'x-amz-trailer', 'transfer-encoding', 'expect'])
      expect(headers).not.toHaveProperty(name)
  })

  it('sends nothing as an empty object of known length', async () => {
    const { server, store } = await open()
    const physicalKey = await upload(store, Buffer.alloc(0))
    expect(server.requests[1]!.headers['content-length']).toBe('0')
    expect(await readAll(store.open(physicalKey, signal))).toHaveLength(0)
  })

  it.each([
    [8 * MiB, [8 * MiB]],
    [8 * MiB + 1, [8 * MiB, 1]],
    [20 * MiB + 3, [8 * MiB, 8 * MiB, 4 * MiB + 3]],
  ])('sends %i bytes in parts of 8 MiB whose composite checksum is Quilt’s hash', async (size, parts) => {
    const { server, store, bucket } = await open()
    const bytes = bytesOf(size)
    await upload(store, bytes)
    const sent = server.requests.filter((r) => r.operation === 'UploadPart')
    expect(sent.map((r) => r.bytes).sort((a, b) => b - a)).toEqual(parts)
    for (const request of sent) expect(request.headers).not.toHaveProperty('expect')
    expect(bucket.get('benchling/EXP1/data/results.csv').sha256).toBe(
      `${hashOf(bytes).value}-${parts.length}`,
    )
    expect(bucket.uploads.size).toBe(0)
  })

  it('keeps two parts on the wire and fills a third, and then waits', async () => {
    const { server, store } = await open()
    server.faults.plan('UploadPart', 'hang', 2)
    const aborted = new AbortController()
    const begun = await store.begin(placeOf(), 40 * MiB, aborted.signal)
    let through = 0
    const writing = (async () => {
      for (let i = 0; i < 40; i++, through++) await begun.write(bytesOf(MiB))
    })()
    await server.arrived('UploadPart', 2)
    await new Promise((resolve) => setImmediate(resolve))
    expect(through).toBe(23)
    expect(store.uploadBuffer(40 * MiB)).toBe(24 * MiB)
    aborted.abort(new Error('drained'))
    await expect(writing).rejects.toThrow('drained')
    await begun.abort()
    expect(lab.bucket.uploads.size).toBe(0)
  })

  it('says how much memory it takes: the object itself, or at most three parts', async () => {
    const { store } = await open()
    const sizes = [0, 5, 8 * MiB - 1, 8 * MiB, 9 * MiB, 2 ** 30, 80_000 * MiB + 1]
    expect(sizes.map((size) => store.uploadBuffer(size))).toEqual([
      ...[0, 5, 8 * MiB - 1, 8 * MiB, 16 * MiB, 24 * MiB],
      48 * MiB,
    ])
  })

  it('encrypts with the configured key on both roads', async () => {
    const { bucket, open: another } = await open()
    const store = await another({ kmsKeyId: 'alias/lab' })
    await upload(store, bytesOf(10), placeOf('small'))
    await upload(store, bytesOf(9 * MiB), placeOf('large'))
    await store.write('.quilt/packages/x', bytesOf(3), null, signal)
    for (const key of ['benchling/EXP1/small', 'benchling/EXP1/large', '.quilt/packages/x'])
      expect(bucket.get(key).headers).toMatchObject({
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': 'alias/lab',
      })
  })
})

describe('where S3 keeps an object', () => {
  it('is the package’s own key, with its version, in a bucket that keeps versions', async () => {
    const { store, bucket } = await open('enabled')
    const physicalKey = await upload(store, bytesOf(5), placeOf('a b/é+.txt'))
    const { versionId } = bucket.get('benchling/EXP1/a b/é+.txt')
    expect(physicalKey).toBe(`s3://lab/benchling/EXP1/a%20b/%C3%A9%2B.txt?versionId=${versionId}`)
  })

  it.each(['suspended', 'off'] as const)(
    'is a key of its own, written once and outside of packages, when versions are %s',
    async (versioning) => {
      const { server, store } = await open(versioning)
      const small = await upload(store, bytesOf(5))
      const large = await upload(store, bytesOf(8 * MiB))
      for (const key of [small, large])
        expect(key).toMatch(/^s3:\/\/lab\/\.benchling-webhook\/objects\/run-1\/[0-9a-f]{24}$/)
      const finals = server.requests.filter((r) => /^(PutObject|CompleteMultipartUpload)$/.test(r.operation))
      expect(finals.map((r) => r.headers['if-none-match'])).toEqual(['*', '*'])
    },
  )

  it('is asked of the bucket once', async () => {
    const { server, store } = await open()
    for (const key of ['a', 'b', 'c']) await upload(store, bytesOf(1), placeOf(key))
    expect(operations(server).filter((o) => o === 'GetBucketVersioning')).toHaveLength(1)
  })

  it('changes when the bucket stops keeping versions: that upload fails, the next is safe', async () => {
    const { store, bucket } = await open('enabled')
    await upload(store, bytesOf(1))
    bucket.versioning = 'suspended'
    await expect(upload(store, bytesOf(2))).rejects.toMatchObject({ code: 'store.corrupt' })
    expect(await upload(store, bytesOf(2))).toMatch(/objects\/run-1\//)
  })
})

describe('a store on S3', () => {
  it('lists over many pages', async () => {
    const { store } = await open()
    const keys = Array.from({ length: 10 }, (_, i) => `.quilt/named_packages/p/n/${i}`)
    for (const key of keys) await store.write(key, bytesOf(1), null, signal)
    expect(await Array.fromAsync(store.list('.quilt/named_packages/', signal))).toEqual(keys)
  })

  it('opens nothing that lies in another bucket', async () => {
    const { store } = await open()
    await expect(readAll(store.open('s3://other/key', signal))).rejects.toMatchObject({
      code: 'store.object_missing',
    })
  })

  it('needs a region', async () => {
    vi.stubEnv('AWS_REGION', undefined)
    vi.stubEnv('AWS_DEFAULT_REGION', undefined)
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null')
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null')
    const { clock } = await open()
    await expect(createS3Store({ bucket: 'lab', clock, log: createLog('silent') })).rejects.toMatchObject({
      code: 'config.invalid',
    })
    vi.unstubAllEnvs()
  })
})
