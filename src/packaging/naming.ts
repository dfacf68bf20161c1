import { createHash } from 'node:crypto'
import { Fault } from '../base/fault.ts'
import type { Entry } from '../benchling/entry.ts'
import { packageName } from '../quilt/names.ts'
import type { PackageName } from '../quilt/types.ts'
import type { Revision } from '../registry/ports.ts'

const FITS = /^[A-Za-z0-9_-]{1,100}$/
/** How a mapped name ends. An id that ends so by itself is mapped too: no id can take the name made for another. */
const MAPPED = /-x[0-9a-f]{16}$/
const READABLE_LENGTH = 60

/**
 * `{prefix}/{display id}`. A display id that is no Quilt name (other characters, over 100 of them, the form of a mapped
 * name) becomes its readable characters and `-x` with 16 hex digits of the SHA-256 of its UTF-16LE bytes: `EXP 1/µ` →
 * `EXP-1-x…`. Different ids have different names; an entry without display id goes by its entry id. Case counts, as in
 * S3; where a folder ignores it, `ownedRevision` refuses the second entry. Throws `package.name_invalid` for an unusable
 * prefix.
 */
export const packageNameFor = (
  prefix: string,
  entry: { readonly id: string; readonly displayId: string },
): PackageName => packageName(`${prefix}/${nameFor(entry.displayId || entry.id)}`)

const nameFor = (id: string): string => {
  if (FITS.test(id) && !MAPPED.test(id)) return id
  const digest = createHash('sha256').update(Buffer.from(id, 'utf16le')).digest('hex').slice(0, 16)
  const readable = id
    .replace(/[^A-Za-z0-9_]+/g, '-')
    .slice(0, READABLE_LENGTH)
    .replace(/^-+|-+$/g, '')
  return `${readable || 'entry'}-x${digest}`
}

/** True for a revision that was made from this entry, by us or by the known system. */
export const isMadeFrom = ({ header }: Revision, entryId: string): boolean =>
  header.user_meta?.entry_id === entryId

/** The revision as one this entry may build on. Throws `package.foreign` when it is another entry's, or nobody's. */
export const ownedRevision = (entry: Entry, current: Revision | null): Revision | null => {
  if (current === null) return null
  if (isMadeFrom(current, entry.id)) return current
  const owner = current.header.user_meta?.entry_id
  throw new Fault(
    'package.foreign',
    { package: current.name, entry: entry.id, owner: typeof owner === 'string' ? owner : null },
    {
      detail: `${current.name} ${typeof owner === 'string' ? 'is the package of another entry.' : 'was not made from an entry.'}`,
    },
  )
}
