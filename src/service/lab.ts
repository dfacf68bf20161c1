import type { RoleManager } from '../aws/role-manager.ts'
import type { ByteBudget } from '../base/byte-budget.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import { VERSION } from '../base/version.ts'
import { type BenchlingClient, createBenchling } from '../benchling/client.ts'
import { createAdoptCanvas } from '../canvas/adopt-canvas.ts'
import { canvasJob } from '../canvas/canvas-job.ts'
import type { Home } from '../canvas/home.ts'
import { type LinkedPackages, linkedPackages } from '../canvas/linked-packages.ts'
import type { PackageLinks } from '../canvas/links.ts'
import { placeJob } from '../canvas/place-job.ts'
import type { Config, LabConfig } from '../config/config.ts'
import type { ArchiveMemory } from '../export/archive-memory.ts'
import { openArchive } from '../export/open-archive.ts'
import type { JobKind, Key, Kind, Subjects, Topic } from '../jobs/ports.ts'
import { entryJob } from '../packaging/entry-job.ts'
import { createFindPackage } from '../packaging/find-package.ts'
import { createPackageEvents, type PackageEvents } from '../packaging/package-events.ts'
import { unpackagedJob } from '../packaging/unpackaged-job.ts'
import { reconcileJob } from '../reconcile/reconcile-job.ts'
import { cachedQuery } from '../registry/cached-query.ts'
import { ManifestCache } from '../registry/manifest-cache.ts'
import type { Registry } from '../registry/ports.ts'
import { homePackages } from './home-packages.ts'
import { allowListOf, openQuery } from './open-query.ts'
import { otherBuckets, readerOf } from './open-reader.ts'
import { type OpenRegistry, openRegistry } from './open-registry.ts'
import { packageLinks } from './package-links.ts'
import type { LiveRuns } from './remove-leftovers.ts'

// biome-ignore lint/suspicious/noExplicitAny: each kind has a state of its own, and the records tell them apart by key.
type AnyKind = JobKind<any>
/** How each kind of work is done; `tenant` only where changes without a webhook are looked for. */
export type Kinds = Readonly<Record<Exclude<Kind, 'tenant'>, AnyKind>> & { readonly tenant?: AnyKind }

/** Everything that is made for one configuration of a lab. */
export type Lab = {
  readonly config: LabConfig
  /** Null where no packages are made. */
  readonly registry: Registry | null
  readonly kinds: Kinds
  readonly events: PackageEvents
}

/** What labs are made with, and what outlives a change of their settings. */
export type LabParts = {
  readonly config: Config
  readonly role: RoleManager
  readonly subjects: Subjects
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  readonly budget: ByteBudget
  readonly memory: ArchiveMemory
  /** Where packages can be opened, instead of the catalog. */
  readonly links: PackageLinks | undefined
  /** Run ids whose content in a registry stays. */
  readonly liveRuns: LiveRuns
  /** Told which records have work now, so that nobody waits for the sweep. */
  readonly onTouched: (keys: readonly Key[]) => void
  /** What keeps the service from working, for canvases that show it. */
  readonly serviceState: Home['state']
}

type OpenLinked = { readonly linked: LinkedPackages; close(): Promise<void> }

/**
 * Makes labs. Parts whose settings did not change are used again; those that are no longer used stay open for the runs
 * that still have them, until all is closed.
 */
export class LabMaker {
  readonly #parts: LabParts
  readonly #clients = new Map<string, BenchlingClient>()
  readonly #registries = new Map<string, Promise<OpenRegistry>>()
  readonly #linked = new Map<string, Promise<OpenLinked | null>>()
  readonly #cache = new ManifestCache()
  readonly #otherBuckets: ReturnType<typeof otherBuckets>
  /** The newest credentials by tenant: a rotated secret is used by clients that exist already. */
  readonly #credentials = new Map<string, LabConfig['benchling']>()

  constructor(parts: LabParts) {
    this.#parts = parts
    this.#otherBuckets = otherBuckets({ ...parts, cache: this.#cache })
  }

