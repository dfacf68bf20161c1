import type { Clock } from '../base/clock.ts'
import type { Benchling } from '../benchling/ports.ts'
import type { Subjects } from '../jobs/ports.ts'
import type { FindPackage } from '../packaging/find-package.ts'
import type { Registry } from '../registry/ports.ts'
import type { Home } from './home.ts'
import type { LinkedPackages } from './linked-packages.ts'
import type { PackageLinks } from './links.ts'

/** How a canvas reads packages. Throws `store.*`, `manifest.*`, `package.not_found`. */
export type PackageReader = Pick<Registry, 'latest' | 'revision' | 'history' | 'revisionAt'>

/** What drawing a canvas needs. `footer` stands under every screen. */
export type CanvasPorts = {
  readonly benchling: Benchling
  readonly subjects: Subjects
  readonly clock: Clock
  readonly links: PackageLinks
  readonly footer: string
  /** Reads the packages of a bucket, null for the service's own registry where that is a folder; null: it cannot. */
  readonly reader: (bucket: string | null) => Promise<PackageReader | null>
  /** The bucket of the service's own registry; null for a folder, and where there is none. */
  readonly bucket: string | null
  /** What an entry's record should say before a run of ours has met the entry; without it nobody looks. */
  readonly findPackage?: FindPackage
  /** Packages of others that name the entry; without it none are searched. */
  readonly linked?: LinkedPackages
  /** What canvases outside of entries show; without it they list nothing. */
  readonly home?: Home
  /** True where no package bucket is configured: no package is made of an entry. */
  readonly bucketless?: boolean
}
