import type { ByteBudget } from '../base/byte-budget.ts'
import type { Clock } from '../base/clock.ts'
import type { Download } from '../base/download.ts'
import type { Benchling } from '../benchling/ports.ts'
import type { Archive, ArchiveLimits } from '../export/archive.ts'
import type { Touch } from '../jobs/ports.ts'
import type { Publisher, Registry } from '../registry/ports.ts'

/** The touch that makes a canvas of the known system ours: it sits in this entry, and is drawn. */
export type AdoptCanvas = (canvasId: string, entryId: string) => Touch

/** What packaging an entry needs. */
export type PackagingPorts = {
  readonly benchling: Benchling
  readonly registry: Registry
  readonly publisher: Publisher
  readonly adoptCanvas: AdoptCanvas
  /** Reads and checks the directory of an export archive; throws the `archive.*` and `export.*` faults. */
  readonly openArchive: (download: Download, limits: ArchiveLimits, signal: AbortSignal) => Promise<Archive>
  readonly limits: ArchiveLimits
  /** The bytes all runs of this process may hold together. */
  readonly budget: ByteBudget
  readonly clock: Clock
  readonly config: PackagingConfig
}

export type PackagingConfig = {
  /** First half of every package name. */
  readonly prefix: string
  /** Metadata key by which other packages name the entry they belong to. */
  readonly pkgKey: string
  /** `acme.benchling.com` */
  readonly tenantHost: string
}
