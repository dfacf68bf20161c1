import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Figures } from '../../src/base/metrics-figures.ts'
import { listenForMetrics } from '../../src/service/metrics-listener.ts'
import { startTenant, type Tenant } from '../../src/simulator/tenant.ts'
import { run } from '../operator/support/cli.ts'
import { cloudWatchOf, readEmf } from '../support/emf.ts'
import { readExposition } from '../support/prometheus.ts'
import { environmentFor } from './support/lab.ts'
import { entrySeed } from './support/seeds.ts'
import { ServeChild } from './support/serve-child.ts'

const ID = 'etr_Figures1'

let tenant: Tenant
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'serve-metrics-'))
  tenant = await startTenant({ page: false, entries: [entrySeed(ID)], exportMs: 50 })
})

afterAll(async () => {
  await tenant.close()
  await rm(dir, { recursive: true })
})

const serve = (env: Record<string, string>) => ServeChild.start(tenant, dir, { env })

/** What a service wrote, each line read: figures apart from what it said. */
const readOutput = (output: string) => {
  const lines = output
    .split(/(?<=\n)/)
    .map((line) => ({ line, json: JSON.parse(line) as Record<string, unknown> }))
  return {
    documents: lines.filter(({ json }) => '_aws' in json).map(({ line }) => readEmf(line)),
    said: lines.map(({ json }) => ('_aws' in json ? 'figures' : String(json.msg))),
  }
}

test('serve keeps figures for both readers, and writes the last ones when it is stopped', async () => {
  await using child = await serve({ METRICS: 'emf', METRICS_NAMESPACE: 'Lab/one', METRICS_PORT: '0' })
  const url = /"at":"(http:[^"]+\/metrics)"/.exec(child.output)?.[1]
  await tenant.created(ID)

  const families = readExposition(await (await fetch(url!)).text())
  const counted = families.get('benchling_webhook_deliveries_total')?.samples
  expect(counted).toMatchObject([{ labels: { kind: 'entry', outcome: 'accepted' }, value: 1 }])
  expect((await fetch(new URL('/metrics', child.url))).status).toBe(404)

  expect(await child.kill('SIGTERM')).toEqual({ code: 0, signal: null })
  const { documents, said } = readOutput(child.output)
  expect(cloudWatchOf(documents).get('deliveries{}')).toMatchObject({ sum: 1 })
  const namespaces = documents.flatMap(({ _aws }) => _aws.CloudWatchMetrics.map((one) => one.Namespace))
  expect(new Set(namespaces)).toEqual(new Set(['Lab/one']))
  expect(said.slice(-2)).toEqual(['figures', 'stopped'])
})

test('nothing is counted or written where nobody looks', async () => {
  await using child = await serve({})
  expect(await child.kill('SIGTERM')).toEqual({ code: 0, signal: null })
  expect(readOutput(child.output).documents).toEqual([])
  expect(child.output).not.toContain('/metrics')
})

test('a port that is taken, of figures or of the door, ends the program at once and is named', async () => {
  const taken = await listenForMetrics(new Figures(), { host: '127.0.0.1', port: 0 })
  const { port } = new URL(taken.url)
  const env = { ...environmentFor(tenant, dir), METRICS: 'emf', METRICS_PORT: '0', LOG_LEVEL: 'warn' }
  const [figures, door] = await Promise.all([
    run(['serve'], { env: { ...env, METRICS_PORT: port } }),
    run(['serve'], { env: { ...env, PORT: port } }),
  ])
  await taken.close()
  expect(figures).toMatchObject({ code: 2, out: '' })
  expect(figures.err).toContain(`Port ${port} is in use: set METRICS_PORT`)
  expect(door.code).toBe(2)
  expect(door.err).toContain(`Port ${port} is in use: set PORT`)
})
