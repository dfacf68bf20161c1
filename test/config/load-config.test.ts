import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { DIRECT } from '../../src/base/egress.ts'
import { Fault } from '../../src/base/fault.ts'
import { type Environment, loadConfig } from '../../src/config/load-config.ts'

const GIVEN: Environment = {
  BENCHLING_TENANT: 'acme',
  BENCHLING_CLIENT_ID: 'client-1',
  BENCHLING_CLIENT_SECRET: 'cs_canary',
  BENCHLING_APP_DEFINITION_ID: 'appdef_A1',
  QUILT_REGISTRY: 's3://lab-data',
  DATA_DIR: '/data',
}
const DEVELOPMENT: Environment = { ...GIVEN, APP_ENV: 'development' }
const SIMULATED: Environment = {
  ...DEVELOPMENT,
  BENCHLING_TENANT: 'demo.benchling.test',
  BENCHLING_SIMULATOR_URL: 'http://127.0.0.1:4000/',
}

const labOf = (environment: Environment) => loadConfig(environment).lab!

const problemsOf = (environment: Environment): readonly string[] => {
  try {
    loadConfig(environment)
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'config.invalid') return thrown.facts.problems as string[]
    throw thrown
  }
  return []
}

test('what has to be said is enough, the rest has defaults', () => {
  expect(loadConfig(GIVEN)).toEqual({
    env: 'production',
    logLevel: 'info',
    simulator: null,
    lab: {
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
    },
    secret: null,
    http: { host: '0.0.0.0', port: 8080 },
    catalogHost: null,
    dataDir: '/data',
    exports: {
      maxMembers: 100_000,
      maxBytes: 200 * 2 ** 30,
      maxRatio: 250,
      maxBufferBytes: 64 * 2 ** 20,
      downloadHosts: ['*.amazonaws.com', '*.amazonaws.com.cn', '*.benchling.com'],
      privateNetworks: [],
    },
    memoryBudgetBytes: 96 * 2 ** 20,
    workers: 4,
    leaseMs: 30_000,
    shutdownMs: 3_000,
    reconcile: { everyMs: 300_000, rateShare: 0.2 },
    allowList: '',
    metrics: { emf: null, listen: null },
    showConfig: false,
    egress: DIRECT,
    aws: {
      region: null,
      roleArn: null,
      jobsTable: null,
      bellQueueUrl: null,
      deadLetterQueueUrl: null,
      publisher: 'native',
      packagerQueueUrl: null,
      events: null,
      kmsKeyId: null,
      athena: { iceberg: null, views: null },
      stackArn: null,
    },
  })
})

test('the configuration is frozen through and through', () => {
  const config = loadConfig(GIVEN)
  expect(() => Object.assign(config.lab!.webhook.identity.app, { id: 'appdef_Other' })).toThrow(TypeError)
  expect(() => (config.exports.downloadHosts as string[]).push('evil.example')).toThrow(TypeError)
})

test('all problems are reported together, each by its name', () => {
  const problems = problemsOf({
    PORT: 'eighty',
    WORKERS: '0',
    APP_ENV: 'staging',
    PKG_PREFIX: 'a/b',
    DATA_DIR: '',
  })
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
    'BENCHLING_TENANT',
    'BENCHLING_CLIENT_ID',
    'BENCHLING_CLIENT_SECRET',
    'BENCHLING_APP_DEFINITION_ID',
    'PKG_PREFIX',
    'PORT',
    'APP_ENV',
    'WORKERS',
    'QUILT_REGISTRY',
  ])
})

test('a value is never repeated, a secret least of all', () => {
  const names = Object.keys(GIVEN).concat(
    'AWS_REGION',
    'PKG_KEY',
    'LOG_LEVEL',
    'EXPORT_MAX_BYTES',
    'QUILT_WEB_HOST',
  )
  const environment = Object.fromEntries(names.map((name) => [name, 'canary value\u0007']))
  try {
    loadConfig(environment)
    expect.unreachable()
  } catch (thrown) {
    const fault = thrown as Fault
    expect((fault.facts.problems as string[]).length).toBeGreaterThanOrEqual(9)
    expect(`${fault.message} ${fault.people} ${JSON.stringify(fault)}`).not.toContain('canary')
  }
})

