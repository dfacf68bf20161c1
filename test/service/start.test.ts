import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createLog } from '../../src/base/log.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { startService } from '../../src/service/start.ts'
import { startTenant } from '../../src/simulator/tenant.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const startWith = (environment: Record<string, string>) =>
  startService(
    loadConfig({
      APP_ENV: 'test',
      BENCHLING_TENANT: 'acme',
      BENCHLING_CLIENT_ID: 'id',
      BENCHLING_CLIENT_SECRET: 'secret',
      BENCHLING_APP_DEFINITION_ID: 'appdef_A',
      BENCHLING_SIMULATOR_URL: 'http://127.0.0.1:9',
      QUILT_REGISTRY: join(folder, 'registry'),
      DATA_DIR: join(folder, 'data'),
      HOST: '127.0.0.1',
      PORT: '0',
      ...environment,
    }),
    { log: createLog('silent') },
  )

test('keys of the app are not needed where signatures are not checked', async () => {
  const service = await startWith({ ENABLE_WEBHOOK_VERIFICATION: 'false' })
  await vi.waitFor(() => expect(service.health.ready().body).toHaveProperty('jwks'), { timeout: 10_000 })
  expect(service.health.ready()).toMatchObject({ status: 200, body: { jwks: { valid: true } } })
  await service.stop(0)
})

describe('what the operating system does not give is a setting to correct, without its path', () => {
  test('a data folder that is a file', async () => {
    await writeFile(join(folder, 'file'), '')
    const fault = await startWith({ DATA_DIR: join(folder, 'file') }).catch((thrown) => thrown)
    expect(fault).toMatchObject({ code: 'config.invalid', detail: expect.stringMatching(/^DATA_DIR /) })
    expect(fault.people).not.toContain(folder)
  })

  test('an address that is not of this machine', async () => {
    await expect(startWith({ HOST: '203.0.113.9' })).rejects.toMatchObject({
      code: 'config.invalid',
      detail: 'HOST and PORT are not an address to listen on (EADDRNOTAVAIL).',
    })
  })

  test('a port that is in use', async () => {
    const tenant = await startTenant({ port: 0 })
    const { port } = new URL(tenant.url)
    await expect(startWith({ PORT: port })).rejects.toMatchObject({
      code: 'config.invalid',
      detail: `Port ${port} is in use: set PORT to another.`,
    })
    await tenant.close()
  })
})
