import type { Job, Touch } from '../jobs/ports.ts'
import { touch, touchOf } from '../jobs/subject.ts'
import { type CanvasState, NEW_CANVAS } from './canvas-state.ts'
import type { CanvasSession } from './session-state.ts'
import { SESSIONS_PAUSE_MS } from './session-trouble.ts'

/**
 * The touch by which a canvas is drawn again to end its session, whose work is over, or to take it away: nothing else may
 * ask for it any more.
 * Looks are as far apart as the session is old, so that a dozen of them last until Benchling itself ends it.
 */
export const endSessionLater = (
  { key }: Pick<Job<CanvasState>, 'key'>,
  session: CanvasSession,
  now: number,
): Touch => {
  const at = now + Math.max(SESSIONS_PAUSE_MS, now - session.at)
  return touchOf<CanvasState>({
    key,
    initial: NEW_CANVAS,
    change: (subject) =>
      touch(subject, { delivery: `session:${session.id}`, type: 'session', at, by: null }, { notBefore: at }),
  })
}
