import { Fault } from '../base/fault.ts'
import type { PackageName, TopHash } from '../quilt/types.ts'
import type { Revision } from '../registry/ports.ts'
import type { EntryState } from './entry-state.ts'
import type { PackagingPorts } from './ports.ts'

/** An event is raised by the pointer of a revision, moments before `latest` names it (quilt-formats.md §6). */
export const LATEST_LAG_MS = 60_000

/** The revision that an event told of so lately that `latest` may not name it yet; null: there is none. */
export const justAnnounced = ({ revision }: Pick<EntryState, 'revision'>, now: number): TopHash | null =>
  revision?.announcedAt !== undefined && now - revision.announcedAt <= LATEST_LAG_MS
    ? (revision.topHash as TopHash)
    : null

/** What `latest` points to, or the revision that an event has just told of and `latest` does not name yet. */
export const currentRevision = async (
  name: PackageName,
  state: EntryState,
  { registry, clock }: Pick<PackagingPorts, 'registry' | 'clock'>,
  signal: AbortSignal,
): Promise<Revision | null> => {
  const latest = await registry.current(name, signal)
  const announced = justAnnounced(state, clock.now())
  if (announced === null || state.packageName !== name || latest?.topHash === announced) return latest
  try {
    return await registry.revision(name, announced, signal)
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'package.not_found') return latest
    throw thrown
  }
}
