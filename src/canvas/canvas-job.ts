import type { Clock } from '../base/clock.ts'
import { asFault, type Fault, isAbort } from '../base/fault.ts'
import type { Benchling } from '../benchling/ports.ts'
import type { Cause, Ended, Job, JobKind, Key, Subject, Subjects, Topic, Touch } from '../jobs/ports.ts'
import { press, statusOf, touch } from '../jobs/subject.ts'
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
  endless: true,
  started: (state) => state,
  failed: (state) => state,
  run: (job) => drawCanvas(job, ports),
})

const drawCanvas = async (job: Job<CanvasState>, ports: CanvasPorts): Promise<Ended<CanvasState>> => {
  const canvasId = job.key.slice('canvas:'.length)
  const { entryId, known } = await whereIs(canvasId, job, ports)
  const screen =
    entryId === null ? placeOrTrouble(job.state, known, ports) : await entryScreen(entryId, job, ports)
  const shown = await show(canvasId, screen.blocks, job, ports)
  if (!shown && entryId !== null) await ports.subjects.unwatch(job.key, [`entry:${entryId}` satisfies Topic])
  const handled = new Set(job.state.pendingUpdates)
  return {
    change: (state) => ({
      ...state,
      entryId: state.entryId ?? entryId,
      disabled: false,
      notice: state.notice === job.state.notice ? null : state.notice,
      pendingUpdates: state.pendingUpdates.filter((id) => !handled.has(id)),
      pendingInsert: state.pendingInsert === job.state.pendingInsert ? null : state.pendingInsert,
    }),
    summary: { status: shown ? screen.status : 'gone', canvas: canvasId, entry: entryId },
    touches: entryId === null ? [] : pendingTouches(entryId, job),
  }
}

/**
 * False when Benchling does not know the canvas (any more): somebody deleted it, or it stood in one of the samples of the
 * Webhook Testing tab. Nobody can be shown anything then, so it follows its entry no longer, until it is clicked again.
 */
const show = async (
  canvasId: string,
  blocks: Block[],
  job: Job<CanvasState>,
  ports: CanvasPorts,
): Promise<boolean> => {
  try {
    await ports.benchling.updateCanvas(canvasId, { blocks, enabled: true }, job.signal)
    return true
  } catch (thrown) {
    if (asFault(thrown).code === 'benchling.not_found') return false
    throw thrown
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
  const asked = job.state.pendingUpdates.length > 0 || job.state.pendingInsert !== null
  const status = subject ? statusOf(subject, ports.clock.now()) : 'idle'
  return {
    status,
    blocks: packageScreen({
      entry: subject?.state ?? NEW_ENTRY,
      status: status === 'idle' && asked ? 'queued' : status,
      known: true,
      links: ports.links,
      notice: job.state.notice,
      footer: ports.footer,
    }),
  }
}

/** What was asked for before the entry was known, passed on in the run's last transaction: a press, or else a touch. */
const pendingTouches = (entryId: string, job: Job<CanvasState>): Touch[] => {
  const { pendingUpdates, pendingInsert } = job.state
  const pressed = pendingUpdates.at(-1)
  const delivery = pressed ?? pendingInsert
  if (delivery === null) return []
  const cause: Cause = job.run.causes.find((c) => c.delivery === delivery) ?? {
    delivery,
    type: pressed === undefined ? 'v2.canvas.created' : 'v2.canvas.userInteracted',
    at: job.run.startedAt,
    by: null,
  }
  const key: Key = `entry:${entryId}`
  const change = (subject: Subject) => (pressed === undefined ? touch(subject, cause) : press(subject, cause))
  return [{ key, initial: NEW_ENTRY, change }]
}
