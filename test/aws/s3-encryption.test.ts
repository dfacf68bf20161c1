import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bytesOf, type Lab, MiB, openLab, placeOf, signal, upload } from './s3-lab.ts'

const KEY = 'arn:aws:kms:eu-test-1:111122223333:key/1'
const ENCRYPTED = {
  'x-amz-server-side-encryption': 'aws:kms',
  'x-amz-server-side-encryption-aws-kms-key-id': KEY,
}

let lab: Lab
const open = async (versioning: 'enabled' | 'off' = 'enabled') => {
  lab = await openLab(versioning)
  return lab.open({ kmsKeyId: KEY })
}
const headersOf = (operation: string) =>
  lab.server.requests.filter((request) => request.operation === operation).map(({ headers }) => headers)
afterEach(() => lab.server.close())

describe('a key of KMS', () => {
  it.each(['enabled', 'off'] as const)(
    'goes with every request that makes an object, conditions or not (versions %s)',
    async (versioning) => {
      const store = await open(versioning)
      await upload(store, bytesOf(10), placeOf('small'))
      await upload(store, bytesOf(0), placeOf('empty'))
      await upload(store, bytesOf(9 * MiB), placeOf('large'))
      await store.write('plain', bytesOf(3), null, signal)
      expect(await store.write('new', bytesOf(3), { ifAbsent: true }, signal)).toBe(true)
      const { etag } = (await store.read('new', signal))!
      expect(await store.write('new', bytesOf(4), { ifMatch: etag }, signal)).toBe(true)
      const puts = headersOf('PutObject')
      expect(puts).toHaveLength(5)
      for (const headers of [...puts, ...headersOf('CreateMultipartUpload')])
        expect(headers).toMatchObject(ENCRYPTED)
      expect(headersOf('CreateMultipartUpload')).toHaveLength(1)
      expect(puts.filter((h) => h['if-none-match'] === '*')).toHaveLength(versioning === 'off' ? 3 : 1)
      expect(puts.filter((h) => h['if-match'] !== undefined)).toHaveLength(1)
    },
  )

  it('goes with nothing else, which S3 would refuse', async () => {
    const store = await open()
    const key = await upload(store, bytesOf(9 * MiB))
    await store.read('a', signal)
    await store.has(key, signal)
    const others = lab.server.requests.filter(
      ({ operation }) => operation !== 'CreateMultipartUpload' && operation !== 'PutObject',
    )
    expect(others.length).toBeGreaterThan(4)
    for (const { headers } of others) expect(headers).not.toHaveProperty('x-amz-server-side-encryption')
  })

  it('is not named where the bucket decides', async () => {
    lab = await openLab()
    await upload(lab.store, bytesOf(10))
    expect(headersOf('PutObject')[0]).not.toHaveProperty('x-amz-server-side-encryption')
  })
})

describe('a key that cannot be used', () => {
  const refused = { code: 'store.kms_refused', entry: { class: 'operator' } }
  beforeEach(async () => {
    await open()
  })

  it.each(['kms-denied', 'kms-disabled'] as const)('is the operator’s to set right (%s)', async (kind) => {
    const store = await lab.open({ kmsKeyId: KEY })
    const attempts = [
      ['PutObject', () => upload(store, bytesOf(10))],
      ['PutObject', () => store.write('a', bytesOf(1), { ifAbsent: true }, signal)],
      ['CreateMultipartUpload', () => upload(store, bytesOf(9 * MiB))],
      ['UploadPart', () => upload(store, bytesOf(9 * MiB))],
      ['GetObject', () => store.read('a', signal)],
    ] as const
    for (const [operation, attempt] of attempts) {
      lab.server.faults.plan(operation, kind)
      const fault = await attempt().catch((thrown: unknown) => thrown)
      expect(fault).toMatchObject(refused)
      expect((fault as { people: string }).people).not.toMatch(/arn:|\d{12}/)
    }
  })

  it('for a moment is tried again', async () => {
    const store = await lab.open({ kmsKeyId: KEY })
    lab.server.faults.plan('PutObject', 'kms-throttled', 2)
    expect(await store.write('a', bytesOf(1), null, signal)).toBe(true)
    expect(headersOf('PutObject')).toHaveLength(3)
  })

  it('is not what a bucket means that refuses without naming KMS', async () => {
    lab.server.faults.plan('PutObject', 'forbidden')
    await expect(lab.store.write('a', bytesOf(1), null, signal)).rejects.toMatchObject({
      code: 'store.forbidden',
    })
  })
})