describe('a tenant is understood as people paste it', () => {
  test.each([
    ['acme', 'acme', 'acme.benchling.com'],
    ['acme.benchling.com', 'acme', 'acme.benchling.com'],
    [' Acme.benchling.com. ', 'Acme', 'acme.benchling.com'],
    ['https://acme.benchling.com', 'acme', 'acme.benchling.com'],
    ['https://acme.benchling.com/signin?next=/x#y', 'acme', 'acme.benchling.com'],
    ['acme.val', 'acme.val', 'acme.val.benchling.com'],
    ['a.b.benchling.com', 'a.b', 'a.b.benchling.com'],
  ])('%j', (text, slug, host) => {
    const { benchling, webhook } = labOf({ ...GIVEN, BENCHLING_TENANT: text })
    expect(benchling.tenant).toEqual({ slug, host, simulated: false })
    expect(benchling.baseUrl).toBe(`https://${host}`)
    expect(webhook.identity.origins).toEqual([`https://${host}`])
  })

  test.each(['acme corp', 'acme_1', '-acme', 'https://', 'a@b', 'acme:8443', `${'a'.repeat(64)}`, 'ünï'])(
    '%j is none',
    (text) => {
      expect(problemsOf({ ...GIVEN, BENCHLING_TENANT: text })).toHaveLength(1)
    },
  )
})

test('an app id instead of an app definition id means a legacy app', () => {
  const { app } = labOf({ ...GIVEN, BENCHLING_APP_DEFINITION_ID: 'app_B2' }).webhook.identity
  expect(app).toEqual({ mode: 'legacy', id: 'app_B2' })
  expect(problemsOf({ ...GIVEN, BENCHLING_APP_DEFINITION_ID: 'ten_1' })).toHaveLength(1)
  expect(problemsOf({ ...GIVEN, BENCHLING_APP_DEFINITION_ID: 'app_../x' })).toHaveLength(1)
})

describe('a registry', () => {
  const registryOf = (QUILT_REGISTRY: string) => labOf({ ...GIVEN, QUILT_REGISTRY }).registry

  test('is a bucket', () => {
    expect(registryOf('s3://lab-data/')).toEqual({ kind: 's3', url: 's3://lab-data', bucket: 'lab-data' })
  })

  test('is needed, unless there is a database to find packages in', () => {
    const { QUILT_REGISTRY: _, ...nowhere } = GIVEN
    expect(problemsOf(nowhere)).toEqual([expect.stringMatching(/^QUILT_REGISTRY is not set/)])
    expect(labOf({ ...nowhere, ICEBERG_DATABASE: 'quilt' }).registry).toBeNull()
  })

  test.each(['registry', './my registry', '/srv/regis#try'])('is the folder %j', (text) => {
    const path = resolve(text)
    expect(registryOf(text)).toEqual({ kind: 'folder', path, url: pathToFileURL(path).href })
  })

  test('is a file address', () => {
    expect(registryOf('file:///srv/a%20b')).toMatchObject({
      kind: 'folder',
      path: '/srv/a b',
      url: 'file:///srv/a%20b',
    })
  })

  test.each(['s3://', 's3://Bucket', 's3://bucket/prefix', 's3://10.0.0.1', 'gs://bucket', 'file://host/x'])(
    'is not %j',
    (text) => {
      expect(problemsOf({ ...GIVEN, QUILT_REGISTRY: text })).toHaveLength(1)
    },
  )
})

describe('a simulator', () => {
  test('replaces the addresses of Benchling', () => {
    const { benchling, webhook } = labOf(SIMULATED)
    expect(benchling.baseUrl).toBe('http://127.0.0.1:4000')
    expect(loadConfig(SIMULATED).simulator).toBe('http://127.0.0.1:4000')
    expect(webhook.identity.origins).toEqual(['https://demo.benchling.test', 'http://127.0.0.1:4000'])
  })

  test.each(['production', undefined])('is refused when APP_ENV is %s', (APP_ENV) => {
    expect(problemsOf({ ...SIMULATED, APP_ENV })).toEqual([
      expect.stringMatching(/^BENCHLING_SIMULATOR_URL is refused/),
    ])
  })

  test.each([
    'https://127.0.0.1:4000',
    'http://192.168.0.4:4000',
    'http://localhost.evil.example',
    'http://127.0.0.1:4000/path',
    'http://user@127.0.0.1:4000',
    'nonsense',
  ])('is not at %s', (BENCHLING_SIMULATOR_URL) => {
    expect(problemsOf({ ...SIMULATED, BENCHLING_SIMULATOR_URL })).toHaveLength(1)
  })

  test('is needed for a tenant that only a simulator has', () => {
    const { BENCHLING_SIMULATOR_URL: _, ...alone } = SIMULATED
    expect(problemsOf(alone)).toEqual([
      expect.stringMatching(/^BENCHLING_TENANT .* needs BENCHLING_SIMULATOR_URL/),
    ])
  })
})

