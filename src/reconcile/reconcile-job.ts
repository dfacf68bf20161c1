import { asFault, type Fault } from '../base/fault.ts'
import { faultFields } from '../base/log.ts'
import type { Cause, Ended, Job, JobKind } from '../jobs/ports.ts'
import { touch, touchOf } from '../jobs/subject.ts'
import { RECONCILE } from '../packaging/found-cause.ts'
import { followEvents } from './follow-events.ts'
import { secondOf } from './instant.ts'
import { Look } from './look.ts'
import { nextLookAt } from './next-look.ts'
import { OVERLAP_S } from './overlap.ts'
import type { ReconcilePorts } from './ports.ts'
import { RequestPace } from './request-pace.ts'
import { NEW_TENANT, type TenantState } from './tenant-state.ts'
import { walkEntries } from './walk-entries.ts'

/** A run gives its lane back after minutes; only a bulk change of thousands of entries in one second keeps it longer. */
const RECONCILE_DEADLINE_MS = 3_600_000

/**
 * Looks over a tenant for what no delivery told, and touches the entries concerned. Its subject is `tenant:<host>`, so one
 * runs at a time over all processes. A run ends by asking for the next one; whatever Benchling answers, it ends well.
 */
export const reconcileJob = (ports: ReconcilePorts): JobKind<TenantState> => {
  const { clock, log, rateShare: share } = ports
  const pace = new RequestPace({ clock, log, share, rate: () => ports.benchling.rate })
  return {
    deadlineMs: RECONCILE_DEADLINE_MS,
    endless: true,
    started: (state) => state,
    failed: (state) => state,
    run: (job) => lookOver(new Look(job, ports, pace)),
  }
}

const lookOver = async (look: Look): Promise<Ended<TenantState>> => {
  const { job, ports } = look
  const began = await unlessRefused(job, () => horizonOf(look))
  const horizon = began.value
  const events = horizon === null ? began : await unlessRefused(job, () => followEvents(look, horizon))
  const entries = horizon === null ? began : await unlessRefused(job, () => walkEntries(look, horizon))

  const { notUnderstood } = look.found
  if (notUnderstood > 0) job.log.warn({ notUnderstood }, 'some of what Benchling listed is not understood')
  const fault = events.fault ?? entries.fault
  const complete = events.value === true && entries.value === true
  const now = ports.clock.now()
  const marks: TenantState = {
    ...look.marks,
    failures: fault ? look.marks.failures + 1 : 0,
    lookedAt: complete ? now : look.marks.lookedAt,
  }
  const { startedAt } = job.run
  const next = nextLookAt(marks, { now, startedAt, complete, everyMs: ports.everyMs })
  const cause: Cause = { delivery: `reconcile:${job.run.id}`, type: RECONCILE, at: next, by: null }
  return {
    change: () => marks,
    summary: look.summary({ complete, code: fault?.code ?? null }),
    touches: [
      touchOf<TenantState>({
        key: job.key,
        initial: NEW_TENANT,
        change: (subject) => touch(subject, cause, { notBefore: next }),
      }),
    ],
  }
}

/**
 * The second up to which a look that begins now may set the mark: the newest change that Benchling knows, so that a wrong
 * clock of ours matters little, and never before the mark there is. A time that has not come yet would hide everything
 * until then. The first look leaves alone what is older than itself.
 */
const horizonOf = async (look: Look): Promise<number> => {
  const newest = await look.ask((benchling, signal) => benchling.newestModification(signal))
  const now = Math.floor(look.ports.clock.now() / 1000)
  const least = look.marks.entriesUntil ?? now - OVERLAP_S
  return Math.min(now, newest === null ? least : Math.max(least, secondOf(newest)))
}

type Tried<T> = { readonly value: T; readonly fault: null } | { readonly value: null; readonly fault: Fault }

/** What Benchling refuses ends this part of the look, never the reconciler; the marks stay where they are. */
const unlessRefused = async <T>(job: Job<TenantState>, part: () => Promise<T>): Promise<Tried<T>> => {
  try {
    return { value: await part(), fault: null }
  } catch (thrown) {
    job.signal.throwIfAborted()
    const fault = asFault(thrown)
    if (!fault.code.startsWith('benchling.')) throw thrown
    job.log.warn(faultFields(fault), 'Benchling could not be looked over, it is tried again')
    return { value: null, fault }
  }
}
