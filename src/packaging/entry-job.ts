import type { Job, JobKind, Topic } from '../jobs/ports.ts'
import { discardEntry } from './discard-entry.ts'
import { failedEntry, startedEntry } from './entry-record.ts'
import type { EntryState, RevisionSummary } from './entry-state.ts'
import { firstContact } from './first-contact.ts'
import { LOOK } from './found-cause.ts'
import { lookAgain } from './hand-over.ts'
import { type Outcome, type Packaged, summaryOf, type Waiting } from './outcome.ts'
import { packageEntry } from './package-entry.ts'
import { packageTopic } from './package-topics.ts'
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
    const { package: name, displayId } = outcome
    const end = 'handOver' in outcome ? waitingEnd(outcome, job) : await packagedEnd(outcome, job, ports)
    const looks = 'handOver' in outcome ? lookAgain(job, outcome.handOver, ports.clock.now()) : []
    return {
      change: (state) => ({
        ...state,
        displayId,
        packageName: name,
        progress: null,
        failure: null,
        adopted: name,
        ...end(state),
      }),
      summary: summaryOf(outcome),
      touches: [...(await firstContact(job, name, ports)), ...looks],
      announce: newsOf(outcome, ports),
    }
  },
})

/** Canvases of other entries may show the package as a linked one; no event tells them where there are none. */
const newsOf = (outcome: Outcome, { registry }: PackagingPorts): Topic[] =>
  registry.bucket === null || 'handOver' in outcome || outcome.status === 'unchanged'
    ? []
    : [packageTopic(registry.bucket, outcome.package)]

type End = (state: EntryState) => Pick<EntryState, 'revision' | 'handedOver'>

/** An event may have told of the revision while the run was under way: then there is nothing to wait for. */
const waitingEnd =
  ({ status, handOver }: Waiting, { run }: Job<EntryState>): End =>
  ({ revision, handedOver }) => {
    const wasTold =
      status === 'waiting'
        ? !handedOver
        : revision?.topHash === handOver.topHash && (revision?.announcedAt ?? 0) >= run.startedAt
    return { revision, handedOver: wasTold ? null : handOver }
  }

const packagedEnd = async (outcome: Packaged, job: Job<EntryState>, ports: PackagingPorts): Promise<End> => {
  const revision = await revisionOf(outcome, job, ports)
  return () => ({ revision, handedOver: null })
}

/** The revision as the record shows it. The time of one that this record does not know is in the registry. */
const revisionOf = async (
  { status, topHash, package: name, files, bytes }: Packaged,
  { state: { revision: known }, run, signal }: Job<EntryState>,
  { registry, clock }: PackagingPorts,
): Promise<RevisionSummary> => {
  const now = clock.now()
  if (status === 'published') return { topHash, files, bytes, publishedAt: now, unchangedAt: null }
  // Who only looks whether the packager is done has not compared anything anew.
  const looked = run.causes.length > 0 && run.causes.every(({ type }) => type === LOOK)
  if (known?.topHash === topHash)
    return { ...known, files, bytes, unchangedAt: looked ? known.unchangedAt : now }
  const pointer = (await registry.revisions(name, signal)).find((revision) => revision.topHash === topHash)
  const unchangedAt = looked || status === 'confirmed' ? null : now
  return { topHash, files, bytes, publishedAt: pointer ? pointer.at * 1000 : now, unchangedAt }
}
