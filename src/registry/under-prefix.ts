import { mapConcurrent } from '../base/concurrency.ts'
import { Fault } from '../base/fault.ts'
import { s3Url } from '../quilt/physical-key.ts'
import type { ManifestEntry, PackageName } from '../quilt/types.ts'
import type { LatestVersion, PackagePrefix } from './packager-ports.ts'
import type { Revision } from './ports.ts'
import { placeOf } from './reuse.ts'

/** Objects asked about at once. */
const ASKED_AT_ONCE = 16
/** Keys named when several are not as they should be. */
const NAMED = 5

/** The logical keys of a revision that its own metadata lists as made from the entry, by us or by the known system. */
export type OwnFiles = (revision: Revision, signal: AbortSignal) => Promise<ReadonlySet<string>>

/** What else lies under a package's prefix. */
export type UnderPrefix = {
  /** Files of others that the current revision has already, as it names them. */
  readonly foreign: readonly ManifestEntry[]
  /** Files of others that came since: their hashes are not known here. */
  readonly unknown: readonly LatestVersion[]
  /** Keys of objects that we wrote and that belong to no file of the draft. */
  readonly obsolete: readonly string[]
}

/**
 * Compares what Quilt's packager will find with what it is meant to find. Ours is an object that the current revision
 * names, in that very version, and lists as made from the entry; and one that carries our mark, such as a run left that
 * never got published. Throws `packager.prefix_changed` when a file of the draft is not the latest version of its key.
 */
export const lookUnderPrefix = async (
  its: { readonly prefix: PackagePrefix; readonly own: OwnFiles },
  { name, current }: { readonly name: PackageName; readonly current: Revision | null },
  entries: readonly ManifestEntry[],
  signal: AbortSignal,
): Promise<UnderPrefix> => {
  const { prefix } = its
  const root = `${name}/`
  const found = new Map<string, LatestVersion>()
  for await (const latest of prefix.list(name, signal)) found.set(latest.key.slice(root.length), latest)

  const others = entries.filter((entry) => {
    const at = placeOf(prefix, entry.physicalKey)
    const there = found.get(entry.logicalKey)
    found.delete(entry.logicalKey)
    return at?.key !== `${root}${entry.logicalKey}` || at.versionId !== there?.versionId
  })
  if (others.length > 0) throw changed(name, others)

  const before = new Map(current?.entries.map((entry) => [entry.logicalKey as string, entry]))
  const listed = current && found.size > 0 ? await its.own(current, signal) : new Set<string>()
  const judged = await mapConcurrent(
    // What ends in a slash stands for a folder, and the packager passes over it.
    [...found].filter(([key]) => key !== '' && !key.endsWith('/')),
    ASKED_AT_ONCE,
    async ([key, latest], inner) => {
      const entry = before.get(key)
      const named = entry !== undefined && isNamed(prefix, entry, latest)
      const isOurs = (named && listed.has(key)) || (await isMarked(prefix, latest, inner))
      return { latest, entry: named ? entry : null, isOurs }
    },
    signal,
  )
  const theirs = judged.filter(({ isOurs }) => !isOurs)
  return {
    foreign: theirs.flatMap(({ entry }) => (entry ? [entry] : [])),
    unknown: theirs.flatMap(({ entry, latest }) => (entry ? [] : [latest])),
    obsolete: judged.flatMap(({ isOurs, latest }) => (isOurs ? [latest.key] : [])),
  }
}

/** The same version under both names; an object from before there were versions is named without one, or as `null`. */
const isNamed = ({ bucket }: PackagePrefix, { physicalKey }: ManifestEntry, latest: LatestVersion): boolean =>
  physicalKey === s3Url(bucket, latest.key, latest.versionId) ||
  (latest.versionId === 'null' && physicalKey === s3Url(bucket, latest.key))

const isMarked = async (
  prefix: PackagePrefix,
  { key, versionId }: LatestVersion,
  signal: AbortSignal,
): Promise<boolean> => {
  const latest = await prefix.latest(key, signal)
  return latest !== null && latest.versionId === versionId && latest.marked
}

const changed = (name: PackageName, others: readonly ManifestEntry[]): Fault =>
  new Fault('packager.prefix_changed', {
    package: name,
    files: others.length,
    keys: others.slice(0, NAMED).map(({ logicalKey }) => logicalKey),
  })
