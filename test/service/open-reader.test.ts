import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createLog } from '../../src/base/log.ts'
import { NO_METRICS } from '../../src/base/metrics.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { PackageName, TopHash } from '../../src/quilt/types.ts'
import { ManifestCache } from '../../src/registry/manifest-cache.ts'
import { otherBuckets } from '../../src/service/open-reader.ts'
import { openRole } from '../../src/service/open-role.ts'
import { HastyClock } from '../aws/s3-lab.ts'
import { type S3Server, startS3Server } from '../support/s3-server.ts'

const never = new AbortController().signal
const log = createLog('silent')
const HASH = 'a'.repeat(64) as TopHash
const [SHOWN, HIDDEN] = ['team/one', 'secret/two'] as PackageName[] as [PackageName, PackageName]

let server: S3Server

beforeEach(async () => {
  server = await startS3Server({ buckets: { others: 'off' } })
  vi.stubEnv('AWS_ENDPOINT_URL_S3', server.url)
  vi.stubEnv('AWS_ACCESS_KEY_ID', server.credentials.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', server.credentials.secretAccessKey)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await server.close()
})

const open = async (allow = '') => {
  const config = loadConfig({
    APP_ENV: 'test',
    BenchlingSecret: 'lab',
    DATA_DIR: '/nowhere',
    AWS_REGION: 'eu-test-1',
    PACKAGE_ALLOW_LIST: allow,
  })
  const clock = new HastyClock()
  const role = await openRole(config, clock, log)
  return otherBuckets({ config, role, clock, log, metrics: NO_METRICS, cache: new ManifestCache() })
}

describe('The reader of another bucket', () => {
  test('is made once for each bucket, and again for the one of many used longest ago', async () => {
    const readers = await open()
    const names = Array.from({ length: 51 }, (_, i) => `bucket-${i}`)
    const [first, second] = [await readers(names[0]!), await readers(names[1]!)]
    for (const name of names.slice(2, 50)) await readers(name)
    expect(await readers(names[0]!)).toBe(first)
    await readers(names[50]!)
    expect(await readers(names[0]!)).toBe(first)
    expect(await readers(names[1]!)).not.toBe(second)
    expect(server.requests).toEqual([])
  })

  test.each(['', '..', 'Others', '10.0.0.1', 'others/team', 'others?x', 'a'.repeat(64)])(
    'is none for %j, which is no bucket',
    async (name) => {
      expect(await (await open())(name)).toBeNull()
    },
  )

  test('is none for a bucket that the allow list does not have', async () => {
    const readers = await open('mine,others/team')
    expect(await readers('another')).toBeNull()
    expect(await readers('others')).not.toBeNull()
  })

  test('knows no package that the allow list does not have, and asks for none', async () => {
    const reader = (await (await open('others/team'))('others'))!
    expect(await reader.latest(HIDDEN, never)).toBeNull()
    expect(await reader.revisionAt(HIDDEN, 1_700_000_000, never)).toBeNull()
    expect(await reader.history(HIDDEN, { skip: 0, limit: 9 }, never)).toEqual({ total: 0, pointers: [] })
    await expect(reader.revision(HIDDEN, HASH, never)).rejects.toMatchObject({ code: 'package.not_found' })
    expect(server.requests).toEqual([])
    expect(await reader.latest(SHOWN, never)).toBeNull()
    expect(server.requests).toHaveLength(1)
  })

  test.each([
    ['forbidden', 'store.forbidden'],
    ['kms-denied', 'store.kms_refused'],
  ] as const)('says in plain words that it may not read: %s', async (fault, refused) => {
    const reader = (await (await open())('others'))!
    server.faults.plan('GetObject', fault)
    await expect(reader.latest(SHOWN, never)).rejects.toMatchObject({
      code: 'package.forbidden',
      facts: { refused, bucket: 'others' },
    })
    const reads = [
      () => reader.revisionAt(SHOWN, 1_700_000_000, never),
      () => reader.history(SHOWN, { skip: 0, limit: 9 }, never),
      () => reader.revision(SHOWN, HASH, never),
    ]
    for (const read of reads) {
      server.faults.plan('*', fault)
      await expect(read()).rejects.toMatchObject({ code: 'package.forbidden' })
    }
    expect(await reader.latest(SHOWN, never)).toBeNull()
  })

  test('throws what may pass as it is', async () => {
    const reader = (await (await open())('others'))!
    server.faults.plan('*', 'internal-error', 9)
    await expect(reader.latest(SHOWN, never)).rejects.toMatchObject({ code: 'store.unavailable' })
  })
})
