import type { Ended, Job, JobKind, Topic } from '../jobs/ports.ts'
import type { CanvasPorts } from './canvas-ports.ts'
import type { CanvasState } from './canvas-state.ts'
import { loadScreen, type Screen } from './load-screen.ts'
import { pendingTouches } from './pending-touches.ts'
import { type Shown, showScreen } from './show-screen.ts'
import { linkedTopics, lookAgainLater, unwatchLinked } from './watch-linked.ts'

/** Redrawing is two or three API calls; longer means that Benchling hangs. */
const CANVAS_DEADLINE_MS = 60_000

/**
 * A canvas is a subject: clicks and progress only touch it, and its run draws what the records say now. Every road
 * ends with `enabled: true`; where Benchling cannot be reached the run fails and is tried again until it can.
 */
export const canvasJob = (ports: CanvasPorts): JobKind<CanvasState> => ({
  deadlineMs: CANVAS_DEADLINE_MS,
  endless: true,
  started: (state) => state,
  failed: (state) => state,
  run: (job) => drawCanvas(job, ports),
})

const drawCanvas = async (job: Job<CanvasState>, ports: CanvasPorts): Promise<Ended<CanvasState>> => {
  const canvasId = job.key.slice('canvas:'.length)
  const screen = await loadScreen(canvasId, job, ports)
  const { entryId } = screen
  const { shown, status } = await showScreen(canvasId, screen, job, ports)
  if (shown === 'nothing' && entryId !== null)
    await ports.subjects.unwatch(job.key, [`entry:${entryId}` satisfies Topic])
  const topics = watchedAfter(shown, screen, job)
  await unwatchLinked(topics, job, ports)
  if (shown === 'screen' && screen.linked?.searching) await lookAgainLater(job, ports)
  // Where trouble hid the entry, what was asked for waits for a run that finds it.
  const answered = entryId !== null || screen.trouble === null
  const handled = new Set(answered ? job.state.pendingUpdates : [])
  return {
    change: (state) => ({
      ...state,
      entryId: state.entryId ?? entryId,
      notice: state.notice === job.state.notice ? null : state.notice,
      linked: topics,
      pendingUpdates: state.pendingUpdates.filter((id) => !handled.has(id)),
      pendingInsert: answered && state.pendingInsert === job.state.pendingInsert ? null : state.pendingInsert,
    }),
    summary: { status, shown, canvas: canvasId, entry: entryId },
    touches: entryId === null ? [] : pendingTouches(entryId, job),
  }
}

/** The trouble screen hides the linked packages only for now. */
const watchedAfter = (
  shown: Shown['shown'],
  { trouble, linked = null }: Screen,
  { state }: Job<CanvasState>,
): readonly Topic[] => {
  if (shown === 'nothing') return []
  return trouble ? (state.linked ?? []) : linkedTopics(linked)
}
