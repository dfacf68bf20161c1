import type { Run } from '../jobs/ports.ts'
import type { CanvasState } from './canvas-state.ts'

/** So long after somebody pressed a button, a canvas outside of entries follows the packages that it lists. */
export const HOME_FOLLOWS_MS = 10 * 60_000
/** And it is drawn at most so often by itself: each time costs a request, of which the app has few. */
export const HOME_EVERY_MS = 10_000

/**
 * Whether a canvas outside of entries is drawn now. A press always draws. What comes by itself waits (`later`), and after
 * a while it is `over`: canvases of runs that ended long ago would be drawn for ever, each second that anything moves.
 */
export const homePace = (
  { entryId, drawn }: CanvasState,
  { forced }: Pick<Run, 'forced'>,
  now: number,
): 'draw' | 'later' | 'over' => {
  if (entryId !== null || forced) return 'draw'
  if (!drawn || now - drawn.pressed > HOME_FOLLOWS_MS) return 'over'
  return now - drawn.last < HOME_EVERY_MS ? 'later' : 'draw'
}

/** When the canvas was drawn last, and for whom. */
export const drawnNow = (
  { drawn }: CanvasState,
  { forced }: Pick<Run, 'forced'>,
  now: number,
): NonNullable<CanvasState['drawn']> => ({ pressed: forced ? now : (drawn?.pressed ?? 0), last: now })
