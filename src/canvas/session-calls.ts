import { asFault, Fault } from '../base/fault.ts'
import { faultFields } from '../base/log.ts'
import type { SessionMessage } from '../benchling/ports.ts'
import type { Job } from '../jobs/ports.ts'
import type { CanvasPorts } from './canvas-ports.ts'
import type { CanvasState } from './canvas-state.ts'
import { sessionTitle } from './session-lines.ts'
import type { SessionStep } from './session-plan.ts'
import { type CanvasSession, LOST, type SessionLine } from './session-state.ts'
import { isRefusal, type SessionTrouble } from './session-trouble.ts'

/**
 * Benchling itself ends a session after this, should we never: longer than a run that fails is tried again by itself,
 * which is about a day. (Its time-out ends what a crash left behind.)
 */
export const SESSION_LIFE_SECONDS = 26 * 3600

/** What one step of a session is done with. `keep` is told of the session as it is after each call that was answered. */
export type SessionCalls = {
  readonly ports: Pick<CanvasPorts, 'benchling' | 'subjects' | 'clock'>
  readonly trouble: SessionTrouble
  readonly canvasId: string
  readonly job: Job<CanvasState>
  readonly displayId: string | null
  readonly signal: AbortSignal
  readonly keep: (session: CanvasSession) => void
}

/** Does one step. A refusal ends the session for us, or the wish for one, or to see it; everything else is thrown. */
export const takeStep = async (
  step: SessionStep,
  session: CanvasSession | null,
  c: SessionCalls,
): Promise<void> => {
  if (step.do === 'create') return create(step, c)
  if (session !== null) await change(step, session, c)
}

const create = async (
  { about, line }: Extract<SessionStep, { do: 'create' }>,
  c: SessionCalls,
): Promise<void> => {
  const { ports, trouble, job } = c
  const { appId } = job.state
  if (appId === null) return
  const session = {
    appId,
    name: sessionTitle(c.displayId),
    timeoutSeconds: SESSION_LIFE_SECONDS,
    messages: messagesOf([line]),
  }
  const at = ports.clock.now()
  const made = await unlessRefused(c, () => ports.benchling.createSession(session, c.signal))
  if (made === 'refused') return trouble.refuse()
  const kept: CanvasSession = { id: made.id, about, at, lines: [line], attached: false, ended: null }
  c.keep(kept)
  // Attached only when it is surely in the record: a banner that nobody knows of would say RUNNING for a day.
  await job.progress((state) => ({ ...state, session: kept }), { now: true })
  const record = await ports.subjects.get(job.key)
  if ((record?.state as CanvasState | undefined)?.session?.id !== made.id)
    throw new Fault('jobs.store_unavailable', { session: made.id })
}

const change = async (
  step: Exclude<SessionStep, { do: 'create' }>,
  session: CanvasSession,
  c: SessionCalls,
): Promise<void> => {
  const { benchling } = c.ports
  const clickedAt = c.job.state.clickedAt ?? 0
  const lost: CanvasSession = { ...session, lines: [], ended: { as: LOST, clickedAt } }
  const put = (patch: Parameters<typeof benchling.updateSession>[1]) =>
    unlessRefused(c, () => benchling.updateSession(session.id, patch, c.signal))
  const show = (sessionId: string | null) => benchling.updateCanvas(c.canvasId, { sessionId }, c.signal)

  switch (step.do) {
    case 'tell': {
      const lines = step.line ? [...session.lines, step.line] : session.lines
      const refused = step.line !== null && (await put({ messages: messagesOf(lines) })) === 'refused'
      return c.keep(refused ? lost : { ...session, about: step.about, lines })
    }
    case 'end': {
      const { status, key, lines } = step.outcome
      const messages = messagesOf([...session.lines, ...lines])
      const refused = (await put({ messages, status })) === 'refused'
      return c.keep(refused ? lost : { ...session, lines: [], ended: { as: key, clickedAt } })
    }
    case 'attach':
      // Refused: it is not tried again, and the session is only in the list of the app's activity.
      if ((await unlessRefused(c, () => show(session.id))) === 'refused') c.trouble.refuse()
      return c.keep({ ...session, attached: true })
    case 'detach':
      // Tried again though refused: what stands there is not true.
      await show(null)
      return c.keep({ ...session, attached: false })
  }
}

const messagesOf = (lines: readonly SessionLine[]): SessionMessage[] =>
  lines.map(({ content, style }) => ({ content, style }))

const unlessRefused = async <T>({ job }: SessionCalls, call: () => Promise<T>): Promise<T | 'refused'> => {
  try {
    return await call()
  } catch (thrown) {
    const fault = asFault(thrown)
    if (job.signal.aborted || !isRefusal(fault)) throw thrown
    job.log.warn(faultFields(fault), 'Benchling refused a change of the canvas’ session')
    return 'refused'
  }
}
