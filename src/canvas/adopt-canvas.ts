import type { Clock } from '../base/clock.ts'
import type { Cause, Subject, Touch } from '../jobs/ports.ts'
import { touch, touchOf } from '../jobs/subject.ts'
import { type CanvasState, NEW_CANVAS } from './canvas-state.ts'

/**
 * How a canvas that only the metadata of an older package knows becomes ours: it sits in this entry, watches it, and is
 * drawn. A canvas whose entry we know already stays where it is.
 */
export const createAdoptCanvas =
  (clock: Clock) =>
  (canvasId: string, entryId: string): Touch => {
    const cause: Cause = { delivery: `adopt:${canvasId}`, type: 'adopt', at: clock.now(), by: null }
    const adopt = (subject: Subject<CanvasState>): Subject<CanvasState> =>
      subject.state.entryId === null
        ? touch({ ...subject, state: { ...subject.state, entryId } }, cause)
        : subject
    return touchOf<CanvasState>({
      key: `canvas:${canvasId}`,
      initial: NEW_CANVAS,
      change: adopt,
      watch: [`entry:${entryId}`],
    })
  }
