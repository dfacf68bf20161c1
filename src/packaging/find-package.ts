import { Fault } from '../base/fault.ts'
import type { Benchling } from '../benchling/ports.ts'
import type { Touch } from '../jobs/ports.ts'
import { touchOf } from '../jobs/subject.ts'
import type { Registry, Revision } from '../registry/ports.ts'
import { totalsOf } from '../registry/prepare-draft.ts'
import { type EntryState, NEW_ENTRY, type RevisionSummary } from './entry-state.ts'
import { ownedRevision, packageNameFor } from './naming.ts'
import { ownerTopic } from './package-topics.ts'

/**
 * What the record of an entry should say that no run of ours has met yet: its display id, and the package that is there
 * already, made before a switch from the known system or before the records were lost. Only reads. The touch asks for no
 * work and leaves a record alone that knows its package; null when it would say no more than `known`. Throws
 * `benchling.*`, `store.*`, `manifest.*`.
 */
export type FindPackage = (
  entryId: string,
  known: EntryState | null,
  signal: AbortSignal,
) => Promise<Touch | null>

export const createFindPackage =
  (its: {
    readonly benchling: Pick<Benchling, 'entry'>
    readonly registry: Pick<Registry, 'bucket' | 'current' | 'revisions'>
    readonly prefix: string
  }): FindPackage =>
  async (entryId, known, signal) => {
    const entry = await its.benchling.entry(entryId, signal)
    const name = packageNameFor(its.prefix, entry)
    const revision = owned(entry, await its.registry.current(name, signal))
    const summary = revision && (await summaryOf(revision, its.registry, signal))
    const { displayId } = entry
    const { bucket } = its.registry
    if (summary === null && known?.displayId === displayId) return null
    return touchOf<EntryState>({
      key: `entry:${entryId}`,
      initial: NEW_ENTRY,
      change: (subject) =>
        subject.state.packageName === null
          ? { ...subject, state: { ...subject.state, displayId, ...found(name, summary) } }
          : subject,
      watch: summary && bucket !== null ? [ownerTopic(bucket, name)] : [],
    })
  }

const found = (packageName: string, revision: RevisionSummary | null): Partial<EntryState> =>
  revision ? { packageName, revision } : {}

/** A package of that name that belongs to something else is not this entry's: the run that would make one says so. */
const owned = (...given: Parameters<typeof ownedRevision>): Revision | null => {
  try {
    return ownedRevision(...given)
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'package.foreign') return null
    throw thrown
  }
}

const summaryOf = async (
  { name, topHash, entries }: Revision,
  registry: Pick<Registry, 'revisions'>,
  signal: AbortSignal,
): Promise<RevisionSummary> => {
  const pointers = await registry.revisions(name, signal)
  const at = pointers.find((pointer) => pointer.topHash === topHash)?.at ?? 0
  return { topHash, ...totalsOf(entries), publishedAt: at * 1000, unchangedAt: null }
}
