/** Where a package can be opened. Null where there is no catalog. All addresses come from configuration, never from people. */
export interface PackageLinks {
  package(name: string): string | null
  revision(name: string, topHash: string): string | null
  /** Opens QuiltSync, or the catalog where it is not installed. */
  sync(name: string, topHash: string | null): string | null
}

export const NO_LINKS: PackageLinks = { package: () => null, revision: () => null, sync: () => null }
