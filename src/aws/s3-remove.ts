import { DeleteObjectsCommand, type _Error as S3Problem } from '@aws-sdk/client-s3'
import { mapConcurrent } from '../base/concurrency.ts'
import { Fault } from '../base/fault.ts'
import { parsePhysicalKey } from '../quilt/physical-key.ts'
import type { S3Api } from './s3-api.ts'
import { confirmChecksum, type Kept } from './s3-confirm.ts'
import { hasObject } from './s3-has.ts'
import { realVersion, type Target, writeOncePrefix } from './s3-target.ts'

/** As many as one DeleteObjects takes. */
const IN_ONE_CALL = 1_000
const CALLS_AT_ONCE = 4
const ASKED_AT_ONCE = 16

/** One object, exactly: a version, or an object under a key that was written once. */
export type Removable = { readonly Key: string; readonly VersionId?: string }

/**
 * What of these physical keys may be removed on behalf of a run: versions, and write-once keys of this very run. A key
 * without either is left alone, because removing it would hide what others wrote.
 */
export const removablesOf = (bucket: string, run: string, physicalKeys: readonly string[]): Removable[] =>
  physicalKeys.flatMap((physicalKey) => {
    const at = parsePhysicalKey(physicalKey)
    if (at.scheme !== 's3' || at.bucket !== bucket) return []
    if (at.versionId !== null) return [{ Key: at.key, VersionId: at.versionId }]
    return at.key.startsWith(writeOncePrefix(run)) ? [{ Key: at.key }] : []
  })

/** Removes objects for good. False when the permission for some of them is missing; those stay. Throws `store.*`. */
export const removeObjects = async (
  api: S3Api,
  objects: readonly Removable[],
  signal: AbortSignal,
): Promise<boolean> => {
  const calls = Array.from({ length: Math.ceil(objects.length / IN_ONE_CALL) }, (_, i) =>
    objects.slice(i * IN_ONE_CALL, (i + 1) * IN_ONE_CALL),
  )
  const allowed = await mapConcurrent(calls, CALLS_AT_ONCE, (some, inner) => remove(api, some, inner), signal)
  return allowed.every(Boolean)
}

const remove = async (api: S3Api, some: readonly Removable[], signal: AbortSignal): Promise<boolean> => {
  try {
    const { Errors = [] } = await api.call({ operation: 'DeleteObjects', signal }, (options) =>
      api.client.send(
        new DeleteObjectsCommand({ Bucket: api.bucket, Delete: { Objects: [...some], Quiet: true } }),
        options,
      ),
    )
    const denied = Errors.filter(({ Code }) => Code === 'AccessDenied')
    await throwIfThere(
      api,
      Errors.filter(({ Code }) => Code !== 'AccessDenied'),
      signal,
    )
    return denied.length === 0
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'store.forbidden' && thrown.facts.status === 403)
      return false
    throw thrown
  }
}

/** S3 calls it a success when there is nothing to remove; others (versitygw 1.8) an error of their own. */
const throwIfThere = async (api: S3Api, failed: readonly S3Problem[], signal: AbortSignal): Promise<void> => {
  const left = await mapConcurrent(
    failed,
    ASKED_AT_ONCE,
    async ({ Key = '', VersionId = null, Code }, inner) =>
      (await hasObject(api, Key, VersionId, inner)) ? Code : null,
    signal,
  )
  const error = left.find((code) => code !== null)
  if (error !== undefined) throw new Fault('store.unavailable', { operation: 'DeleteObjects', error })
}

/** As `confirmChecksum`; an object that is not what was sent does not stay, if it can be told from others. */
export const confirmOrRemove = async (
  api: S3Api,
  target: Target,
  kept: Kept,
  expected: string,
): Promise<void> => {
  try {
    confirmChecksum(kept.ChecksumSHA256, expected, target.key)
  } catch (thrown) {
    const VersionId = realVersion(kept.VersionId)
    const object = { Key: target.key, ...(VersionId === null ? {} : { VersionId }) }
    if (VersionId !== null || target.rule === 'once')
      await removeObjects(api, [object], new AbortController().signal).catch(() => {}) // the first fault is the one to tell
    throw thrown
  }
}
