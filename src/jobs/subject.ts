import { Fault } from '../base/fault.ts'
import type { Json } from '../base/json.ts'
import type { Cause, Key, Run, Subject, Topic, Touch } from './ports.ts'

/** Runs kept that a run took the place of. */
const MAX_REPLACED = 8

/** Causes kept for the generations of a subject, and for a run. */
export const MAX_CAUSES = 8

/** A subject touched by what it watches runs at most this often, counted from the end of its last run. */
export const WATCH_THROTTLE_MS = 1000

/** A subject that nobody has asked anything of yet. */
export const newSubject = <S extends Json>(key: Key, state: S): Subject<S> => ({
  key,
  wanted: 0,
  pressed: 0,
  done: 0,
  dueAt: null,
  run: null,
  fence: 0,
  causes: [],
  finishedAt: null,
  state,
})

/**
 * Asks for one more generation. During a run it waits for the run's end, during a back-off for the end of the back-off.
 * `notBefore` (ms) throttles: it never delays work that was already wanted earlier.
 */
export const touch = <S extends Json>(
  subject: Subject<S>,
  cause: Cause,
  { notBefore = null }: { notBefore?: number | null } = {},
): Subject<S> => ({
  ...subject,
  wanted: subject.wanted + 1,
  causes: withCauses(subject.causes, [cause]),
  dueAt: dueAfterTouch(subject, notBefore),
})

/** Asks for one more generation because a person did: forced, and at once, whatever back-off or throttle there was. */
export const press = <S extends Json>(subject: Subject<S>, cause: Cause): Subject<S> => ({
  ...subject,
  wanted: subject.wanted + 1,
  pressed: subject.wanted + 1,
  causes: withCauses(subject.causes, [cause]),
  dueAt: null,
})

/** The throttled touch that a change of `topic` means for a subject that watches it. */
export const touchWatcher = <S extends Json>(subject: Subject<S>, topic: Topic, at: number): Subject<S> =>
  touch(
    subject,
    { delivery: `watch:${topic}`, type: 'watch', at, by: null },
    // A clock that was set back since must not make it wait until that time comes again.
    { notBefore: subject.finishedAt === null ? null : Math.min(subject.finishedAt, at) + WATCH_THROTTLE_MS },
  )

/** Who takes the work, when (ms since the epoch), and for how long. */
export type Claim = {
  readonly now: number
  readonly owner: string
  readonly leaseMs: number
  /** Used when a fresh run begins; a resumed run keeps its own. */
  readonly newRunId: string
}

/**
 * Takes the subject's open work, or returns null when there is nothing to take now. A run that crashed, was released or
 * postponed goes on under its own id, so that its journal counts, unless something newer was asked for in between: then
 * a fresh run covers everything wanted, with the causes of both.
 */
export const claim = <S extends Json>(subject: Subject<S>, by: Claim): Subject<S> | null => {
  if (!isDue(subject, by.now)) return null
  const fence = subject.fence + 1
  const held = { fence, owner: by.owner, leaseUntil: by.now + by.leaseMs }
  const before = subject.run
  const run: Run =
    before && before.covers === subject.wanted
      ? { ...before, ...held }
      : {
          ...held,
          id: by.newRunId,
          covers: subject.wanted,
          forced: subject.pressed > subject.done,
          attempt: 0,
          renewals: 0,
          startedAt: by.now,
          causes: withCauses(before?.causes ?? [], subject.causes),
          ...(before ? { replaces: replacedBy(before) } : {}),
        }
  return { ...subject, fence, run, causes: [], dueAt: null }
}

/** Moves the end of the lease. Throws `jobs.fenced`. */
export const renewLease = <S extends Json>(
  subject: Subject<S>,
  run: Run,
  lease: { now: number; leaseMs: number },
): Subject<S> => ({ ...subject, run: { ...heldRun(subject, run), leaseUntil: lease.now + lease.leaseMs } })

/** Writes into the state on behalf of a run. Throws `jobs.fenced`. */
export const writeState = <S extends Json>(
  subject: Subject<S>,
  run: Run,
  change: (state: S) => S,
): Subject<S> => {
  heldRun(subject, run)
  return { ...subject, state: change(subject.state) }
}

/** Ends a run that did its work: what it covers is done, what was asked for meanwhile is open. Throws `jobs.fenced`. */
export const finish = <S extends Json>(
  subject: Subject<S>,
  run: Run,
  end: { now: number; state: S },
): Subject<S> => {
  const { covers } = heldRun(subject, run)
  const throttled = subject.wanted > covers && subject.dueAt !== null
  return {
    ...subject,
    done: covers,
    run: null,
    finishedAt: end.now,
    dueAt: throttled ? Math.max(subject.dueAt ?? 0, end.now + WATCH_THROTTLE_MS) : null,
    state: end.state,
  }
}

