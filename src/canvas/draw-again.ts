import type { Job, Touch } from '../jobs/ports.ts'
import { touch, touchOf } from '../jobs/subject.ts'
import { type CanvasState, NEW_CANVAS } from './canvas-state.ts'
import type { CanvasSession } from './session-state.ts'
import { SESSIONS_PAUSE_MS } from './session-trouble.ts'

type Canvas = Pick<Job<CanvasState>, 'key'>

/** The touch by which a canvas is looked at again at a time (ms), although nothing may tell it to: what it says may pass. */
export const lookAgain = (canvas: Canvas, at: number): Touch =>
  drawAgain(canvas, { delivery: 'search:linked', type: 'search' }, at)

/**
 * The touch by which a canvas is drawn again to end its session, whose work is over, or to take it away: nothing else may
 * ask for it any more.
 * Looks are as far apart as the session is old, so that a dozen of them last until Benchling itself ends it.
 */
export const endSessionLater = (canvas: Canvas, session: CanvasSession, now: number): Touch =>
  drawAgain(
    canvas,
    { delivery: `session:${session.id}`, type: 'session' },
    now + Math.max(SESSIONS_PAUSE_MS, now - session.at),
  )

const drawAgain = (
  { key }: Canvas,
  cause: { readonly delivery: string; readonly type: string },
  at: number,
): Touch =>
  touchOf<CanvasState>({
    key,
    initial: NEW_CANVAS,
    change: (subject) => touch(subject, { ...cause, at, by: null }, { notBefore: at }),
  })
