import { encodePart } from './percent.ts'

/** `catalog` is a bare host name, `ref` a top hash or `latest`. */
export type CatalogPackage = { readonly catalog: string; readonly bucket: string; readonly name: string }

/** The current revision of a package in the Quilt catalog (peer-service.md §3.7). */
export const packageLink = ({ catalog, bucket, name }: CatalogPackage): string =>
  `https://${catalog}/b/${bucket}/packages/${name}`

/** One revision: `topHash` is also a Unix time or `latest`. */
export const revisionLink = (at: CatalogPackage, topHash: string): string =>
  `${packageLink(at)}/tree/${topHash}/`

/** One file. The whole logical key is one escaped part, slashes included, as links of existing installations are. */
export const fileLink = (at: CatalogPackage, logicalKey: string, ref = 'latest'): string =>
  `${packageLink(at)}/tree/${ref}/${encodePart(logicalKey)}`

/** Opens QuiltSync, or after a second the catalog: the only form that can be clicked where only https can. */
export const syncLink = (at: CatalogPackage, topHash: string | null, path?: string): string =>
  `https://${at.catalog}/redir/${encodePart(rawSyncUri(at, topHash, path))}`

/**
 * The Quilt+ URI inside a sync link. Its path is not escaped once more, which is what the catalog expects of links that
 * exist, except for characters that would end or change it (the known system breaks there).
 */
const rawSyncUri = (at: CatalogPackage, topHash: string | null, path?: string): string => {
  const ref = topHash === null ? ':latest' : `@${topHash}`
  const file = path === undefined ? '' : `&path=${path.replace(/[&#=%+?]/g, encodePart)}`
  return `quilt+s3://${at.bucket}#package=${at.name}${ref}${file}&catalog=${at.catalog}`
}
