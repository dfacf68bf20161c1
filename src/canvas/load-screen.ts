import { asFault, type Fault, isAbort } from '../base/fault.ts'
import { faultFields } from '../base/log.ts'
import type { Job, Subject, Topic } from '../jobs/ports.ts'
import { statusOf } from '../jobs/subject.ts'
import { type EntryState, NEW_ENTRY } from '../packaging/entry-state.ts'
import { onlyLooksAfter } from '../packaging/hand-over.ts'
import type { Block } from './blocks.ts'
import { isEntryId } from './buttons.ts'
import type { CanvasPorts } from './canvas-ports.ts'
import type { CanvasState } from './canvas-state.ts'
import type { LinkedNow } from './linked-packages.ts'
import { packageScreen } from './screens/package.ts'
import { placeScreen } from './screens/place.ts'
import { troubleScreen } from './screens/trouble.ts'
import { linkedTopics, watchLinked } from './watch-linked.ts'

/** What to draw. `status` is for the run's summary: the work on the entry, `place`, or the code of the trouble. */
export type Screen = {
  readonly blocks: Block[]
  readonly status: string
  /** The entry the canvas sits in; null where there is none, or where trouble hid it. */
  readonly entryId: string | null
  /** Why this is the trouble screen; null for every other screen. */
  readonly trouble: Fault | null
  /** The linked packages on it; null where the screen has none. */
  readonly linked?: LinkedNow | null
}

/**
 * Loads and renders the screen of a canvas. What goes wrong on the way is shown on the trouble screen; only what heals
 * by itself (class `again`, except `internal`) and aborts are thrown, to be tried again.
 */
export const loadScreen = async (
  canvasId: string,
  job: Job<CanvasState>,
  ports: CanvasPorts,
): Promise<Screen> => {
  let { entryId } = job.state
  try {
    entryId ??= await entryOf(canvasId, job, ports)
    if (entryId === null) {
      const blocks = placeScreen({ notice: job.state.notice, footer: ports.footer })
      return { blocks, status: 'place', entryId, trouble: null }
    }
    // Watched before it is read, so that no change is missed in between.
    await ports.subjects.watch(job.key, [`entry:${entryId}` satisfies Topic])
    return await entryScreen(entryId, job, ports)
  } catch (thrown) {
    const trouble = lasting(thrown, job)
    return { blocks: troubleScreen(trouble, ports.footer), status: trouble.code, entryId, trouble }
  }
}

/** The entry a canvas sits in, learnt from Benchling where no delivery told it; null in runs and on homepages. */
const entryOf = async (
  canvasId: string,
  job: Job<CanvasState>,
  ports: CanvasPorts,
): Promise<string | null> => {
  const { resourceId } = await ports.benchling.canvas(canvasId, job.signal)
  return resourceId !== null && isEntryId(resourceId) ? resourceId : null
}

const entryScreen = async (entryId: string, job: Job<CanvasState>, ports: CanvasPorts): Promise<Screen> => {
  const subject = (await ports.subjects.get(`entry:${entryId}`)) as Subject<EntryState> | null
  const asked = job.state.pendingUpdates.length > 0 || job.state.pendingInsert !== null
  const rests = subject === null || onlyLooksAfter(subject)
  const status = rests ? 'idle' : statusOf(subject, ports.clock.now())
  const entry = subject?.state ?? NEW_ENTRY
  const linked = linkedNow(entryId, entry, ports)
  await watchLinked(linkedTopics(linked), job, ports)
  const blocks = packageScreen({
    entry,
    status: status === 'idle' && asked ? 'queued' : status,
    links: ports.links,
    notice: job.state.notice,
    footer: ports.footer,
    linked,
    bucketless: ports.bucketless ?? false,
  })
  return { blocks, status, entryId, trouble: null, linked }
}

/** What is known now: drawing never waits for a search. */
const linkedNow = (id: string, { displayId, packageName }: EntryState, { linked }: CanvasPorts) =>
  linked && displayId ? linked.of({ id, displayId, packageName }) : null

const lasting = (thrown: unknown, job: Job<CanvasState>): Fault => {
  if (isAbort(thrown, job.signal)) throw thrown
  const fault = asFault(thrown)
  if (fault.entry.class === 'again' && fault.code !== 'internal') throw fault
  job.log[fault.code === 'internal' ? 'error' : 'warn'](faultFields(fault), 'the screen could not be loaded')
  return fault
}
