import type { Cause, Job, Subject, Touch } from '../jobs/ports.ts'
import { press, touch } from '../jobs/subject.ts'
import { NEW_ENTRY } from '../packaging/entry-state.ts'
import type { CanvasState } from './canvas-state.ts'

/**
 * What was asked for before the entry was known, for the run's last transaction: a touch for the insertion, then a press
 * for each Update, so that the entry's run has every delivery among its causes.
 */
export const pendingTouches = (entryId: string, job: Job<CanvasState>): Touch[] => {
  const { pendingUpdates, pendingInsert } = job.state
  const causeOf = (delivery: string, type: string): Cause =>
    job.run.causes.find((cause) => cause.delivery === delivery) ?? {
      delivery,
      type,
      at: job.run.startedAt,
      by: null,
    }
  const asking = (change: (subject: Subject) => Subject): Touch => ({
    key: `entry:${entryId}`,
    initial: NEW_ENTRY,
    change,
  })
  const inserted = pendingInsert === null ? [] : [causeOf(pendingInsert, 'v2.canvas.created')]
  const pressed = pendingUpdates.map((delivery) => causeOf(delivery, 'v2.canvas.userInteracted'))
  return [
    ...inserted.map((cause) => asking((subject) => touch(subject, cause))),
    ...pressed.map((cause) => asking((subject) => press(subject, cause))),
  ]
}
