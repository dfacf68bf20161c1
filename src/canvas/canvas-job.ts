import { asFault, Fault } from '../base/fault.ts'
import type { Ended, Job, JobKind, Topic } from '../jobs/ports.ts'
import { isEntryId } from './buttons.ts'
import type { CanvasPorts } from './canvas-ports.ts'
import type { CanvasState } from './canvas-state.ts'
import { lookAgain } from './draw-again.ts'
import { followPending, isLocated } from './follow.ts'
import { passes } from './heals.ts'
import { drawnNow, HOME_EVERY_MS, homePace } from './home-pace.ts'
import { loadScreen, type Screen, troubleFor } from './load-screen.ts'
import { pendingTouches } from './pending-touches.ts'
import { type Route, readRouteData, stampOf } from './route.ts'
import { type Shown, showScreen } from './show-screen.ts'
import { createShowSession, type ShowSession } from './show-session.ts'
import { linkedTopics, unwatchLinked } from './watch-linked.ts'

/** Redrawing is two or three API calls; longer means that Benchling hangs. */
const CANVAS_DEADLINE_MS = 60_000
/** A canvas that says "searching" is drawn again after so long, should the process that searches be gone. */
const LOOK_AGAIN_MS = 45_000
/** A click that a crash killed is answered by another process after this and a sweep: well within half a minute. */
export const CANVAS_LEASE_MS = 10_000

/**
 * A canvas is a subject: clicks and progress only touch it, and its run draws what the records say now. Every road
 * ends with `enabled: true`; where Benchling cannot be reached the run fails and is tried again until it can.
 */
export const canvasJob = (ports: CanvasPorts): JobKind<CanvasState> => {
  const showSession = createShowSession(ports)
  return {
    deadlineMs: CANVAS_DEADLINE_MS,
    leaseMs: CANVAS_LEASE_MS,
    endless: true,
    started: (state) => state,
    failed: (state) => state,
    run: (job) => drawCanvas(job, ports, showSession),
  }
}

const drawCanvas = async (
  job: Job<CanvasState>,
  ports: CanvasPorts,
  showSession: ShowSession,
): Promise<Ended<CanvasState>> => {
  const canvasId = job.key.slice('canvas:'.length)
  const located = await locate(canvasId, job, ports)
  if (located === 'gone') return gone(canvasId, job)
  const known = !(located instanceof Fault)
  const here = known ? { ...job, state: located } : job
  const pace = known ? homePace(located, job.run, ports.clock.now()) : 'draw'
  if (pace !== 'draw') return notNow(pace, here, ports)
  const screen = known ? await loadScreen(here, ports) : troubleFor(located, here, ports)
  await rememberRoute(screen.route, here)
  const { entryId } = here.state
  const { shown, status, detached = false } = await showScreen(canvasId, screen, here, ports)
  if (shown === 'nothing' && entryId !== null)
    await ports.subjects.unwatch(job.key, [`entry:${entryId}` satisfies Topic])
  const topics = watchedAfter(shown, screen, here)
  await unwatchLinked(topics, here, ports)
  // After the canvas is enabled: nobody waits for a banner.
  const { session, touches } = await showSession(canvasId, here, { detached, removed: shown === 'nothing' })
  // Where trouble hid the place, what was asked for waits for a run that finds it.
  const handled = new Set(known ? job.state.pendingUpdates : [])
  return {
    change: (state) => ({
      ...state,
      notice: state.notice === here.state.notice ? null : state.notice,
      linked: topics,
      session,
      drawn: drawnNow(state, job.run, ports.clock.now()),
      pendingUpdates: state.pendingUpdates.filter((id) => !handled.has(id)),
      pendingInsert: known && state.pendingInsert === job.state.pendingInsert ? null : state.pendingInsert,
    }),
    summary: { status, shown, canvas: canvasId, entry: entryId },
    touches: [
      ...(entryId === null ? [] : pendingTouches(entryId, job)),
      ...(shown !== 'nothing' && screen.again ? [lookAgain(job, ports.clock.now() + LOOK_AGAIN_MS)] : []),
      ...touches,
    ],
  }
}

