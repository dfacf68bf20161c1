import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSecretReader, type SecretReader } from '../../src/aws/secret-reader.ts'
import { Fault } from '../../src/base/fault.ts'
import { createLog, faultFields } from '../../src/base/log.ts'
import { type Secrets, secretsManager } from '../support/secrets-server.ts'
import { type Listening, listening } from '../support/sts-server.ts'
import { BriskClock } from './role-lab.ts'
import { signal } from './s3-lab.ts'

const NAME = 'lab/benchling'
const TEXT = '{"tenant":"acme","client_secret":"cs_canary"}'

let manager: Secrets
let server: Listening
let reader: SecretReader
let lines: string[]
const clock = new BriskClock()
const open = (credentials: Parameters<typeof createSecretReader>[0]['credentials']) =>
  createSecretReader({
    secretId: NAME,
    region: 'eu-test-1',
    endpoint: server.url,
    ...(credentials && { credentials }),
    clock,
    log: createLog('debug', { write: (line: string) => void lines.push(line) }),
  })

beforeEach(async () => {
  lines = []
  manager = secretsManager()
  server = await listening(manager.listener)
  reader = open({ accessKeyId: 'AKIATASKTASKTASK', secretAccessKey: 'task-secret' })
})
afterEach(async () => {
  reader.close()
  await server[Symbol.asyncDispose]()
})

const faultOf = async (from = reader): Promise<Fault> => {
  const thrown = await from.read(signal).catch((reason: unknown) => reason)
  if (thrown instanceof Fault) return thrown
  throw new Error(`no fault but ${String(thrown)}`)
}

describe('the secret', () => {
  it('is read as it is now, and never logged', async () => {
    manager.secrets.set(NAME, TEXT)
    expect(await reader.read(signal)).toBe(TEXT)
    manager.secrets.set(NAME, '{}')
    expect(await reader.read(signal)).toBe('{}')
    expect(manager.asked).toEqual([NAME, NAME])
    expect(lines.join('')).not.toContain('canary')
  })

  it('is asked for in the region that its ARN names', async () => {
    const arn = 'arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:lab-AbCdEf'
    manager.secrets.set(arn, TEXT)
    const credentials = { accessKeyId: 'AKIATASKTASKTASK', secretAccessKey: 'task-secret' }
    const address = { endpoint: server.url, credentials, clock, log: createLog('silent') }
    for (const region of ['eu-test-1', undefined]) {
      const other = createSecretReader({ ...address, secretId: arn, ...(region && { region }) })
      expect(await other.read(signal)).toBe(TEXT)
      other.close()
    }
    expect(manager.regions).toEqual(['us-gov-west-1', 'us-gov-west-1'])
  })

  it('may appear later', async () => {
    expect(await faultOf()).toMatchObject({ code: 'config.secret_missing', entry: { class: 'operator' } })
    manager.secrets.set(NAME, TEXT)
    expect(await reader.read(signal)).toBe(TEXT)
  })

  it('holds text', async () => {
    manager.secrets.set(NAME, Buffer.from(TEXT))
    const fault = await faultOf()
    expect(fault).toMatchObject({ code: 'config.secret_invalid', entry: { class: 'operator', http: 503 } })
    expect(JSON.stringify(faultFields(fault))).not.toContain('canary')
  })

  it.each([
    ['InvalidRequestException', 'config.secret_missing', 'deletion'],
    ['InvalidParameterException', 'config.secret_missing', 'neither a name'],
    ['AccessDeniedException', 'config.secret_forbidden', ''],
    ['DecryptionFailure', 'config.secret_forbidden', 'kms:Decrypt'],
    ['ExpiredTokenException', 'config.secret_forbidden', ''],
    ['UnrecognizedClientException', 'config.secret_forbidden', ''],
  ])('that is refused (%s) is %s, at once', async (type, code, says) => {
    manager.troubles.push({ status: 400, type })
    const fault = await faultOf()
    expect(fault).toMatchObject({ code, facts: { error: type }, entry: { class: 'operator', http: 503 } })
    expect(fault.detail ?? '').toContain(says)
    expect(manager.asked).toHaveLength(1)
  })

  it('that may be read, but not its key, says so', async () => {
    for (const message of ['Access to KMS is not allowed', 'not authorized to perform: kms:Decrypt on it']) {
      manager.troubles.push({ status: 400, type: 'AccessDeniedException', message })
      const fault = await faultOf()
      expect([fault.code, fault.detail]).toEqual([
        'config.secret_forbidden',
        expect.stringContaining('kms:Decrypt'),
      ])
    }
    manager.troubles.push({ status: 400, type: 'AccessDeniedException', message: 'resource: kms-notes' })
    expect((await faultOf()).detail).toBeUndefined()
  })

  it('cannot be read without credentials', async () => {
    const without = open(async () => {
      throw Object.assign(new Error('none'), { name: 'CredentialsProviderError' })
    })
    expect(await faultOf(without)).toMatchObject({ code: 'config.secret_forbidden' })
    expect(manager.asked).toEqual([])
  })

  it.each([
    { status: 500, type: 'InternalServiceError' },
    { status: 400, type: 'ThrottlingException' },
    'reset' as const,
  ])('is asked for three times while that may help (%j)', async (trouble) => {
    manager.secrets.set(NAME, TEXT)
    manager.troubles.push(trouble, trouble)
    expect(await reader.read(signal)).toBe(TEXT)
    manager.troubles.push(trouble, trouble, trouble)
    expect(await faultOf()).toMatchObject({
      code: 'config.secret_unavailable',
      entry: { class: 'again', http: 503 },
    })
    expect(manager.asked).toHaveLength(6)
  })

  it('is waited for ten seconds', async () => {
    manager.secrets.set(NAME, TEXT)
    manager.troubles.push('hang', 'hang')
    const read = reader.read(signal)
    for (const tries of [1, 2]) {
      while (manager.asked.length < tries) await new Promise((resolve) => setImmediate(resolve))
      await clock.advance(10_000)
    }
    expect(await read).toBe(TEXT)
  })

  it('is no longer waited for when the signal says so', async () => {
    manager.troubles.push('hang')
    const drain = new AbortController()
    const given = expect(reader.read(drain.signal)).rejects.toThrow('drained')
    while (manager.asked.length === 0) await new Promise((resolve) => setImmediate(resolve))
    drain.abort(new Error('drained'))
    await given
    await expect(reader.read(drain.signal)).rejects.toThrow('drained')
    expect(manager.asked).toHaveLength(1)
  })
})
