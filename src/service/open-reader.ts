import type { RoleManager } from '../aws/role-manager.ts'
import type { AllowList } from '../base/allow-list.ts'
import { isBucketName } from '../base/bucket-name.ts'
import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/fault.ts'
import { LeastRecent } from '../base/least-recent.ts'
import type { Logger } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { PackageReader } from '../canvas/canvas-ports.ts'
import type { Config } from '../config/config.ts'
import type { PackageName } from '../quilt/types.ts'
import type { ManifestCache } from '../registry/manifest-cache.ts'
import type { Registry } from '../registry/ports.ts'
import { createRegistry } from '../registry/registry.ts'
import { allowListOf } from './open-query.ts'
import { roleAddress } from './open-role.ts'

/** Buckets whose readers are kept: an S3 client each. */
const READERS_KEPT = 50

type Parts = {
  readonly config: Config
  readonly role: RoleManager
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  /** Shared with every other registry. */
  readonly cache: ManifestCache
}

/** Reads packages of a registry, each as far as a look is worth its memory. */
export const readerOf = (registry: Registry): PackageReader => ({
  latest: registry.latest,
  history: registry.history,
  revisionAt: registry.revisionAt,
  revision: (name, topHash, signal, looking) =>
    registry.revision(name, topHash, signal, { ...looking, bounded: true }),
})

/**
 * Reads packages of other buckets than the service's own, with the one role: nothing else of them is asked, and nothing
 * is ever written. Made once for each bucket; the ones used longest ago are forgotten. What the operator's allow list does
 * not have is not there. The reader is null for a bucket of which nothing may be shown; it throws `package.forbidden`
 * where the role may not read.
 */
export const otherBuckets = (parts: Parts): ((bucket: string) => Promise<PackageReader | null>) => {
  const allow = allowListOf(parts.config)
  const readers = new LeastRecent<string, Promise<PackageReader>>(READERS_KEPT)
  return async (bucket) => {
    if (!isBucketName(bucket) || !allow.allowsBucket(bucket)) return null
    const known = readers.get(bucket)
    if (known) return known
    const reader = open(bucket, allow, parts)
    readers.set(bucket, reader)
    reader.catch(() => readers.delete(bucket))
    return reader
  }
}

const open = async (bucket: string, allow: AllowList, parts: Parts): Promise<PackageReader> => {
  const { config, role, clock, log, metrics, cache } = parts
  const { createS3Store } = await import('../aws/s3-store.ts')
  const store = await createS3Store({ ...roleAddress(config, role), bucket, clock, log, metrics })
  const reader = readerOf(createRegistry(store, clock, { workflow: null, cache }))
  const allowed = (name: PackageName) => allow.allows(bucket, name)
  return {
    latest: (name, signal) => (allowed(name) ? told(() => reader.latest(name, signal)) : nothing(null)),
    history: (name, part, signal) =>
      allowed(name) ? told(() => reader.history(name, part, signal)) : nothing({ total: 0, pointers: [] }),
    revisionAt: (name, at, signal) =>
      allowed(name) ? told(() => reader.revisionAt(name, at, signal)) : nothing(null),
    revision: async (name, topHash, signal, looking) => {
      if (!allowed(name)) throw new Fault('package.not_found', { package: name, topHash })
      return told(() => reader.revision(name, topHash, signal, looking))
    },
  }
}

const nothing = async <T>(value: T): Promise<T> => value

/** The words for our own registry would send people to the wrong settings. */
const told = async <T>(read: () => Promise<T>): Promise<T> => {
  try {
    return await read()
  } catch (thrown) {
    const code = thrown instanceof Fault ? thrown.code : null
    if (code === 'store.forbidden' || code === 'store.kms_refused')
      throw new Fault('package.forbidden', { ...(thrown as Fault).facts, refused: code }, { cause: thrown })
    if (code === 'store.not_found')
      throw new Fault('package.not_found', { ...(thrown as Fault).facts }, { cause: thrown })
    throw thrown
  }
}
