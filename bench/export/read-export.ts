import { ByteBudget } from '../../src/base/byte-budget.ts'
import { systemClock } from '../../src/base/clock.ts'
import { SignedDownload } from '../../src/benchling/download.ts'
import { DownloadClient } from '../../src/benchling/download-client.ts'
import { DOWNLOAD_HEADERS_TIMEOUT_MS, DOWNLOAD_STALL_TIMEOUT_MS } from '../../src/benchling/limits.ts'
import { SETTINGS } from '../../src/config/settings.ts'
import { openArchive } from '../../src/export/open-archive.ts'
import type { Steps } from '../../src/jobs/ports.ts'
import { createFolderStore } from '../../src/local/folder-store.ts'
import { layOut } from '../../src/packaging/layout.ts'
import { createShelf } from '../../src/packaging/shelf.ts'
import { storeMembers } from '../../src/packaging/store-members.ts'
import { packageName } from '../../src/quilt/names.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { discardStore } from './discard-store.ts'
import { peakMemoryMiB } from './peak-memory.ts'

/** `folder`: the registry that the package goes to; null: everything is dropped once it is hashed. */
export type ReaderOrder = { readonly url: string; readonly folder: string | null }

export type ReaderFigures = {
  readonly bytes: number
  readonly archiveBytes: number
  readonly members: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly requests: number
  readonly peakMiB: number
}

const NAME = packageName('bench/export')
const RUN = 'bench'
const forever = new AbortController().signal

/** The parts of the service that an export goes through, with the limits the service has unless told otherwise. */
export const readExport = async ({ url, folder }: ReaderOrder): Promise<ReaderFigures> => {
  const client = new DownloadClient(
    { hosts: [], allowOrigins: [new URL(url).origin] },
    systemClock,
    { headersTimeoutMs: DOWNLOAD_HEADERS_TIMEOUT_MS, stallTimeoutMs: DOWNLOAD_STALL_TIMEOUT_MS },
    Math.random,
  )
  const store = folder === null ? null : createFolderStore(folder)
  const registry = createRegistry(store ?? discardStore, systemClock, { workflow: null })
  const limits = {
    maxMembers: 1_000_000,
    maxBytes: 1e13,
    maxBufferBytes: 0,
    maxRatio: Number(SETTINGS.EXPORT_MAX_RATIO.default),
  }
  const budget = new ByteBudget(
    SETTINGS.MEMORY_BUDGET_BYTES.schema.parse(SETTINGS.MEMORY_BUDGET_BYTES.default),
  )
  const shelf = createShelf({
    registry,
    name: NAME,
    current: null,
    run: RUN,
    steps: noSteps,
    onFile: async () => {},
  })
  const cpu = process.cpuUsage()
  const start = performance.now()
  using archive = await openArchive(new SignedDownload(client, url, async () => url), limits, forever)
  const placed = layOut(archive.members, [], []).members
  const stored = await storeMembers(
    { archive, placed, task: 'bench', shelf, ports: { registry, budget } },
    forever,
  )
  if (store) await publish()
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  await Promise.all([client.close(), store?.close()])
  return {
    bytes: stored.reduce((sum, { size }) => sum + size, 0),
    archiveBytes: archive.archiveBytes,
    members: stored.length,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    requests: archive.requests,
    peakMiB: peakMemoryMiB(),
  }

  async function publish(): Promise<void> {
    const entries = stored.map((object) => ({ ...object, meta: {} }))
    await registry.publish(
      { name: NAME, run: RUN, message: 'bench', meta: {}, entries, current: null },
      forever,
    )
  }
}

const noSteps: Steps = {
  once: (_name, work) => work(),
  timed: (_name, work) => work(),
  marks: () => new Map(),
  mark: () => {},
  flush: async () => {},
}
