import type { Clock } from '../base/clock.ts'
import { asFault, type Fault, isAbort } from '../base/fault.ts'
import type { Benchling } from '../benchling/ports.ts'
import type { Cause, Ended, Job, JobKind, Key, Subject, Subjects, Topic, Touch } from '../jobs/ports.ts'
import { press, statusOf } from '../jobs/subject.ts'
import { type EntryState, NEW_ENTRY } from '../packaging/entry-state.ts'
import type { Block } from './blocks.ts'
import type { CanvasState } from './canvas-state.ts'
import type { PackageLinks } from './links.ts'
import { packageScreen } from './screens/package.ts'
import { placeScreen } from './screens/place.ts'
import { troubleScreen } from './screens/trouble.ts'

/** Redrawing is two or three API calls; longer means that Benchling hangs. */
const CANVAS_DEADLINE_MS = 60_000

const ENTRY_ID = /^etr_[A-Za-z0-9]+$/

export type CanvasPorts = {
  readonly benchling: Benchling
  readonly subjects: Subjects
  readonly clock: Clock
  readonly links: PackageLinks
  readonly footer: string
}

/**
 * A canvas is a subject: clicks and progress only touch it, and its run draws what the records say now. Every road
 * ends with `enabled: true`; where Benchling cannot be reached the run fails and is tried again until it can.
 */
export const canvasJob = (ports: CanvasPorts): JobKind<CanvasState> => ({
  deadlineMs: CANVAS_DEADLINE_MS,
  started: (state) => state,
  failed: (state) => state,
  run: (job) => drawCanvas(job, ports),
})

const drawCanvas = async (job: Job<CanvasState>, ports: CanvasPorts): Promise<Ended<CanvasState>> => {
  const canvasId = job.key.slice('canvas:'.length)
  const { entryId, known } = await whereIs(canvasId, job, ports)
  const screen =
    entryId === null ? placeOrTrouble(job.state, known, ports) : await entryScreen(entryId, job, ports)
  await ports.benchling.updateCanvas(canvasId, { blocks: screen.blocks, enabled: true }, job.signal)
  const handled = new Set(job.state.pendingUpdates)
  return {
    change: (state) => ({
      ...state,
      entryId: state.entryId ?? entryId,
      disabled: false,
      notice: state.notice === job.state.notice ? null : state.notice,
      pendingUpdates: state.pendingUpdates.filter((id) => !handled.has(id)),
    }),
    summary: { status: screen.status, canvas: canvasId, entry: entryId },
    touches: entryId === null ? [] : updateTouches(entryId, job),
  }
}

type Screen = { readonly blocks: Block[]; readonly status: string }

/** The entry a canvas sits in, learnt from Benchling where no delivery told it. Its changes are watched before it is read. */
const whereIs = async (
  canvasId: string,
  job: Job<CanvasState>,
  ports: CanvasPorts,
): Promise<{ entryId: string | null; known: Fault | null }> => {
  let entryId = job.state.entryId
  if (entryId === null) {
    try {
      const { resourceId } = await ports.benchling.canvas(canvasId, job.signal)
      entryId = resourceId !== null && ENTRY_ID.test(resourceId) ? resourceId : null
    } catch (thrown) {
      const fault = unreadable(thrown, job.signal)
      return { entryId: null, known: fault }
    }
  }
  if (entryId !== null) await ports.subjects.watch(job.key, [`entry:${entryId}` satisfies Topic])
  return { entryId, known: null }
}

/** A canvas that may be drawn but not read still gets its trouble screen; anything that may heal is thrown, to be retried. */
const unreadable = (thrown: unknown, signal: AbortSignal): Fault => {
  if (isAbort(thrown, signal)) throw thrown
  const fault = asFault(thrown)
  if (fault.entry.class === 'again') throw fault
  return fault
}

const placeOrTrouble = (state: CanvasState, trouble: Fault | null, ports: CanvasPorts): Screen =>
  trouble
    ? { blocks: troubleScreen(trouble, ports.footer), status: trouble.code }
    : { blocks: placeScreen({ notice: state.notice, footer: ports.footer }), status: 'place' }

const entryScreen = async (entryId: string, job: Job<CanvasState>, ports: CanvasPorts): Promise<Screen> => {
  const subject = (await ports.subjects.get(`entry:${entryId}`)) as Subject<EntryState> | null
  const pressed = job.state.pendingUpdates.length > 0
  const status = subject ? statusOf(subject, ports.clock.now()) : 'idle'
  return {
    status,
    blocks: packageScreen({
      entry: subject?.state ?? NEW_ENTRY,
      status: status === 'idle' && pressed ? 'queued' : status,
      known: true,
      links: ports.links,
      notice: job.state.notice,
      footer: ports.footer,
    }),
  }
}

/** Presses on Update that came before the entry was known: each delivery presses it once, in the run's last transaction. */
const updateTouches = (entryId: string, job: Job<CanvasState>): Touch[] => {
  const last = job.state.pendingUpdates.at(-1)
  if (last === undefined) return []
  const cause: Cause = job.run.causes.find((c) => c.delivery === last) ?? {
    delivery: last,
    type: 'v2.canvas.userInteracted',
    at: job.run.startedAt,
    by: null,
  }
  const key: Key = `entry:${entryId}`
  return [{ key, initial: NEW_ENTRY, change: (subject) => press(subject, cause) }]
}
