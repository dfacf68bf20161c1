import { NO_LINKS, type PackageLinks } from '../canvas/links.ts'
import { packageLink, revisionLink, syncLink } from '../quilt/catalog-links.ts'
import type { Registry } from '../registry/ports.ts'

/** Links into the configured catalog; none where there is no catalog or no bucket. */
export const packageLinks = (catalog: string | null, { bucket }: Pick<Registry, 'bucket'>): PackageLinks => {
  if (catalog === null || bucket === null) return NO_LINKS
  const at = (name: string) => ({ catalog, bucket, name })
  return {
    package: (name) => packageLink(at(name)),
    revision: (name, topHash) => revisionLink(at(name), topHash),
    sync: (name, topHash) => syncLink(at(name), topHash),
  }
}
