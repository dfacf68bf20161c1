import { isPackageName } from '../../quilt/names.ts'
import type { PackageName } from '../../quilt/types.ts'
import { packageTag } from '../route.ts'

/** Where a package lies. `bucket`: null for the service's own folder registry. */
export type PackageAt = { readonly bucket: string | null; readonly name: PackageName }

/**
 * The package that a route means, among those that may be opened from this canvas and no others: `of` is a `packageTag`,
 * or `=` and the name as a button of the known system has it, which stands for more than one name sometimes; then the
 * first is meant. Null when none is.
 */
export const whichPackage = (
  of: string,
  allowed: readonly { readonly bucket: string | null; readonly name: string }[],
): PackageAt | null => {
  const found = allowed.find((one) =>
    of.startsWith('=') ? one.name.replaceAll('/', '--') === of.slice(1) : packageTag(one) === of,
  )
  return found && isPackageName(found.name) ? { bucket: found.bucket, name: found.name } : null
}