/** Nobody pressed anything: what changed is shown a little later, or when somebody presses *Refresh*. */
const notNow = async (
  pace: 'later' | 'over',
  job: Job<CanvasState>,
  ports: CanvasPorts,
): Promise<Ended<CanvasState>> => {
  if (pace === 'over') await unwatchLinked([], job, ports)
  return {
    change: (state) => (pace === 'over' ? { ...state, linked: [] } : state),
    summary: { status: pace, shown: 'nothing', canvas: job.key.slice('canvas:'.length), entry: null },
    touches: pace === 'later' ? [lookAgain(job, (job.state.drawn?.last ?? 0) + HOME_EVERY_MS)] : [],
  }
}

/**
 * Learns from Benchling, once, where the canvas sits where no delivery told it, and the route in its `data`, which may be
 * older than our records. `gone`: Benchling does not know the canvas; a fault: it will not say. Throws what may pass.
 */
const locate = async (
  canvasId: string,
  job: Job<CanvasState>,
  { benchling }: CanvasPorts,
): Promise<CanvasState | 'gone' | Fault> => {
  if (isLocated(job.state)) return followWaiting(job)
  try {
    const { resourceId, data } = await benchling.canvas(canvasId, job.signal)
    const entryId = resourceId !== null && isEntryId(resourceId) ? resourceId : null
    const learn = (state: CanvasState): CanvasState =>
      isLocated(state)
        ? state
        : { ...followPending({ ...state, entryId }, readRouteData(data)), entryId, located: true }
    return await written(learn, job)
  } catch (thrown) {
    const fault = asFault(thrown)
    if (job.signal.aborted || passes(fault) || fault.code.startsWith('jobs.')) throw thrown
    return fault.code === 'benchling.not_found' ? 'gone' : fault
  }
}

/** A press that waits although the place is known: a delivery, or the entry's own run, told it after the press. */
const followWaiting = async (job: Job<CanvasState>): Promise<CanvasState> => {
  if (!job.state.pendingStep) return job.state
  return written((state) => (state.pendingStep ? followPending(state, null) : state), job)
}

/**
 * The state as the record has it from now on, with what was pressed meanwhile. Before anything is drawn: the next press
 * relates to what this draws.
 */
const written = async (
  change: (state: CanvasState) => CanvasState,
  job: Job<CanvasState>,
): Promise<CanvasState> => {
  let after = change(job.state)
  const follow = (state: CanvasState) => {
    after = change(state)
    return after
  }
  await job.progress(follow, { now: true })
  return after
}

const gone = (canvasId: string, { state }: Job<CanvasState>): Ended<CanvasState> => ({
  change: (now) => ({
    ...now,
    notice: now.notice === state.notice ? null : now.notice,
    pendingUpdates: now.pendingUpdates.filter((id) => !state.pendingUpdates.includes(id)),
    pendingInsert: now.pendingInsert === state.pendingInsert ? null : now.pendingInsert,
  }),
  summary: { status: 'gone', shown: 'nothing', canvas: canvasId, entry: null },
})

/** Where drawing found another page than was asked for, the next press relates to that one: it is kept before it shows. */
const rememberRoute = async (route: Route, job: Job<CanvasState>): Promise<void> => {
  const asked = stampOf(job.state.route)
  if (stampOf(route) === asked) return
  await job.progress((state) => (stampOf(state.route) === asked ? { ...state, route } : state), { now: true })
}

/** The trouble screen hides the linked packages only for now. */
const watchedAfter = (
  shown: Shown['shown'],
  { trouble, linked = null, topics }: Screen,
  { state }: Job<CanvasState>,
): readonly Topic[] => {
  if (shown === 'nothing') return []
  return trouble ? (state.linked ?? []) : (topics ?? linkedTopics(linked))
}
