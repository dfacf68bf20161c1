import { asFault, Fault } from '../base/fault.ts'
import { faultFields } from '../base/log.ts'
import { asleep } from '../jobs/asleep.ts'
import type { Job, Subject, Touch } from '../jobs/ports.ts'
import { type EntryState, NEW_ENTRY } from '../packaging/entry-state.ts'
import type { CanvasPorts } from './canvas-ports.ts'
import type { CanvasState } from './canvas-state.ts'
import { endSessionLater } from './draw-again.ts'
import { workOn } from './load-screen.ts'
import { takeStep } from './session-calls.ts'
import { type EntryWork, nextStep, type SessionStep } from './session-plan.ts'
import type { CanvasSession } from './session-state.ts'
import { createSessionTrouble } from './session-trouble.ts'

/** A click that comes meanwhile waits no longer than this for the banner of the draw before. */
const SESSION_WITHIN_MS = 4_000

/** What is to be recorded with the canvas when its run ends. */
export type SessionShown = { readonly session: CanvasSession | null; readonly touches: readonly Touch[] }

/** `detached`: the banner was taken away with the blocks; `removed`: Benchling does not know the canvas any more. */
export type ShowSession = (
  canvasId: string,
  job: Job<CanvasState>,
  drawn: { readonly detached: boolean; readonly removed: boolean },
) => Promise<SessionShown>

/**
 * Brings the banner of a canvas in line with the record of its entry: at most five or six calls for a run and canvas
 * (created, attached, one a phase, ended), of the 300 in 30 s that the app has for everything; none for a run that finds
 * nothing new. What goes wrong is logged and waits: no session is worth a canvas. Only aborts and a lost lease are thrown.
 */
export const createShowSession = (ports: CanvasPorts): ShowSession => {
  const trouble = createSessionTrouble(ports.clock)
  return async (canvasId, job, { detached, removed }) => {
    const { entryId, appId, session: before = null } = job.state
    let session = before && detached ? { ...before, attached: false } : before
    if (entryId === null || (session === null && appId === null)) return { session, touches: [] }
    let undone: SessionStep | null = null
    const bringInLine = async (signal: AbortSignal): Promise<void> => {
      const work = await readWork(entryId, ports)
      const keep = (kept: CanvasSession) => {
        session = kept
      }
      const { displayId } = work.entry
      const calls = { ports, trouble, canvasId, job, displayId, signal, keep }
      for (;;) {
        const mayCreate = appId !== null && !trouble.refused()
        undone = nextStep(session, work, { mayCreate, removed })
        if (undone === null || trouble.paused()) return
        await takeStep(undone, session, calls)
      }
    }
    try {
      await within(SESSION_WITHIN_MS, job, ports, bringInLine)
    } catch (thrown) {
      const fault = asFault(thrown)
      if (job.signal.aborted || fault.code === 'jobs.fenced') throw thrown
      trouble.pause()
      job.log.warn(faultFields(fault), 'the session of the canvas waits')
    }
    return { session, touches: laterTouches(undone, session, job, ports) }
  }
}

const laterTouches = (
  undone: SessionStep | null,
  session: CanvasSession | null,
  job: Job<CanvasState>,
  { clock }: CanvasPorts,
): Touch[] =>
  session !== null && (undone?.do === 'end' || undone?.do === 'detach')
    ? [endSessionLater(job, session, clock.now())]
    : []

/** Read after the blocks were drawn: the banner may know more than they do, never less. */
const readWork = async (entryId: string, { subjects, clock }: CanvasPorts): Promise<EntryWork> => {
  const subject = (await subjects.get(`entry:${entryId}`)) as Subject<EntryState> | null
  const status = workOn(subject, clock.now())
  return {
    entry: subject?.state ?? NEW_ENTRY,
    status,
    run: status === 'idle' ? null : (subject?.run ?? null),
  }
}

const within = async (
  ms: number,
  { signal }: Job<CanvasState>,
  { clock }: CanvasPorts,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> => {
  const over = new AbortController()
  const late = new AbortController()
  void asleep(clock, ms, over.signal).then((due) => {
    if (due) late.abort(new Fault('benchling.timeout', { reason: 'session' }))
  })
  try {
    await work(AbortSignal.any([signal, late.signal]))
  } catch (thrown) {
    throw late.signal.aborted && !signal.aborted ? late.signal.reason : thrown
  } finally {
    over.abort()
  }
}
