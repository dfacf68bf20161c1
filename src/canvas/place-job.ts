import { Fault } from '../base/fault.ts'
import type { Benchling } from '../benchling/ports.ts'
import type { Ended, Job, JobKind, Touch } from '../jobs/ports.ts'
import { press } from '../jobs/subject.ts'
import { CANVAS_LEASE_MS } from './canvas-job.ts'
import { NEW_CANVAS } from './canvas-state.ts'
import type { PlaceState } from './place-state.ts'
import { openingScreen } from './screens/opening.ts'

const PLACE_DEADLINE_MS = 60_000

/**
 * Answers `v2.canvas.initialized`: creates the canvas of a run or homepage, once for each place, and hands it to the
 * canvas job. The id is a recorded step, so a crash after the answer creates no second canvas.
 */
export const placeJob = (ports: {
  readonly benchling: Benchling
  readonly footer: string
}): JobKind<PlaceState> => ({
  deadlineMs: PLACE_DEADLINE_MS,
  leaseMs: CANVAS_LEASE_MS,
  endless: true,
  started: (state) => state,
  failed: (state) => state,
  run: (job) => createCanvas(job, ports),
})

/** Benchling has no idempotency key: where it cannot be told whether the canvas was made, another would be one too many. */
const perhapsMade = (thrown: unknown): boolean =>
  thrown instanceof Fault &&
  (thrown.code === 'benchling.unexpected_answer' || thrown.facts.maybeDone === true)

const createCanvas = async (
  job: Job<PlaceState>,
  ports: { readonly benchling: Benchling; readonly footer: string },
): Promise<Ended<PlaceState>> => {
  const { appId, featureId, resourceId } = job.state
  const canvasId =
    job.state.canvasId ??
    (await job.steps.once('create', async () => {
      const blocks = openingScreen(ports.footer)
      const canvas = await ports.benchling
        .createCanvas({ appId, featureId, resourceId, blocks, enabled: true }, job.signal)
        .catch((thrown) => {
          throw perhapsMade(thrown) ? new Fault('canvas.perhaps_made', {}, { cause: thrown }) : thrown
        })
      return canvas.id
    }))
  const cause = job.run.causes.at(-1)
  const touches: Touch[] = cause
    ? [
        {
          key: `canvas:${canvasId}`,
          initial: { ...NEW_CANVAS, appId, featureId, located: true },
          change: (subject) => press(subject, cause),
        },
      ]
    : []
  return {
    change: (state) => ({ ...state, canvasId }),
    summary: { status: 'created', canvas: canvasId },
    touches,
  }
}