describe('verification can be switched off', () => {
  const off = { ENABLE_WEBHOOK_VERIFICATION: 'false' }

  test('never in production', () => {
    expect(problemsOf({ ...GIVEN, ...off, HOST: '127.0.0.1' })).toHaveLength(1)
    expect(problemsOf({ ...GIVEN, BENCHLING_TEST_MODE: '1', HOST: '127.0.0.1' })).toHaveLength(1)
  })
  test('nowhere that others can reach', () => {
    expect(problemsOf({ ...DEVELOPMENT, ...off })).toHaveLength(1)
    expect(problemsOf({ ...DEVELOPMENT, ...off, HOST: '10.0.0.4' })).toHaveLength(1)
  })
  test.each(['127.0.0.1', 'localhost', '::1'])('on %s while developing', (HOST) => {
    expect(labOf({ ...DEVELOPMENT, ...off, HOST }).webhook.verify).toBe(false)
    expect(labOf({ ...DEVELOPMENT, BENCHLING_TEST_MODE: 'true', HOST }).webhook.verify).toBe(false)
  })
})

test('the demo listens on loopback and may keep its records in memory', () => {
  const { DATA_DIR: _, ...nowhere } = GIVEN
  const demo = loadConfig({ ...nowhere, APP_ENV: 'demo' })
  expect(demo).toMatchObject({ dataDir: null, http: { host: '127.0.0.1' } })
  expect(loadConfig({ ...nowhere, ENVIRONMENT: 'demo' }).http).toEqual(demo.http)
  expect(loadConfig({ ...GIVEN, APP_ENV: 'test', ENVIRONMENT: 'demo' }).http.host).toBe('0.0.0.0')
  expect(problemsOf(nowhere)).toEqual(['DATA_DIR is not set, nor is JOBS_TABLE.'])
})

test('names that existing installations use are understood', () => {
  expect(loadConfig({ ...GIVEN, LOG_LEVEL: 'WARNING' }).logLevel).toBe('warn')
  expect(loadConfig({ ...GIVEN, LOG_LEVEL: 'CRITICAL' }).logLevel).toBe('error')
  expect(loadConfig({ ...GIVEN, QUILT_WEB_HOST: 'https://Catalog.example.com/' }).catalogHost).toBe(
    'catalog.example.com',
  )
  expect(problemsOf({ ...GIVEN, LOG_LEVEL: 'constructor' })).toHaveLength(1)
})

test('bytes may carry a unit, and the buffer must fit into the budget', () => {
  expect(loadConfig({ ...GIVEN, EXPORT_MAX_BYTES: '5 gib' }).exports.maxBytes).toBe(5 * 2 ** 30)
  expect(problemsOf({ ...GIVEN, EXPORT_MAX_BYTES: '5GB' })).toHaveLength(1)
  expect(problemsOf({ ...GIVEN, MEMORY_BUDGET_BYTES: '32MiB' })).toEqual([
    'EXPORT_MAX_BUFFER_BYTES is more than MEMORY_BUDGET_BYTES.',
  ])
})

test('download hosts are hosts, exact or everything below one', () => {
  const hosts = loadConfig({ ...GIVEN, EXPORT_DOWNLOAD_HOSTS: 'Files.example.com, *.example.org' }).exports
    .downloadHosts
  expect(hosts).toEqual(['files.example.com', '*.example.org'])
  for (const bad of ['*', 'https://a.b', 'a.*.b', ',']) {
    expect(problemsOf({ ...GIVEN, EXPORT_DOWNLOAD_HOSTS: bad })).toHaveLength(1)
  }
})
