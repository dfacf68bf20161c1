import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLog } from '../../src/base/log.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { startService } from '../../src/service/start.ts'
import { startTenant, type Tenant } from '../../src/simulator/tenant.ts'
import { FakeClock } from '../support/clock.ts'
import { secretsManager } from '../support/secrets-server.ts'

let tenant: Tenant
const before = { ...process.env }

beforeEach(async () => {
  tenant = await startTenant({ page: false, entries: [] })
})
afterEach(async () => {
  process.env = before
  await tenant.close()
})

test('what could be checked only when the secret was read is checked then, not a round of checks later', async () => {
  const { tenant: host, clientId, clientSecret, appDefinitionId } = tenant.credentials
  const manager = secretsManager()
  manager.secrets.set(
    'lab',
    JSON.stringify({
      tenant: host,
      client_id: clientId,
      client_secret: clientSecret,
      app_definition_id: appDefinitionId,
      pkg_prefix: 'benchling',
      pkg_key: 'experiment_id',
      user_bucket: '',
      log_level: 'INFO',
      enable_webhook_verification: 'true',
    }),
  )
  const server = createServer(manager.listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.env = {
    ...before,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: 'AKIATESTTESTTEST',
    AWS_SECRET_ACCESS_KEY: 'not-a-secret',
  }
  const environment = {
    APP_ENV: 'demo',
    BenchlingSecret: 'lab',
    AWS_REGION: 'eu-central-1',
    BENCHLING_SIMULATOR_URL: tenant.url,
    HOST: '127.0.0.1',
    PORT: '0',
  }
  // Stands still: the next round of checks never comes.
  const clock = new FakeClock()
  const service = await startService(loadConfig(environment), { log: createLog('silent'), clock })
  try {
    await vi.waitFor(() => expect(service.health.ready()).toMatchObject({ status: 200 }), { timeout: 10_000 })
  } finally {
    await service.stop(0)
    server.close()
  }
})