  /** Throws `store.*`, `config.invalid`. */
  async make(config: LabConfig): Promise<Lab> {
    this.#credentials.set(config.benchling.tenant.host, config.benchling)
    const { clock, log, metrics, subjects, onTouched } = this.#parts
    const { catalogHost, reconcile } = this.#parts.config
    const benchling = this.#client(config)
    const open = await this.#registry(config)
    const registry = open?.registry ?? null
    const linked = (await this.#linkedPackages(config, registry))?.linked
    const footer = footerOf(registry, catalogHost)
    const adoptCanvas = createAdoptCanvas(clock)
    const links = this.#parts.links ?? packageLinks(catalogHost, registry?.bucket ?? null)
    const { prefix } = config.packages
    const bucket = registry?.bucket ?? null
    const own = registry && readerOf(registry)
    return {
      config,
      registry,
      kinds: {
        entry: open ? this.#entryJob(config, open, benchling) : unpackagedJob({ benchling }),
        canvas: canvasJob({
          benchling,
          subjects,
          clock,
          links,
          footer,
          reader: async (of) => (of === bucket ? own : of === null ? null : this.#otherBuckets(of)),
          bucket,
          ...(registry ? { findPackage: createFindPackage({ benchling, registry, clock, prefix }) } : {}),
          ...(linked ? { linked } : {}),
          home: homePackages({
            subjects,
            registry,
            prefix,
            allow: allowListOf(this.#parts.config),
            clock,
            state: this.#parts.serviceState,
          }),
          bucketless: registry === null,
        }),
        place: placeJob({ benchling, footer }),
        ...(reconcile
          ? { tenant: ofTenant(config, reconcileJob({ benchling, subjects, clock, log, ...reconcile })) }
          : {}),
      },
      events: createPackageEvents({
        subjects,
        registry,
        adoptCanvas,
        clock,
        log,
        metrics,
        onTouched,
        place: () => (bucket === null ? null : { bucket, prefix }),
      }),
    }
  }

  async close(): Promise<void> {
    const linked = await madeOf(this.#linked)
    await Promise.all(linked.map((one) => one?.close()))
    const registries = await madeOf(this.#registries)
    await Promise.all([...this.#clients.values(), ...registries].map((one) => one.close()))
  }

  #entryJob(config: LabConfig, open: OpenRegistry, benchling: BenchlingClient): Kinds['entry'] {
    const { clock, budget, memory } = this.#parts
    return entryJob({
      benchling,
      registry: open.registry,
      publisher: open.publisher,
      adoptCanvas: createAdoptCanvas(clock),
      openArchive: (download, limits, signal) => openArchive(download, limits, signal, memory),
      clock,
      limits: this.#parts.config.exports,
      budget,
      config: {
        prefix: config.packages.prefix,
        pkgKey: config.packages.metadataKey,
        tenantHost: config.benchling.tenant.host,
      },
    })
  }

  #client({ benchling }: LabConfig): BenchlingClient {
    const { config, clock, log, metrics } = this.#parts
    const { exports, simulator, egress } = config
    const { host } = benchling.tenant
    const known = this.#clients.get(host)
    if (known) return known
    const client = createBenchling({
      apiBase: benchling.baseUrl,
      egress,
      credentials: async () => this.#credentials.get(host) ?? benchling,
      downloads: {
        hosts: exports.downloadHosts.map((host) => host.replace(/^\*/, '')),
        allowOrigins: simulator === null ? [] : [simulator],
        privateNetworks: exports.privateNetworks,
      },
      clock,
      log,
      metrics,
    })
    this.#clients.set(host, client)
    return client
  }

  async #registry({ registry, packages }: LabConfig): Promise<OpenRegistry | null> {
    if (registry === null) return null
    const key = JSON.stringify([registry.url, packages.workflow])
    return remembered(this.#registries, key, () =>
      openRegistry(registry, packages.workflow, { ...this.#parts, cache: this.#cache }),
    )
  }

  #linkedPackages(
    { registry: place, packages }: LabConfig,
    registry: Registry | null,
  ): Promise<OpenLinked | null> {
    const key = JSON.stringify([place?.url, packages.workflow, packages.metadataKey])
    return remembered(this.#linked, key, () => this.#openLinked(packages.metadataKey, registry))
  }

  async #openLinked(metadataKey: string, registry: Registry | null): Promise<OpenLinked | null> {
    const { clock, log, subjects, onTouched } = this.#parts
    const query = await openQuery({ ...this.#parts, registry, metadataKey })
    if (query === null) return null
    const cache = cachedQuery(query, { clock, log })
    const announce = async (topics: readonly Topic[]) => onTouched(await subjects.touch([], topics))
    const linked = linkedPackages({ query: cache, bucket: registry?.bucket ?? null, announce, log })
    return {
      linked,
      close: async () => {
        linked.close()
        await cache.close()
        query.close()
      },
    }
  }
}

/** A lab that moved to another tenant looks over the new one only; the record of the old one comes to rest. */
const ofTenant = ({ benchling }: LabConfig, kind: AnyKind): AnyKind => ({
  ...kind,
  run: async (job) =>
    job.key === `tenant:${benchling.tenant.host}`
      ? kind.run(job)
      : { change: (state) => state, summary: { status: 'another tenant' } },
})

/** One value for a key; what could not be made is made again when it is asked for. */
const remembered = <T>(all: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> => {
  const known = all.get(key)
  if (known) return known
  const made = make()
  all.set(key, made)
  made.catch(() => all.delete(key))
  return made
}

/** What was made of them; what could not be needs no end. */
const madeOf = async <T>(all: Map<string, Promise<T>>): Promise<T[]> =>
  (await Promise.allSettled(all.values())).flatMap((made) =>
    made.status === 'fulfilled' ? [made.value] : [],
  )

const footerOf = (registry: Registry | null, catalogHost: string | null): string => {
  const where = registry === null ? 'no package bucket' : (registry.bucket ?? 'folder registry')
  return `${where}${catalogHost ? `@${catalogHost}` : ''} Rev ${VERSION}`
}