/**
 * Ends a run that cannot do its work: it counts as done, so that nobody tries it again by itself; the reason is in its
 * run record and in the state. Throws `jobs.fenced`.
 */
export const bury = <S extends Json>(
  subject: Subject<S>,
  run: Run,
  end: { now: number; state: S },
): Subject<S> => finish(subject, run, end)

/** Gives a run back (drain, abort): claimable at once, no attempt counted. Throws `jobs.fenced`. */
export const release = <S extends Json>(subject: Subject<S>, run: Run): Subject<S> => ({
  ...subject,
  run: { ...heldRun(subject, run), owner: null, leaseUntil: null },
  dueAt: null,
})

/** Gives back a run whose lease has ended, as it would have been released; null for every other subject. */
export const giveBack = <S extends Json>(subject: Subject<S>, now: number): Subject<S> | null =>
  subject.run?.owner != null && (subject.run.leaseUntil ?? 0) <= now ? release(subject, subject.run) : null

/**
 * Backs off until `dueAt`. A press that came during the run is not delayed. `counts: false` is for waiting on
 * configuration, which burns no attempt. Throws `jobs.fenced`.
 */
export const postpone = <S extends Json>(
  subject: Subject<S>,
  run: Run,
  to: { dueAt: number; state: S; counts?: boolean },
): Subject<S> => {
  const held = heldRun(subject, run)
  const attempt = held.attempt + (to.counts === false ? 0 : 1)
  return {
    ...subject,
    run: { ...held, attempt, owner: null, leaseUntil: null },
    dueAt: subject.pressed > held.covers ? null : to.dueAt,
    state: to.state,
  }
}

/** Backs off for a new export: as `postpone`, and the steps of the old export no longer count. Throws `jobs.fenced`. */
export const renewExport = <S extends Json>(
  subject: Subject<S>,
  run: Run,
  to: { dueAt: number; state: S },
): Subject<S> => {
  const later = postpone(subject, run, to)
  return { ...later, run: later.run && { ...later.run, renewals: later.run.renewals + 1 } }
}

/** True when `run` holds the lease on the record it was claimed from. */
export const isHeldBy = (current: Run | null, run: Run): boolean =>
  current !== null && current.id === run.id && current.fence === run.fence && current.owner !== null

/** When open work can be claimed: 0 at once, null when there is none. A held run can be claimed when its lease ends. */
export const readyAt = (subject: Subject): number | null => {
  if (subject.wanted <= subject.done) return null
  if (subject.run?.owner != null) return subject.run.leaseUntil ?? 0
  return subject.dueAt ?? 0
}

/** True when a worker may claim the subject now. */
export const isDue = (subject: Subject, now: number): boolean => {
  const at = readyAt(subject)
  return at !== null && at <= now
}

export type Status = 'idle' | 'queued' | 'running' | 'retrying'

/** What people are told. `retrying`: a failed run waits; a run whose worker vanished is `queued`. */
export const statusOf = (subject: Subject, now: number): Status => {
  const { run } = subject
  if (run?.owner != null && (run.leaseUntil ?? 0) > now) return 'running'
  if (subject.wanted <= subject.done) return 'idle'
  return run !== null && run.owner === null && subject.dueAt !== null ? 'retrying' : 'queued'
}

/** A touch of a subject whose state has a type of its own, as the stores take it: they do not look into states. */
export const touchOf = <S extends Json>(touch: Touch<S>): Touch => touch as unknown as Touch

const heldRun = (subject: Subject, run: Run): Run => {
  if (!subject.run || !isHeldBy(subject.run, run)) {
    throw new Fault('jobs.fenced', {
      key: subject.key,
      run: run.id,
      fence: run.fence,
      current: subject.fence,
    })
  }
  return subject.run
}

const dueAfterTouch = (subject: Subject, notBefore: number | null): number | null => {
  const { run, dueAt } = subject
  if (run !== null && run.owner === null) return dueAt
  const waiting = subject.wanted > (run?.covers ?? subject.done)
  if (notBefore === null || (waiting && dueAt === null)) return null
  return waiting && dueAt !== null ? Math.min(dueAt, notBefore) : notBefore
}

const replacedBy = ({ id, renewals, replaces = [] }: Run): NonNullable<Run['replaces']> =>
  [...replaces, { id, renewals }].slice(-MAX_REPLACED)

/** A cause that repeats (a watch, a second retry of the same run) takes the place of the earlier one. */
const withCauses = (before: readonly Cause[], more: readonly Cause[]): Cause[] => {
  const repeated = (cause: Cause) => more.some((m) => m.delivery === cause.delivery && m.type === cause.type)
  return [...before.filter((cause) => !repeated(cause)), ...more].slice(-MAX_CAUSES)
}
