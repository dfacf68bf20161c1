import { Fault } from '../base/fault.ts'
import type { PackageName, TopHash } from '../quilt/types.ts'
import type { Revision } from '../registry/ports.ts'
import type { EntryState } from './entry-state.ts'
import type { PackagingPorts } from './ports.ts'

/** An event is raised by the pointer of a revision, moments before `latest` names it (quilt-formats.md §6). */
export const LATEST_LAG_MS = 60_000

/** What `latest` points to, or the revision that an event has just told of and `latest` does not name yet. */
export const currentRevision = async (
  name: PackageName,
  state: EntryState,
  { registry, clock }: Pick<PackagingPorts, 'registry' | 'clock'>,
  signal: AbortSignal,
): Promise<Revision | null> => {
  const latest = await registry.current(name, signal)
  const { revision, packageName } = state
  const announced = revision?.announcedAt
  if (!revision || announced === undefined || packageName !== name || latest?.topHash === revision.topHash)
    return latest
  if (clock.now() - announced > LATEST_LAG_MS) return latest
  try {
    return await registry.revision(name, revision.topHash as TopHash, signal)
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'package.not_found') return latest
    throw thrown
  }
}
