import type { Clock } from '../base/clock.ts'
import type { Benchling } from '../benchling/ports.ts'
import type { Subjects } from '../jobs/ports.ts'
import type { LinkedPackages } from './linked-packages.ts'
import type { PackageLinks } from './links.ts'

/** What drawing a canvas needs. `footer` stands under every screen. */
export type CanvasPorts = {
  readonly benchling: Benchling
  readonly subjects: Subjects
  readonly clock: Clock
  readonly links: PackageLinks
  readonly footer: string
  /** Packages of others that name the entry; without it none are searched. */
  readonly linked?: LinkedPackages
  /** True where no package bucket is configured: no package is made of an entry. */
  readonly bucketless?: boolean
}
