import { asFault, type Fault } from '../base/fault.ts'
import type { Json, JsonObject } from '../base/json.ts'
import { faultFields } from '../base/log.ts'
import { retry } from '../base/retry.ts'
import type { Activity } from './activity.ts'
import { discardRun } from './discard.ts'
import { verdictOn } from './failure-policy.ts'
import type { ChangeOptions, Ended, JobKind, Run, RunRecord, Subject } from './ports.ts'
import { announceChange, type RunContext } from './run-context.ts'
import type { RunSteps } from './steps.ts'
import { bury, finish, postpone, release, renewExport } from './subject.ts'

/** A store that fails while the end of a run is written is asked again, for about the length of a lease. */
const WRITE_ATTEMPTS = 6
const WRITE_BASE_MS = 250
const WRITE_CAP_MS = 5_000

/** Writes what the run achieved: done, its record and what it asks of others, in one change. */
export const endDone = async (c: RunContext, ended: Ended<Json>): Promise<void> => {
  const now = c.clock.now()
  await write(c, (subject) => finish(subject, c.run, { now, state: ended.change(subject.state) }), {
    ended: record(c, now, { outcome: 'done', fault: null, summary: ended.summary }),
    touches: ended.touches ?? [],
    announce: ended.announce ?? [],
  })
  emit(c, 'done', { summary: ended.summary })
  c.log.info({ ms: now - c.claimedAt, ...ended.summary }, 'run done')
}

/** Writes what becomes of a run after a fault: a back-off, a new export, or the grave, with the reason. */
export const endFailed = async (
  c: RunContext,
  kind: JobKind,
  fault: Fault,
  steps: RunSteps | null,
): Promise<void> => {
  const now = c.clock.now()
  await steps?.failed(fault, { at: c.claimedAt, ms: now - c.claimedAt })
  const verdict = verdictOn(fault, c.run, steps?.failures ?? [], c.random, kind)
  const counted = verdict.action !== 'postpone' || verdict.counts
  const failed: Run = { ...c.run, attempt: c.run.attempt + (counted ? 1 : 0) }
  const retryAt = verdict.action === 'bury' ? null : now + verdict.waitMs
  const state = (subject: Subject) => kind.failed(subject.state, { fault, run: failed, at: now, retryAt })

  if (verdict.action !== 'postpone') await discardRun(c, kind)
  switch (verdict.action) {
    case 'bury': {
      const grave = record({ ...c, run: failed }, now, { outcome: 'buried', fault, summary: {} })
      await write(c, (subject) => bury(subject, c.run, { now, state: state(subject) }), { ended: grave })
      c.buried(grave)
      break
    }
    case 'renew':
      await write(c, (subject) =>
        renewExport(subject, c.run, { dueAt: now + verdict.waitMs, state: state(subject) }),
      )
      break
    case 'postpone':
      await write(c, (subject) =>
        postpone(subject, c.run, {
          dueAt: now + verdict.waitMs,
          state: state(subject),
          counts: verdict.counts,
        }),
      )
  }
  emit(c, verdict.action === 'bury' ? 'buried' : 'failed', { code: fault.code })
  // What Benchling does not know is no alarm: its Webhook Testing tab sends events about entries that do not exist.
  const alarming = verdict.action === 'bury' && fault.code !== 'benchling.not_found'
  c.log[alarming ? 'error' : 'warn'](
    { ...faultFields(fault), attempt: failed.attempt, retryAt },
    verdict.action === 'bury' ? 'run buried' : 'run failed, it is tried again',
  )
}

/** Gives the run back as if it had not been taken. */
export const endReleased = async (c: RunContext): Promise<void> => {
  await write(c, (subject) => release(subject, c.run))
  emit(c, 'released', {})
  c.log.info({ reason: c.stop.reason }, 'run released')
}

/** Another worker has the run, or the store cannot be reached: nothing can be written, the lease ends by itself. */
export const endLost = (c: RunContext, thrown: unknown): void => {
  const fault = asFault(thrown)
  emit(c, 'released', { code: fault.code })
  c.log.warn(faultFields(fault), 'the end of the run could not be written')
}

const write = (
  c: RunContext,
  f: (subject: Subject) => Subject,
  more: ChangeOptions = {},
): Promise<Subject | null> =>
  retry(
    c.clock,
    {
      attempts: WRITE_ATTEMPTS,
      baseMs: WRITE_BASE_MS,
      capMs: WRITE_CAP_MS,
      when: (thrown) => asFault(thrown).code === 'jobs.store_unavailable',
    },
    () => announceChange(c, c.key, f, more),
  )

const emit = (c: RunContext, kind: Activity['kind'], more: Pick<Activity, 'summary' | 'code'>): void => {
  const at = c.clock.now()
  c.feed.emit({ at, key: c.key, run: c.run.id, kind, ms: at - c.claimedAt, ...more })
}

const record = (
  c: RunContext,
  endedAt: number,
  end: { outcome: RunRecord['outcome']; fault: Fault | null; summary: JsonObject },
): RunRecord => ({
  id: c.run.id,
  key: c.key,
  covers: c.run.covers,
  forced: c.run.forced,
  causes: c.run.causes,
  startedAt: c.run.startedAt,
  endedAt,
  attempt: c.run.attempt,
  outcome: end.outcome,
  code: end.fault?.code ?? null,
  detail: end.fault?.detail ?? null,
  summary: end.summary,
  version: c.version,
  owner: c.owner,
  role: c.role,
})
