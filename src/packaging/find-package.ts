import type { Clock } from '../base/clock.ts'
import type { Benchling } from '../benchling/ports.ts'
import type { Touch } from '../jobs/ports.ts'
import { touchOf } from '../jobs/subject.ts'
import type { PackageName } from '../quilt/types.ts'
import type { Registry, Revision } from '../registry/ports.ts'
import { justAnnounced } from './current-revision.ts'
import { type EntryState, NEW_ENTRY } from './entry-state.ts'
import { afterEvent, type News } from './event-news.ts'
import { isMadeFrom, packageNameFor } from './naming.ts'
import { ownerTopic } from './package-topics.ts'

/**
 * What the registry knows of an entry's package and its record does not say: a package that was there before any run of
 * ours (made by the known system, or before the records were lost), or a revision that somebody made since without an
 * event that told us. Only reads. The touch asks for no work and leaves a record alone that changed meanwhile; null when
 * there is no news. Throws `benchling.*`, `store.*`, `manifest.*`.
 */
export type FindPackage = (
  entryId: string,
  known: EntryState | null,
  signal: AbortSignal,
) => Promise<Touch | null>

type Parts = {
  readonly benchling: Pick<Benchling, 'entry'>
  readonly registry: Pick<Registry, 'bucket' | 'current' | 'latest' | 'revision' | 'history'>
  readonly clock: Clock
  readonly prefix: string
}

export const createFindPackage =
  (its: Parts): FindPackage =>
  (entryId, known, signal) =>
    known?.packageName
      ? newerRevision(entryId, known, known.packageName as PackageName, its, signal)
      : unmetPackage(entryId, known, its, signal)

const unmetPackage = async (
  entryId: string,
  known: EntryState | null,
  its: Parts,
  signal: AbortSignal,
): Promise<Touch | null> => {
  const entry = await its.benchling.entry(entryId, signal)
  const name = packageNameFor(its.prefix, entry)
  const revision = await its.registry.current(name, signal)
  const { displayId } = entry
  // One of that name that belongs to something else is not this entry's: the run that would make one says so.
  if (revision && isMadeFrom(revision, entryId))
    return telling({ entryId, displayId, seen: null }, revision, its, signal)
  if (known?.displayId === displayId) return null
  return touchOf<EntryState>({
    key: `entry:${entryId}`,
    initial: NEW_ENTRY,
    change: (subject) => ({ ...subject, state: { ...subject.state, displayId } }),
  })
}

const newerRevision = async (
  entryId: string,
  { displayId, revision: shown }: EntryState,
  name: PackageName,
  its: Parts,
  signal: AbortSignal,
): Promise<Touch | null> => {
  const { registry, clock } = its
  const topHash = await registry.latest(name, signal)
  if (topHash === null || topHash === shown?.topHash) return null
  if (justAnnounced({ revision: shown }, clock.now()) !== null) return null
  const revision = await registry.revision(name, topHash, signal)
  return isMadeFrom(revision, entryId)
    ? telling({ entryId, displayId, seen: shown?.topHash ?? null }, revision, its, signal)
    : null
}

/** `latest` names one of the newest revisions, unless somebody set it back far: then its time is not known here. */
const POINTERS_READ = 8

/** Tells the record what an event would, unless it shows another revision by now than the one that was `seen`. */
const telling = async (
  {
    entryId,
    displayId,
    seen,
  }: { readonly entryId: string; readonly displayId: string | null; readonly seen: string | null },
  revision: Revision,
  { registry, clock }: Parts,
  signal: AbortSignal,
): Promise<Touch> => {
  const { name, topHash } = revision
  const { bucket } = registry
  const { pointers } = await registry.history(name, { skip: 0, limit: POINTERS_READ }, signal)
  const at = 1_000 * (pointers.find((pointer) => pointer.topHash === topHash)?.at ?? 0)
  const news: News = { event: { bucket: bucket ?? '', name, topHash, at }, revision, at: clock.now() }
  return touchOf<EntryState>({
    key: `entry:${entryId}`,
    initial: NEW_ENTRY,
    change: (subject) =>
      (subject.state.revision?.topHash ?? null) === seen
        ? { ...subject, state: asFound(subject.state, displayId, news) }
        : subject,
    watch: bucket === null ? [] : [ownerTopic(bucket, name)],
  })
}

/** As after an event, but `latest` has named it already: what it names next is as true. */
const asFound = (state: EntryState, displayId: string | null, news: News): EntryState => {
  const { revision, ...told } = afterEvent({ ...state, displayId }, news)
  if (!revision) return state
  const { announcedAt: _, ...found } = revision
  return { ...told, revision: found, adopted: state.adopted }
}
