import type { Run } from '../jobs/ports.ts'
import type { EntryState } from '../packaging/entry-state.ts'
import { awaitedHandOver } from './screens/handed-over.ts'
import type { WorkStatus } from './screens/package.ts'
import {
  failed,
  type Outcome,
  overdue,
  packaged,
  phaseLine,
  READ,
  REMOVED,
  retryLine,
  waitingLine,
} from './session-lines.ts'
import { type CanvasSession, LOST, type SessionLine } from './session-state.ts'

/**
 * Lines a session tells of work under way; with the outcome it has Benchling's ten at most. What is more only shows in the
 * blocks: with this, no run costs more than creating and attaching the session, seven further lines, and the end.
 */
export const SESSION_LINES = 8

/** What the record of an entry says about work on it; `run` is null when none is under way, or only a look that is settled. */
export type EntryWork = {
  readonly entry: EntryState
  readonly status: WorkStatus
  readonly run: Pick<Run, 'id' | 'replaces'> | null
}

/** What has to be done next, so that the banner says what the record says; null: nothing. */
export type SessionStep =
  | { readonly do: 'create'; readonly about: string; readonly line: SessionLine }
  | { readonly do: 'tell'; readonly about: string; readonly line: SessionLine | null }
  | { readonly do: 'end'; readonly outcome: Outcome }
  | { readonly do: 'attach' }
  | { readonly do: 'detach' }

/**
 * One session for each run that people notice: further than reading the entry, handed over and waiting, or failed and
 * tried again. It tells each thing once, when the phase changes, and ends with the outcome. A run that takes the place of
 * one, or of what was handed over, goes on with its session. Pure.
 */
export const nextStep = (
  session: CanvasSession | null,
  work: EntryWork,
  canvas: { readonly mayCreate: boolean; readonly removed: boolean },
): SessionStep | null => {
  if (session !== null && session.ended === null) return stepOfOpen(session, work, canvas.removed)
  if (canvas.removed) return null
  const now = underWay(work)
  if (now !== null && canvas.mayCreate && deservesOne(now, session))
    return { do: 'create', about: now.about, line: now.line }
  return session !== null && isOld(session, work) ? { do: 'detach' } : null
}

const stepOfOpen = (session: CanvasSession, work: EntryWork, removed: boolean): SessionStep | null => {
  const outcome = goesOn(work.run, session) ? null : outcomeOf(work, session.at)
  if (outcome !== null || removed) return { do: 'end', outcome: outcome ?? REMOVED }
  if (!session.attached) return { do: 'attach' }
  const now = underWay(work)
  if (now === null) return null
  const told = session.lines.length >= SESSION_LINES || session.lines.some(({ key }) => key === now.line.key)
  if (told && now.about === session.about) return null
  return { do: 'tell', about: now.about, line: told ? null : now.line }
}

/** True while the run that a session tells of, or one that took its place, is not over. */
const goesOn = (run: EntryWork['run'], { about }: CanvasSession): boolean =>
  run !== null && (run.id === about || (run.replaces ?? []).some(({ id }) => id === about))

type UnderWay = {
  readonly about: string
  readonly line: SessionLine
  /** False where a request more would be one too many. */
  readonly deserves: boolean
  /** True after its run has ended in a hand-over. */
  readonly waits: boolean
}

const underWay = ({ entry, status, run }: EntryWork): UnderWay | null => {
  const { progress, failure } = entry
  if (run !== null && status === 'retrying' && failure !== null)
    return {
      about: run.id,
      line: retryLine(run.id, failure),
      // Benchling that does not answer, or asks us to slow down, is not asked for banners too.
      deserves: !failure.code.startsWith('benchling.'),
      waits: false,
    }
  if (run !== null && status === 'running' && progress !== null && progress.phase !== 'reading')
    return { about: run.id, line: phaseLine(run.id, progress), deserves: true, waits: false }
  const waits = awaitedHandOver(entry, status)
  return waits && !waits.overdue
    ? { about: waits.messageId, line: waitingLine(waits), deserves: true, waits: true }
    : null
}

/** What came of the work before `run`, as far as the record tells it; null where that is not over, or not known. */
const outcomeOf = ({ entry, run }: EntryWork, since: number): Outcome | null => {
  const { failure, handedOver, revision } = entry
  // A failure of this very run has taken the place of what was known before.
  if (failure !== null) return failure.run === run?.id ? null : failed(failure)
  if (handedOver !== null) return handedOver.overdue ? overdue(handedOver) : null
  if (revision !== null) return packaged(revision, since)
  return run === null ? READ : null
}

/** One a run: also where it was lost, and where the run has ended in a hand-over since. */
const deservesOne = (now: UnderWay, session: CanvasSession | null): boolean =>
  now.deserves &&
  (session === null || (now.about !== session.about && !(now.waits && session.ended?.as === LOST)))

/** True when an ended session says something else than the record does now, or nothing any more. */
const isOld = (session: CanvasSession, work: EntryWork): boolean => {
  if (!session.attached || session.ended === null) return false
  if (session.ended.as === LOST) return true
  const outcome = outcomeOf(work, session.at)
  return outcome !== null && outcome.key !== session.ended.as
}
