import { encodePart } from './percent.ts'
import type { PackageName } from './types.ts'

/** A package, a revision or a file, as people and programs pass it on (quilt-formats.md §8). */
export type QuiltUri = {
  readonly bucket: string
  readonly name: PackageName | string
  /** `{ topHash }`, `{ tag }` (`latest` or Unix seconds), or null for the package as such. */
  readonly ref?: { readonly topHash: string } | { readonly tag: string } | null
  readonly path?: string
  readonly catalog?: string
}

/** `quilt+s3://BUCKET#package=PREFIX/NAME[@TOPHASH|:TAG][&path=…][&catalog=…]`, path and catalog escaped. */
export const quiltUri = ({ bucket, name, ref, path, catalog }: QuiltUri): string => {
  const suffix = !ref ? '' : 'topHash' in ref ? `@${ref.topHash}` : `:${ref.tag}`
  const file = path === undefined ? '' : `&path=${encodePart(path)}`
  const host = catalog === undefined ? '' : `&catalog=${encodePart(catalog)}`
  return `quilt+s3://${bucket}#package=${name}${suffix}${file}${host}`
}
