import type { ByteBudget } from '../base/byte-budget.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import { VERSION } from '../base/version.ts'
import { createBenchling } from '../benchling/client.ts'
import type { Benchling } from '../benchling/ports.ts'
import { createAdoptCanvas } from '../canvas/adopt-canvas.ts'
import { canvasJob } from '../canvas/canvas-job.ts'
import type { PackageLinks } from '../canvas/links.ts'
import { placeJob } from '../canvas/place-job.ts'
import type { Config, LabConfig } from '../config/config.ts'
import type { ArchiveMemory } from '../export/archive-memory.ts'
import { openArchive } from '../export/open-archive.ts'
import type { JobKind, Kind, Subjects } from '../jobs/ports.ts'
import { entryJob } from '../packaging/entry-job.ts'
import { nativePublisher } from '../registry/native-publisher.ts'
import type { Registry } from '../registry/ports.ts'
import { type OpenRegistry, openRegistry } from './open-registry.ts'
import { packageLinks } from './package-links.ts'
import type { LiveRuns } from './remove-leftovers.ts'

// biome-ignore lint/suspicious/noExplicitAny: each kind has a state of its own, and the records tell them apart by key.
export type Kinds = Readonly<Record<Exclude<Kind, 'tenant'>, JobKind<any>>>

/** Everything that is made for one configuration of a lab. */
export type Lab = {
  readonly config: LabConfig
  readonly registry: Registry
  readonly kinds: Kinds
}

/** What labs are made with, and what outlives a change of their settings. */
export type LabParts = {
  readonly config: Config
  readonly subjects: Subjects
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  readonly budget: ByteBudget
  readonly memory: ArchiveMemory
  readonly links: PackageLinks | undefined
  /** Run ids whose content in a registry stays. */
  readonly liveRuns: LiveRuns
}

/**
 * Makes labs. Parts whose settings did not change are used again; those that are no longer used stay open for the runs
 * that still have them, until all is closed.
 */
export class LabMaker {
  readonly #parts: LabParts
  readonly #clients = new Map<string, ReturnType<typeof createBenchling>>()
  readonly #registries = new Map<string, Promise<OpenRegistry>>()
  /** The credentials of the newest lab: a rotated secret is used by clients that exist already. */
  #newest: LabConfig | null = null

  constructor(parts: LabParts) {
    this.#parts = parts
  }

  /** Throws `store.*`, `config.invalid`. */
  async make(config: LabConfig): Promise<Lab> {
    this.#newest = config
    const { clock, subjects, links, budget, memory } = this.#parts
    const { exports, catalogHost } = this.#parts.config
    const benchling = this.#client(config)
    const { registry } = await this.#registry(config)
    const footer = footerOf(registry, catalogHost)
    return {
      config,
      registry,
      kinds: {
        entry: entryJob({
          benchling,
          registry,
          publisher: nativePublisher(registry),
          adoptCanvas: createAdoptCanvas(clock),
          openArchive: (download, limits, signal) => openArchive(download, limits, signal, memory),
          clock,
          limits: exports,
          budget,
          config: {
            prefix: config.packages.prefix,
            pkgKey: config.packages.metadataKey,
            tenantHost: config.benchling.tenant.host,
          },
        }),
        canvas: canvasJob({
          benchling,
          subjects,
          clock,
          links: links ?? packageLinks(catalogHost, registry.bucket),
          footer,
        }),
        place: placeJob({ benchling, footer }),
      },
    }
  }

  async close(): Promise<void> {
    await Promise.all([
      ...[...this.#clients.values()].map((client) => client.close()),
      ...[...this.#registries.values()].map(async (open) => (await open).close()),
    ])
  }

  #client({ benchling }: LabConfig): Benchling {
    const { config, clock, log, metrics } = this.#parts
    const { exports, simulator } = config
    const known = this.#clients.get(benchling.baseUrl)
    if (known) return known
    const client = createBenchling({
      apiBase: benchling.baseUrl,
      credentials: async () => {
        const newest = this.#newest?.benchling
        return newest?.baseUrl === benchling.baseUrl ? newest : benchling
      },
      downloads: {
        hosts: exports.downloadHosts.map((host) => host.replace(/^\*/, '')),
        allowOrigins: simulator === null ? [] : [simulator],
        privateNetworks: exports.privateNetworks,
      },
      clock,
      log,
      metrics,
    })
    this.#clients.set(benchling.baseUrl, client)
    return client
  }

  #registry({ registry, packages }: LabConfig): Promise<OpenRegistry> {
    const key = JSON.stringify([registry?.url, packages.workflow])
    const known = this.#registries.get(key)
    if (known) return known
    const opened = openRegistry(registry, packages.workflow, this.#parts)
    this.#registries.set(key, opened)
    opened.catch(() => this.#registries.delete(key))
    return opened
  }
}

const footerOf = (registry: Registry, catalogHost: string | null): string => {
  const where = registry.bucket ?? 'folder registry'
  return `${where}${catalogHost ? `@${catalogHost}` : ''} Rev ${VERSION}`
}
