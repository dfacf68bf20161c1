import { randomBytes } from 'node:crypto'
import { Fault } from '../base/fault.ts'
import { s3Url } from '../quilt/physical-key.ts'
import type { Place } from '../registry/ports.ts'
import type { Kept } from './s3-confirm.ts'

/** Where bytes go, and under what rule. */
export type Target = {
  readonly key: string
  /** `version`: every write is a new version of a readable key. `once`: the key is new and never written again. */
  readonly rule: 'version' | 'once'
  /** Told when the bucket turns out to keep no versions any more, so that the next upload asks first. */
  readonly versionsGone: () => void
}

/** Outside of every package's prefix, so that nothing which lists a package finds it. */
const WRITE_ONCE_PREFIX = '.benchling-webhook/objects'

/** Where a run writes in a bucket without versions. */
export const writeOncePrefix = (run: string): string => `${WRITE_ONCE_PREFIX}/${run}/`

/** True for keys that some run wrote, and that nobody writes again. */
export const isWriteOnce = (key: string): boolean => key.startsWith(`${WRITE_ONCE_PREFIX}/`)

/** `<package>/<logical key>` in a bucket that keeps versions, else a key of its own. */
export const targetOf = (place: Place, versioned: boolean, versionsGone: () => void): Target =>
  versioned
    ? { key: `${place.name}/${place.key}`, rule: 'version', versionsGone }
    : {
        key: `${writeOncePrefix(place.run)}${randomBytes(12).toString('hex')}`,
        rule: 'once',
        versionsGone,
      }

/** The condition with which a target is written. */
export const conditionOf = (target: Target): { IfNoneMatch?: '*' } =>
  target.rule === 'once' ? { IfNoneMatch: '*' } : {}

/** Version ids as S3 gives them; `null` is the one that the next write replaces. */
export const realVersion = (versionId: string | undefined): string | null =>
  versionId === undefined || versionId === 'null' ? null : versionId

/**
 * The physical key of what was written. Throws `store.corrupt` when the bucket has stopped keeping versions meanwhile:
 * a key without a version could be overwritten later.
 */
export const physicalKeyOf = (bucket: string, target: Target, kept: Kept): string => {
  const version = realVersion(kept.VersionId)
  if (version === null && target.rule === 'version') {
    target.versionsGone()
    throw new Fault('store.corrupt', {
      bucket,
      key: target.key,
      problem: 'the bucket no longer keeps versions',
    })
  }
  return s3Url(bucket, target.key, version)
}
