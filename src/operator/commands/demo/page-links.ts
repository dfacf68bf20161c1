import { isAt, type PackageLinks } from '../../../canvas/links.ts'

/** Offline there is no catalog: links lead to the notebook page, which shows the package beside its entry. */
export const pageLinks = (page: string): PackageLinks => ({
  package: (name) => `${page}/#package=${encodeURIComponent(name)}`,
  revision: (name, topHash) => `${page}/#package=${encodeURIComponent(name)}&revision=${topHash}`,
  file: (name, topHash, logicalKey) =>
    `${page}/#package=${encodeURIComponent(name)}&revision=${topHash}&file=${encodeURIComponent(logicalKey)}`,
  sync: () => null,
  isOurs: (address) => isAt(address, page),
})
