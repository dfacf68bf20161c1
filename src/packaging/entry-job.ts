import type { JobKind } from '../jobs/ports.ts'
import { discardEntry } from './discard-entry.ts'
import type { EntryState, FailureSummary, RevisionSummary } from './entry-state.ts'
import { newestByBenchling } from './found-cause.ts'
import { type Outcome, summaryOf } from './outcome.ts'
import { packageEntry } from './package-entry.ts'
import type { PackagingPorts } from './ports.ts'

/** Longest run: half an hour of export, then hours for terabytes. */
const ENTRY_DEADLINE_MS = 6 * 3_600_000
/** Longest message kept for the canvas, in characters: Benchling's own words can be long. */
const MESSAGE_LENGTH = 1_000

/** How the worker packages entries, and what their record says meanwhile and afterwards. */
export const entryJob = (ports: PackagingPorts): JobKind<EntryState> => ({
  deadlineMs: ENTRY_DEADLINE_MS,

  started: (state, run) => ({
    ...state,
    ...eventSeen(state, newestByBenchling(run.causes)),
    progress: {
      phase: 'reading',
      since: run.startedAt,
      filesDone: 0,
      filesTotal: 0,
      bytesDone: 0,
      bytesTotal: 0,
    },
  }),

  failed: (state, { fault, run, at, retryAt }) => ({
    ...state,
    progress: null,
    failure: {
      code: fault.code,
      message: fault.people.slice(0, MESSAGE_LENGTH).toWellFormed(),
      hint: fault.entry.hint,
      at,
      retryAt,
      attempt: run.attempt,
      run: run.id,
    } satisfies FailureSummary,
  }),

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

const eventSeen = ({ seenEventAt = 0 }: EntryState, at: number): Pick<EntryState, 'seenEventAt'> =>
  at > seenEventAt ? { seenEventAt: at } : {}

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
