/**
 * Where a package can be opened. Null where there is no catalog. All addresses come from configuration, never from people.
 * `bucket`: where the package lies; without it, in the service's own registry.
 */
export interface PackageLinks {
  package(name: string, bucket?: string): string | null
  revision(name: string, topHash: string, bucket?: string): string | null
  /** One file of a revision. */
  file(name: string, topHash: string, logicalKey: string, bucket?: string): string | null
  /** Opens QuiltSync, or the catalog where it is not installed; with a path, at that file. */
  sync(name: string, topHash: string | null, bucket?: string, path?: string): string | null
  /** True for an address at the catalog itself: no other that people write becomes a link. */
  isOurs(address: string): boolean
}

export const NO_LINKS: PackageLinks = {
  package: () => null,
  revision: () => null,
  file: () => null,
  sync: () => null,
  isOurs: () => false,
}

/**
 * True for an address that lies at an origin, letter by letter: `https://host` of a catalog, or of whatever stands for
 * one. Parsers disagree about what else may lead there (`https://host\@other/`, `https://other&sol;@host/`), and those
 * who click meet another parser than this one.
 */
export const isAt = (address: string, origin: string): boolean =>
  address.startsWith(`${origin}/`) && /^[\x21-\x7e]+$/.test(address)
