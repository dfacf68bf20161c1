import { isPackageName } from '../../quilt/names.ts'
import type { PackageName } from '../../quilt/types.ts'
import { packageTag } from '../route.ts'

/** Where a package lies. `bucket`: null for the service's own folder registry. */
export type PackageAt = { readonly bucket: string | null; readonly name: PackageName }

type At = { readonly bucket: string | null; readonly name: string }

/**
 * The package that a route means, among those that may be opened from this canvas and no others: `of` is a `packageTag`,
 * or `=` and the name as a button of the known system has it. That may stand for more than one, and names no bucket: then
 * one in `own` is meant, the only bucket that system showed, else the first by name and bucket, whatever order they come
 * in. Null when none is.
 */
export const whichPackage = (
  of: string,
  allowed: readonly At[],
  own: string | null = null,
): PackageAt | null => {
  const [found] = allowed.filter((one) => isMeant(of, one)).sort(inOrder(own))
  return found && isPackageName(found.name) ? { bucket: found.bucket, name: found.name } : null
}

const isMeant = (of: string, one: At): boolean =>
  isPackageName(one.name) &&
  (of.startsWith('=') ? one.name.replaceAll('/', '--') === of.slice(1) : packageTag(one) === of)

const inOrder =
  (own: string | null) =>
  (a: At, b: At): number =>
    Number(b.bucket === own) - Number(a.bucket === own) ||
    compare(a.name, b.name) ||
    compare(a.bucket ?? '', b.bucket ?? '')

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
