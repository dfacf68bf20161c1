import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/fault.ts'
import { type PreparedManifest, preparedTopHash, renderManifest } from '../quilt/render-manifest.ts'
import type { ManifestEntry, PackageName, TopHash } from '../quilt/types.ts'
import { latestKey, pointerKey } from './layout.ts'
import type { Manifests } from './manifests.ts'
import { newestPointer, readLatest } from './pointers.ts'
import type { Draft, ObjectStore, PublishedRevision, Revision } from './ports.ts'
import { prepareDraft, saysTheSame, totalsOf } from './prepare-draft.ts'

/** Seconds after the present in which a free name for the pointer is looked for. */
const POINTER_TRIES = 60
/** A pointer further in the future than this is somebody's mistake: order is kept with the others only. */
const CLOCK_SKEW_SECONDS = 86_400

export type Publishing = {
  readonly store: ObjectStore
  readonly manifests: Manifests
  readonly clock: Clock
  /** Id of the workflow, null for the registry's default, `''` for none. */
  readonly workflow: string | null
}

/**
 * Makes a draft the current revision: its objects content of the registry, then the manifest, then the pointer with its
 * time, then `latest` (quilt-formats.md §1), each durable before the next (docs/decisions/0010-nothing-left-behind.md).
 * Each step can be repeated after a crash: a manifest that exists stays, a newest pointer that already names this
 * revision is not written twice, and `latest` moves only from the revision the draft builds on.
 * Throws `package.conflict`, `package.metadata_too_large`, `manifest.invalid`, `workflow.*`, `store.*`.
 */
export const publish = async (
  p: Publishing,
  draft: Draft,
  signal: AbortSignal,
  begin: (topHash: TopHash) => Promise<void> = async () => {},
): Promise<PublishedRevision> => {
  const manifest = await prepareDraft(p, draft, signal)
  const { entries } = manifest
  const totals = totalsOf(entries)

  if (draft.current && isUnchanged(manifest, draft.current)) {
    await p.store.settle(draft.run, physicalKeysOf(entries), signal) // what somebody had removed comes back
    return { status: 'unchanged', topHash: draft.current.topHash, ...totals }
  }

  const topHash = preparedTopHash(manifest)
  const latest = await readLatest(p.store, draft.name, signal)
  const isLatest = latest?.topHash === topHash
  if (!isLatest && latest?.topHash !== draft.current?.topHash) throw conflict(draft.name, latest?.topHash)
  await begin(topHash)
  await p.store.settle(draft.run, physicalKeysOf(entries), signal)
  await p.manifests.write({ ...manifest, topHash }, Buffer.concat([...renderManifest(manifest)]), signal)
  if (!isLatest) {
    await writePointer(p, draft.name, topHash, signal)
    await moveLatest(p.store, draft.name, topHash, latest?.etag ?? null, signal)
  }
  return { status: 'published', topHash, ...totals }
}

const physicalKeysOf = (entries: readonly ManifestEntry[]): string[] =>
  entries.map(({ physicalKey }) => physicalKey)

/** Objects that lie elsewhere than before do so because the old ones are gone: only a new manifest names the new ones. */
const isUnchanged = (manifest: PreparedManifest, current: Revision): boolean =>
  manifest.entries.every(({ physicalKey }, at) => physicalKey === current.entries[at]?.physicalKey) &&
  saysTheSame(manifest, current)

/**
 * Names the revision by the present second, or the next that is free. Never before an older revision of the same package:
 * clients take the greatest number for the newest.
 */
const writePointer = async (
  { store, clock }: Publishing,
  name: PackageName,
  topHash: TopHash,
  signal: AbortSignal,
): Promise<void> => {
  const newest = await newestPointer(store, name, signal)
  if (newest?.topHash === topHash) return
  const now = Math.floor(clock.now() / 1000)
  const after = newest && newest.at < now + CLOCK_SKEW_SECONDS ? newest.at + 1 : 0
  const first = Math.max(now, after)
  for (let at = first; at < first + POINTER_TRIES; at++) {
    if (await store.write(pointerKey(name, at), Buffer.from(topHash), { ifAbsent: true }, signal)) return
    // Taken: by this very write, whose answer was lost, or by somebody who published while we stood still.
    const found = await newestPointer(store, name, signal)
    if (found?.topHash === topHash) return
    if (found?.at !== newest?.at) throw conflict(name, found?.topHash)
  }
  throw conflict(name, undefined)
}

/** When the store says that `latest` moved, it may have been this very write, whose answer was lost. */
const moveLatest = async (
  store: ObjectStore,
  name: PackageName,
  topHash: TopHash,
  etag: string | null,
  signal: AbortSignal,
): Promise<void> => {
  const condition = etag === null ? ({ ifAbsent: true } as const) : { ifMatch: etag }
  if (await store.write(latestKey(name), Buffer.from(topHash), condition, signal)) return
  const found = await readLatest(store, name, signal)
  if (found?.topHash !== topHash) throw conflict(name, found?.topHash)
}

const conflict = (name: PackageName, found: TopHash | undefined): Fault =>
  new Fault('package.conflict', { package: name, found })
