import type { JobKind } from '../jobs/ports.ts'
import { discardEntry } from './discard-entry.ts'
import { failedEntry, startedEntry } from './entry-record.ts'
import type { EntryState, RevisionSummary } from './entry-state.ts'
import { type Outcome, summaryOf } from './outcome.ts'
import { packageEntry } from './package-entry.ts'
import type { PackagingPorts } from './ports.ts'

/** Longest run: half an hour of export, then hours for terabytes. */
const ENTRY_DEADLINE_MS = 6 * 3_600_000

/** How the worker packages entries, and what their record says meanwhile and afterwards. */
export const entryJob = (ports: PackagingPorts): JobKind<EntryState> => ({
  deadlineMs: ENTRY_DEADLINE_MS,
  started: startedEntry,
  failed: failedEntry,

  discard: (leftover) => discardEntry(ports.registry, leftover),

  async run(job) {
    const outcome = await packageEntry(job, ports)
    const revision = await revisionOf(outcome, job.state.revision, ports, job.signal)
    return {
      change: (state) => ({
        ...state,
        displayId: outcome.displayId,
        packageName: outcome.package,
        progress: null,
        failure: null,
        revision,
      }),
      summary: summaryOf(outcome),
    }
  },
})

/** The revision as the record shows it. The time of one that this record does not know is in the registry. */
const revisionOf = async (
  { status, topHash, package: name, files, bytes }: Outcome,
  known: RevisionSummary | null,
  { registry, clock }: PackagingPorts,
  signal: AbortSignal,
): Promise<RevisionSummary> => {
  const now = clock.now()
  if (status === 'published') return { topHash, files, bytes, publishedAt: now, unchangedAt: null }
  if (known?.topHash === topHash) return { ...known, files, bytes, unchangedAt: now }
  const pointer = (await registry.revisions(name, signal)).find((revision) => revision.topHash === topHash)
  return { topHash, files, bytes, publishedAt: pointer ? pointer.at * 1000 : now, unchangedAt: now }
}
