import { expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { configView, masked, maskedArn, maskedQueue } from '../../src/service/config-view.ts'
import { fixedLab, type LabSource } from '../../src/service/lab-source.ts'

const GIVEN = {
  BENCHLING_TENANT: 'acme',
  BENCHLING_CLIENT_ID: 'client-canary-id',
  BENCHLING_CLIENT_SECRET: 'cs_canary_secret',
  BENCHLING_APP_DEFINITION_ID: 'appdef_A1',
  QUILT_REGISTRY: 's3://lab-data',
  JOBS_TABLE: 'jobs',
  AWS_REGION: 'eu-central-1',
  QUILT_WRITE_ROLE_ARN: 'arn:aws:iam::123456789012:role/quilt-write',
  PACKAGER_SQS_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/packager',
  QuiltStackARN: 'arn:aws:cloudformation:eu-central-1:123456789012:stack/quilt/0a1b',
}

test('secrets are not shown and accounts are masked', () => {
  const config = loadConfig(GIVEN)
  const { status, body } = configView(config, fixedLab(config.lab!), '1.0.0')
  expect(status).toBe(200)
  expect(body).toMatchObject({
    aws: {
      region: 'eu-central-1',
      quilt_stack_arn: 'arn:aws:cloudformation:eu-central-1:***9012:stack/quilt/0a1b',
      role: 'arn:aws:iam::***9012:role/quilt-write',
    },
    security: { webhook_verification_enabled: true },
    quilt: {
      bucket: 'lab-data',
      publisher: 'packager',
      queue_url: 'https://sqs.eu-central-1.amazonaws.com/***9012/packager',
    },
    benchling: { tenant: 'acme.benchling.com', client_id: '***y-id', secret_source: 'environment' },
    parameters: { pkg_prefix: 'benchling', user_bucket: 'lab-data', enable_webhook_verification: true },
  })
  const text = JSON.stringify(body)
  for (const hidden of ['123456789012', 'canary_secret', 'client-canary']) expect(text).not.toContain(hidden)
})

test('while the secret cannot be used it says why, and the same groups', () => {
  const source: LabSource = {
    ...fixedLab(loadConfig(GIVEN).lab!),
    known: () => {
      throw new Fault('config.secret_missing')
    },
  }
  const config = loadConfig({
    BenchlingSecret: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:lab-AbCdEf',
    JOBS_TABLE: 'jobs',
  })
  const { status, body } = configView(config, source, '1.0.0')
  expect(status).toBe(200)
  expect(body).toMatchObject({
    status: 'degraded',
    error: 'benchling_secret_unavailable',
    security: { webhook_verification_enabled: null },
    quilt: { bucket: null },
    benchling: { tenant: null, secret_name: 'arn:aws:secretsmanager:eu-central-1:***9012:secret:lab-AbCdEf' },
  })
})

test('masking keeps the last four characters, and nothing of short values', () => {
  expect([masked('abcdef'), masked('abcd'), masked(''), masked(null)]).toEqual([
    '***cdef',
    '***',
    '***',
    null,
  ])
  expect([maskedArn('lab/benchling'), maskedArn(null)]).toEqual(['lab/benchling', null])
  expect([maskedQueue('http://127.0.0.1:4566/000000000000/q.fifo'), maskedQueue(null)]).toEqual([
    'http://127.0.0.1:4566/***0000/q.fifo',
    null,
  ])
})
