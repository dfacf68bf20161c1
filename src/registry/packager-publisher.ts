import { createHash } from 'node:crypto'
import { mapConcurrent } from '../base/concurrency.ts'
import { Fault } from '../base/fault.ts'
import { type PreparedManifest, preparedTopHash } from '../quilt/render-manifest.ts'
import type { ManifestEntry } from '../quilt/types.ts'
import { inWalkOrder } from '../quilt/walk-order.ts'
import { packagerMessage } from './packager-message.ts'
import type { PackagePrefix, PackagerQueue } from './packager-ports.ts'
import type { Draft, ObjectStore, Published, Publisher, Revision } from './ports.ts'
import { prepareDraft, saysTheSame, totalsOf } from './prepare-draft.ts'
import { lookUnderPrefix, type OwnFiles } from './under-prefix.ts'

/** Small requests about one object each, under way at once. */
const ASKED_AT_ONCE = 16

export type PackagerOptions = {
  /** The bucket's objects: the registry that goes with it is made with `inPlace(prefix)`. */
  readonly store: ObjectStore
  readonly prefix: PackagePrefix
  readonly queue: PackagerQueue
  /** Id of the workflow, null for the registry's default, `''` for none. */
  readonly workflow: string | null
  readonly own: OwnFiles
}

/**
 * Publishes through the packager queue of a Quilt stack (quilt-formats.md §5). The packager lists the folder of the package
 * and takes the latest version of whatever lies there; it answers nothing and checks nothing. So everything is made
 * right before the one message is sent: the rules of the workflow are met, our files are the latest of their keys, and
 * what we once wrote and does not belong any more is hidden. What other people put there stays, and is packaged.
 * Throws `packager.unversioned_bucket`, `packager.prefix_changed`, `workflow.*`, `store.*`, and what the queue throws.
 */
export const createPackagerPublisher = (its: PackagerOptions): Publisher => {
  const ready = async (): Promise<void> => {
    if (!(await its.prefix.versioned()))
      throw new Fault('packager.unversioned_bucket', { bucket: its.prefix.bucket })
  }
  return {
    ready,
    async publish(draft, signal, begin = async () => {}, once = (_name, work) => work()): Promise<Published> {
      await ready()
      const own = await prepareDraft(its, withoutMeta(draft), signal)
      const { foreign, unknown, obsolete } = await lookUnderPrefix(its, draft, own.entries, signal)
      const manifest = { header: own.header, entries: inWalkOrder([...own.entries, ...foreign]) }
      const totals = totalsOf([...manifest.entries, ...unknown])
      await hideAll(its.prefix, obsolete, signal)

      const { current } = draft
      const complete = unknown.length === 0
      if (
        current &&
        complete &&
        saysTheSame(manifest, current) &&
        (await isWhole(its, manifest, current, signal))
      )
        return { status: 'unchanged', topHash: current.topHash, ...totals }

      const topHash = preparedTopHash(manifest)
      await begin(topHash)
      const body = packagerMessage({ ...draft, bucket: its.prefix.bucket, workflow: its.workflow })
      // Named by what is handed over: a run that goes on after a crash with other content hands that over, too.
      const of = createHash('sha256').update(body).update(topHash).digest('hex')
      const messageId = await once(`hand over ${of.slice(0, 16)}`, () => its.queue.send(body))
      return { status: 'handedOver', topHash: complete ? topHash : null, messageId, ...totals }
    },
  }
}

/** The packager writes no metadata of single entries. */
const withoutMeta = (draft: Draft): Draft => ({
  ...draft,
  entries: draft.entries.map((entry): ManifestEntry => ({ ...entry, meta: {} })),
})

/** False when an object that the current revision names is gone, so that only a new revision can name its successor. */
const isWhole = async (
  { store }: Pick<PackagerOptions, 'store'>,
  { entries }: PreparedManifest,
  current: Revision,
  signal: AbortSignal,
): Promise<boolean> => {
  const replaced = current.entries.filter(({ physicalKey }, at) => physicalKey !== entries[at]!.physicalKey)
  const there = await mapConcurrent(
    replaced,
    ASKED_AT_ONCE,
    ({ physicalKey }, inner) => store.has(physicalKey, inner),
    signal,
  )
  return there.every(Boolean)
}

const hideAll = async (
  prefix: PackagePrefix,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<void> => {
  await mapConcurrent(keys, ASKED_AT_ONCE, (key, inner) => prefix.hide(key, inner), signal)
}
