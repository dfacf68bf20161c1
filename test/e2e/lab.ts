import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { systemClock } from '../../src/base/clock.ts'
import { createLog } from '../../src/base/log.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { LateServiceView } from '../../src/operator/commands/demo/late-service-view.ts'
import { pageLinks } from '../../src/operator/commands/demo/page-links.ts'
import { serviceView } from '../../src/operator/commands/demo/service-view.ts'
import { type Service, startService } from '../../src/service/start.ts'
import type { EntrySeed } from '../../src/simulator/entries/sample.ts'
import { sampleEntries } from '../../src/simulator/samples/index.ts'
import { IMAGING_ID } from '../../src/simulator/samples/people.ts'
import { serviceEnvironment } from '../../src/simulator/service-environment.ts'
import { startTenant, type Tenant, type TenantOptions } from '../../src/simulator/tenant.ts'
import { publishLinked } from './linked-package.ts'

export type Lab = {
  readonly tenant: Tenant
  readonly service: Service
  /** The notebook page. */
  readonly url: string
  readonly registry: string
  /** What `npm start` does for every sample entry: its canvas is inserted and its creation announced. */
  announce(): Promise<void>
  close(): Promise<void>
}

export type LabOptions = {
  readonly exportMs?: TenantOptions['exportMs']
  /** Without the sample entry that has 2,000 files. */
  readonly small?: boolean
  /** Runs at the same time. */
  readonly workers?: number
  readonly pagePort?: number
  /** Beside the samples. */
  readonly entries?: readonly EntrySeed[]
  /** Packages of others, by name, each naming the entry with this display id. */
  readonly linked?: Readonly<Record<string, string>>
}

/** The parts of `demo` in this process on free ports, with a folder registry that goes away with them. */
export const openLab = async (options: LabOptions = {}): Promise<Lab> => {
  const registry = await mkdtemp(join(tmpdir(), 'notebook-page-'))
  const ending = new AbortController()
  const view = new LateServiceView()
  const tenant = await startTenant({
    service: view,
    exportMs: options.exportMs ?? 300,
    port: options.pagePort ?? 0,
    entries: [
      ...(await sampleEntries()).filter(({ id }) => !(options.small && id === IMAGING_ID)),
      ...(options.entries ?? []),
    ],
  })
  for (const [name, displayId] of Object.entries(options.linked ?? {}))
    await publishLinked(registry, { name, displayId })
  const config = loadConfig({
    APP_ENV: 'demo',
    ...serviceEnvironment(tenant),
    QUILT_REGISTRY: registry,
    HOST: '127.0.0.1',
    PORT: '0',
    WORKERS: String(options.workers ?? 4),
  })
  const nowhere = createLog('silent', new Writable({ write: (_chunk, _encoding, done) => done() }))
  const service = await startService(config, { log: nowhere, links: pageLinks(tenant.url) })
  view.attach(serviceView(service, systemClock, ending.signal))
  tenant.webhookUrl = service.url
  const close = async () => {
    ending.abort()
    await service.stop(0)
    await tenant.close()
    await rm(registry, { recursive: true, force: true })
  }
  let closing: Promise<void> | undefined
  return {
    tenant,
    service,
    url: tenant.url,
    registry,
    announce: async () => {
      for (const { api } of tenant.entries.list()) {
        await tenant.insertCanvas(api.id)
        await tenant.created(api.id)
      }
    },
    close: () => {
      closing ??= close()
      return closing
    },
  }
}
