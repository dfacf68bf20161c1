import type { Fault } from '../base/fault.ts'
import type { PackageName, TopHash } from '../quilt/types.ts'

/** A package whose current metadata names what was searched for. */
export type FoundPackage = {
  /** Null: the folder registry of this service. */
  readonly bucket: string | null
  readonly name: PackageName
  /** The current revision, where the source knows it. */
  readonly topHash: TopHash | null
}

export type FoundPackages = {
  /** By name, then bucket; none twice; at most `FOUND_LIMIT`. */
  readonly packages: readonly FoundPackage[]
  /** False when there may be more than these. */
  readonly complete: boolean
  /** Why a part was not searched; null when all of it was. */
  readonly problem: Fault | null
}

/** Finds the packages whose metadata has a value under the configured key. */
export interface PackageQuery {
  /**
   * Packages of every bucket that may be shown, however far that is known now. Throws a fault (`query.*`, `store.*`) when
   * nothing could be searched, and the signal's reason when it is aborted.
   */
  find(value: string, signal: AbortSignal): Promise<FoundPackages>
}

/** Packages that one search gives: far more than a canvas can show. */
export const FOUND_LIMIT = 500

/** Sorts, removes repetitions, and cuts to `FOUND_LIMIT`: `complete` tells whether the parts were, and nothing was cut. */
export const collectFound = (
  found: Iterable<FoundPackage>,
  complete: boolean,
  problem: Fault | null = null,
): FoundPackages => {
  const distinct = new Map<string, FoundPackage>()
  for (const one of found) {
    const id = foundId(one)
    const before = distinct.get(id)
    // A source may have rows of more than one moment; which is newer cannot be told, so the choice is at least stable.
    if (!before || (before.topHash ?? '') < (one.topHash ?? '')) distinct.set(id, one)
  }
  const packages = [...distinct.values()].sort(inOrder)
  return {
    packages: packages.slice(0, FOUND_LIMIT),
    complete: complete && packages.length <= FOUND_LIMIT,
    problem,
  }
}

/** Neither buckets nor names contain a space. */
const foundId = ({ bucket, name }: FoundPackage): string => `${bucket ?? ''} ${name}`

const inOrder = (a: FoundPackage, b: FoundPackage): number =>
  compare(a.name, b.name) || compare(a.bucket ?? '', b.bucket ?? '')

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Spellings of a metadata key that count: what Athena reads through the OpenX SerDe may be lower-cased. */
export const keySpellings = (key: string): readonly string[] => [...new Set([key, key.toLowerCase()])]
