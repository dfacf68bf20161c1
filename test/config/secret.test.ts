import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import type { SecretSource } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { parseSecret } from '../../src/config/secret.ts'
import { LAB_SECRET } from '../support/lab-secret.ts'

const ENVIRONMENT = { BenchlingSecret: 'lab/benchling', JOBS_TABLE: 'jobs' }
const sourceOf = (more: Record<string, string> = {}): SecretSource =>
  loadConfig({ ...ENVIRONMENT, ...more }).secret!

const labOf = (more: Record<string, unknown>, source = sourceOf()) =>
  parseSecret(JSON.stringify({ ...LAB_SECRET, ...more }), source)

const problemsOf = (text: string): readonly string[] => {
  try {
    parseSecret(text, sourceOf())
  } catch (thrown) {
    const fault = thrown as Fault
    expect(fault).toBeInstanceOf(Fault)
    expect(fault.code).toBe('config.secret_invalid')
    expect(JSON.stringify([fault.message, fault.facts, fault.detail, String(fault.stack)])).not.toContain(
      'canary',
    )
    return fault.facts.problems as string[]
  }
  return []
}
const problemsWith = (more: Record<string, unknown>) => problemsOf(JSON.stringify({ ...LAB_SECRET, ...more }))

test('a service whose lab is in a secret needs no variable of the lab', () => {
  const config = loadConfig(ENVIRONMENT)
  expect(config.lab).toBeNull()
  expect(config.secret).toMatchObject({ id: 'lab/benchling', registry: null })
})

test('a secret of an existing installation is a lab', () => {
  expect(labOf({})).toEqual({
    logLevel: 'info',
    benchling: {
      tenant: { slug: 'acme', host: 'acme.benchling.com', simulated: false },
      baseUrl: 'https://acme.benchling.com',
      clientId: 'client-1',
      clientSecret: 'cs_canary',
    },
    webhook: {
      identity: { app: { mode: 'definition', id: 'appdef_A1' }, origins: ['https://acme.benchling.com'] },
      verify: true,
      refusedToSwitchOff: false,
    },
    registry: { kind: 's3', url: 's3://lab-data', bucket: 'lab-data' },
    packages: { prefix: 'benchling', metadataKey: 'experiment_id', workflow: null },
  })
})

test('keys of older and newer versions are let be', () => {
  expect(labOf({ webhook_allow_list: '', queue_url: 'x', __proto__: null, later: [1] })).toEqual(labOf({}))
})

test('a workflow may be absent, empty or null', () => {
  expect(labOf({ workflow: null })).toEqual(labOf({}))
  expect(labOf({ workflow: '' })).toEqual(labOf({}))
  expect(problemsWith({ workflow: 7 })).toEqual(['workflow must be a string.'])
  expect(problemsWith({ tenant: null })).toEqual(['tenant must be a string.'])
})

test('the tenant may be a slug, a host or an address', () => {
  for (const tenant of ['acme', ' acme.benchling.com. ', 'https://acme.benchling.com/signin'])
    expect(labOf({ tenant }).benchling.tenant.host).toBe('acme.benchling.com')
  expect(labOf({ tenant: ' Acme.benchling.com. ' }).benchling.tenant.slug).toBe('Acme')
})

describe('verification', () => {
  test.each([true, 'true', 'True', '1', 'TRUE'])('is on with %j', (flag) => {
    expect(labOf({ enable_webhook_verification: flag }).webhook.verify).toBe(true)
  })
  test.each(['yes', 1, null, '', {}])('may not be %j', (flag) => {
    expect(problemsWith({ enable_webhook_verification: flag })).toEqual([
      'enable_webhook_verification must be true or false.',
    ])
  })
  test('stays on in production whatever the secret says, and that is known', () => {
    for (const flag of [false, 'false', '0'])
      expect(labOf({ enable_webhook_verification: flag }).webhook).toMatchObject({
        verify: true,
        refusedToSwitchOff: true,
      })
    const reachable = sourceOf({ APP_ENV: 'development', HOST: '10.0.0.1' })
    expect(labOf({ enable_webhook_verification: false }, reachable).webhook.verify).toBe(true)
  })
  test('may be off on loopback outside of production', () => {
    const local = sourceOf({ APP_ENV: 'development', HOST: '127.0.0.1' })
    expect(labOf({ enable_webhook_verification: false }, local).webhook).toMatchObject({
      verify: false,
      refusedToSwitchOff: false,
    })
    const forced = sourceOf({ APP_ENV: 'test', HOST: '127.0.0.1', ENABLE_WEBHOOK_VERIFICATION: '0' })
    expect(labOf({}, forced).webhook.verify).toBe(false)
  })
})

test('without a bucket no packages are made, unless the environment names a registry', () => {
  expect(labOf({ user_bucket: '' }).registry).toBeNull()
  const folder = sourceOf({ QUILT_REGISTRY: '/srv/registry' })
  expect(labOf({ user_bucket: ' ' }, folder).registry).toMatchObject({ kind: 'folder' })
  expect(labOf({ user_bucket: 's3://lab-data' }, folder).registry).toMatchObject({ bucket: 'lab-data' })
})

test('every missing key is named at once', () => {
  expect(problemsOf('{}')).toEqual([
    'These keys are missing: tenant, client_id, client_secret, app_definition_id, user_bucket, pkg_prefix, pkg_key, log_level, enable_webhook_verification.',
  ])
})

test('every wrong value is named at once and none is repeated', () => {
  const wrong = Object.fromEntries(Object.keys(LAB_SECRET).map((key) => [key, 'canary \u0007']))
  expect(problemsWith({ ...wrong, workflow: 7 }).map((problem) => problem.split(' ')[0])).toEqual([
    'tenant',
    'client_id',
    'client_secret',
    'app_definition_id',
    'user_bucket',
    'pkg_prefix',
    'pkg_key',
    'workflow',
    'log_level',
    'enable_webhook_verification',
  ])
  expect(problemsWith({ client_secret: '' })).toEqual(['client_secret must not be empty.'])
  expect(problemsWith({ log_level: 'info' })).toHaveLength(1)
  expect(problemsWith({ user_bucket: 'canary Bucket' })).toEqual([
    'user_bucket must be the name of a bucket.',
  ])
  expect(problemsWith({ tenant: 'lab.benchling.test' })).toHaveLength(1)
})

test.each(['', 'canary', '[]', '"canary"', 'null', '{"tenant": "canary'])('%j is no secret', (text) => {
  expect(problemsOf(text)).toEqual(['It is not a JSON object.'])
})
