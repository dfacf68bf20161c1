import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRoleManager } from '../../src/aws/role-manager.ts'
import { createS3Store } from '../../src/aws/s3-store.ts'
import { createSecretReader } from '../../src/aws/secret-reader.ts'
import { systemClock } from '../../src/base/clock.ts'
import { createLog } from '../../src/base/log.ts'
import { type Emulator, startMoto } from './emulators.ts'

const ROLE = 'arn:aws:iam::123456789012:role/quilt-writer'
const signal = new AbortController().signal
const lines: string[] = []
const log = createLog('debug', { write: (line: string) => void lines.push(line) })

let moto: Emulator
let endpoint: string
const credentials = { accessKeyId: 'AKIACONFORMANCE0', secretAccessKey: 'not-a-secret' }
const address = () => ({ region: 'us-east-1', endpoint, credentials, clock: systemClock, log })

beforeAll(async () => {
  moto = await startMoto()
  endpoint = moto.env.AWS_ENDPOINT_URL_S3!
})
afterAll(() => moto.close())

/** A call to moto as a service's JSON protocol has it. */
const call = (service: string, target: string, body: object) =>
  fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': target,
      authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/20261128/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(body),
  })

it('a role of moto is assumed once, for all stores, and its sessions open the bucket', async () => {
  await moto.createBucket('role', true)
  const role = createRoleManager({ ...address(), roleArn: ROLE, host: 'conformance' })
  const store = () =>
    createS3Store({ ...address(), bucket: 'role', forcePathStyle: true, credentials: role.credentials! })
  const stores = await Promise.all([store(), store()])
  await role.check(signal)
  await Promise.all(
    Array.from({ length: 50 }, async (_, n) => {
      await stores[n % 2]!.write(`key-${n}`, Buffer.from(String(n)), { ifAbsent: true }, signal)
      expect((await stores[(n + 1) % 2]!.read(`key-${n}`, signal))?.bytes.toString()).toBe(String(n))
    }),
  )
  expect(role.status()).toEqual({ configured: true, valid: true })
  expect(lines.filter((line) => line.includes('role assumed'))).toHaveLength(1)
  const keys = await role.credentials!()
  expect(keys).toMatchObject({
    accessKeyId: expect.stringMatching(/^ASIA/),
    sessionToken: expect.stringMatching(/./),
  })
  role.close()
})

it('a secret of moto is missing, then there, then another', async () => {
  const name = `lab/${randomUUID()}`
  const reader = createSecretReader({ ...address(), secretId: name })
  await expect(reader.read(signal)).rejects.toMatchObject({ code: 'config.secret_missing' })
  await call('secretsmanager', 'secretsmanager.CreateSecret', {
    Name: name,
    SecretString: '{"tenant":"acme"}',
    ClientRequestToken: randomUUID(),
  })
  expect(await reader.read(signal)).toBe('{"tenant":"acme"}')
  await call('secretsmanager', 'secretsmanager.PutSecretValue', {
    SecretId: name,
    SecretString: '{"tenant":"other"}',
    ClientRequestToken: randomUUID(),
  })
  expect(await reader.read(signal)).toBe('{"tenant":"other"}')
  reader.close()
})
