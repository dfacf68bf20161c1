import { parsePhysicalKey } from '../quilt/physical-key.ts'
import type { PackagePrefix } from './packager-ports.ts'
import type { ObjectStore, Place } from './ports.ts'

/** Which stored content may stand for a place, instead of being stored once more. */
export interface Reuse {
  /** Whether an object may be named for this place, as far as its address tells. */
  fits(place: Pick<Place, 'name' | 'key'>, physicalKey: string): boolean
  /** Whether it is still what it was, as `ObjectStore.has`. */
  has(physicalKey: string, signal: AbortSignal, run?: string): Promise<boolean>
}

/** A manifest names any object: content that is in the registry is never stored twice. */
export const anywhere = (store: ObjectStore): Reuse => ({
  fits: () => true,
  has: (physicalKey, signal, run) => store.has(physicalKey, signal, run),
})

/**
 * Quilt's packager takes what lies at `<package>/<logical key>`, in its latest version: only that may be used again, and
 * what somebody overwrote or removed meanwhile is stored anew.
 */
export const inPlace = (prefix: PackagePrefix): Reuse => ({
  fits: ({ name, key }, physicalKey) => placeOf(prefix, physicalKey)?.key === `${name}/${key}`,
  has: async (physicalKey, signal) => {
    const at = placeOf(prefix, physicalKey)
    if (at === null) return false
    return (await prefix.latest(at.key, signal))?.versionId === at.versionId
  },
})

/** The key and version behind a physical key of this bucket; null for all others, and where no version is named. */
export const placeOf = (
  { bucket }: Pick<PackagePrefix, 'bucket'>,
  physicalKey: string,
): { key: string; versionId: string } | null => {
  const at = parsePhysicalKey(physicalKey)
  if (at.scheme !== 's3' || at.bucket !== bucket || at.versionId === null) return null
  return { key: at.key, versionId: at.versionId }
}
