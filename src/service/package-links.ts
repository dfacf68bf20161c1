import { NO_LINKS, type PackageLinks } from '../canvas/links.ts'
import type { Config } from '../config/config.ts'
import { packageLink, revisionLink, syncLink } from '../quilt/catalog-links.ts'

/** Links into the configured catalog; none where there is no catalog or no bucket. */
export const packageLinks = ({ packages, registry }: Config): PackageLinks => {
  const catalog = packages.catalogHost
  if (catalog === null || registry.kind !== 's3') return NO_LINKS
  const at = (name: string, bucket = registry.bucket) => ({ catalog, bucket, name })
  return {
    package: (name, bucket) => packageLink(at(name, bucket)),
    revision: (name, topHash, bucket) => revisionLink(at(name, bucket), topHash),
    sync: (name, topHash, bucket) => syncLink(at(name, bucket), topHash),
  }
}
