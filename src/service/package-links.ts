import { isAt, NO_LINKS, type PackageLinks } from '../canvas/links.ts'
import { fileLink, packageLink, revisionLink, syncLink } from '../quilt/catalog-links.ts'

/** Links into the configured catalog; none where there is no catalog, or no bucket: neither the one named nor an own. */
export const packageLinks = (catalog: string | null, own: string | null): PackageLinks => {
  if (catalog === null) return NO_LINKS
  const linked = (
    name: string,
    bucket: string | undefined,
    link: (at: Parameters<typeof packageLink>[0]) => string,
  ): string | null => {
    const where = bucket ?? own
    return where === null ? null : link({ catalog, bucket: where, name })
  }
  return {
    package: (name, bucket) => linked(name, bucket, packageLink),
    revision: (name, topHash, bucket) => linked(name, bucket, (at) => revisionLink(at, topHash)),
    file: (name, topHash, logicalKey, bucket) =>
      linked(name, bucket, (at) => fileLink(at, logicalKey, topHash)),
    sync: (name, topHash, bucket, path) => linked(name, bucket, (at) => syncLink(at, topHash, path)),
    isOurs: (address) => isAt(address, `https://${catalog}`),
  }
}
