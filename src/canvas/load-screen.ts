import { asFault, type Fault } from '../base/fault.ts'
import { faultFields } from '../base/log.ts'
import type { Job, Subject, Topic } from '../jobs/ports.ts'
import { statusOf } from '../jobs/subject.ts'
import { type EntryState, NEW_ENTRY } from '../packaging/entry-state.ts'
import { onlyLooksAfter } from '../packaging/hand-over.ts'
import type { Block } from './blocks.ts'
import { browseScreen } from './browse/browse.ts'
import type { CanvasPorts } from './canvas-ports.ts'
import type { CanvasState } from './canvas-state.ts'
import { isLocated } from './follow.ts'
import { heals } from './heals.ts'
import type { LinkedNow } from './linked-packages.ts'
import { asSeen, loadHome, withTyped } from './load-home.ts'
import { isBrowsing, type Route } from './route.ts'
import { packageScreen, type WorkStatus } from './screens/package.ts'
import { troubleScreen } from './screens/trouble.ts'
import { linkedTopics, watchLinked } from './watch-linked.ts'

/** What to draw. `status` is for the run's summary: the work on the entry, the screen, or the code of the trouble. */
export type Screen = {
  readonly blocks: Block[]
  readonly status: string
  /** Where the canvas is after all: with pages that there really are. */
  readonly route: Route
  /** Why this is the trouble screen; null for every other screen. */
  readonly trouble: Fault | null
  /** True when the canvas should be drawn again soon, although nothing may tell it to. */
  readonly again: boolean
  /** The linked packages on it; null where the screen has none. */
  readonly linked?: LinkedNow | null
  /** What the canvas watches while it shows this; without it, the linked packages. */
  readonly topics?: readonly Topic[]
  /** True when the canvas shows just this already, and is enabled. */
  readonly same?: boolean
}

/**
 * Loads and renders the screen of a canvas that is located. What goes wrong on the way is shown on the trouble screen,
 * with buttons that work; only aborts are thrown, a records store that does not answer, and what keeps for a moment from
 * reading what somebody typed.
 */
export const loadScreen = async (job: Job<CanvasState>, ports: CanvasPorts): Promise<Screen> => {
  const { entryId } = job.state
  if (entryId === null) return loadPlace(job, ports)
  try {
    // Watched before it is read, so that no change is missed in between.
    await ports.subjects.watch(job.key, [`entry:${entryId}` satisfies Topic])
    return await entryScreen(entryId, job, ports)
  } catch (thrown) {
    return shownTrouble(thrown, job, ports)
  }
}

const loadPlace = async (job: Job<CanvasState>, ports: CanvasPorts): Promise<Screen> => {
  const seen = await asSeen(job, ports)
  const here = { ...job, state: { ...job.state, route: withTyped(job.state.route, seen) } }
  try {
    return await loadHome(seen, here, ports)
  } catch (thrown) {
    return shownTrouble(thrown, here, ports)
  }
}

const shownTrouble = (thrown: unknown, job: Job<CanvasState>, ports: CanvasPorts): Screen => {
  const fault = asFault(thrown)
  if (job.signal.aborted || fault.code.startsWith('jobs.')) throw thrown
  return troubleFor(fault, job, ports)
}

/** The trouble screen for what went wrong on the way to this canvas' route. */
export const troubleFor = (fault: Fault, job: Job<CanvasState>, { footer }: CanvasPorts): Screen => {
  job.log[fault.code === 'internal' ? 'error' : 'warn'](faultFields(fault), 'the screen could not be loaded')
  const { route } = job.state
  const again = heals(fault)
  const blocks = troubleScreen({ fault, footer, browsing: isBrowsing(route), again, home: homeOf(job.state) })
  return { blocks, status: fault.code, route, trouble: fault, again }
}

/** For the trouble screen: a canvas that is known to be outside of entries offers no update. */
export const homeOf = (state: CanvasState): { readonly search: boolean } | undefined =>
  isLocated(state) && state.entryId === null
    ? { search: state.route.screen === 'home' && state.route.search !== null }
    : undefined

/** What is said of work on an entry: to look for a revision that was told of meanwhile is none. */
export const workOn = (subject: Subject<EntryState> | null, now: number): WorkStatus =>
  subject === null || onlyLooksAfter(subject) ? 'idle' : statusOf(subject, now)

const entryScreen = async (entryId: string, job: Job<CanvasState>, ports: CanvasPorts): Promise<Screen> => {
  const subject = await metEntry(entryId, job, ports)
  const asked = job.state.pendingUpdates.length > 0 || job.state.pendingInsert !== null
  const work = workOn(subject, ports.clock.now())
  const status = work === 'idle' && asked ? 'queued' : work
  const state = subject?.state ?? NEW_ENTRY
  const linked = linkedNow(entryId, state, ports)
  await watchLinked(linkedTopics(linked), job, ports)
  const { notice, route } = job.state
  const drawn = { trouble: null, linked, again: linked?.searching ?? false }
  if (isBrowsing(route)) {
    const from = { entry: { state, status }, allowed: linked, notice }
    return { ...(await browseScreen(route, from, ports, job.signal)), ...drawn }
  }
  const blocks = packageScreen({
    entry: state,
    status,
    links: ports.links,
    notice,
    footer: ports.footer,
    linked,
    bucketless: ports.bucketless ?? false,
  })
  return { blocks, status: work, route, ...drawn }
}

/**
 * The record of the entry. When somebody comes to the canvas and nothing is under way, the registry is looked at first, so
 * that the screen is true also where a package was there before any run of ours, or was changed without an event.
 */
const metEntry = async (
  entryId: string,
  job: Job<CanvasState>,
  { subjects, findPackage }: CanvasPorts,
): Promise<Subject<EntryState> | null> => {
  const read = async () => (await subjects.get(`entry:${entryId}`)) as Subject<EntryState> | null
  const subject = await read()
  const state = subject?.state ?? null
  const looks = job.run.causes.some(({ type }) => PEOPLE.has(type))
  const underWay = subject !== null && subject.wanted > subject.done
  const met = state !== null && state.packageName !== null
  // The other screens read what is current anyway.
  if (!findPackage || !looks || underWay || (met && job.state.route.screen !== 'package')) return subject
  try {
    const news = await findPackage(entryId, state, job.signal)
    if (news === null) return subject
    await subjects.touch([news])
    return read()
  } catch (thrown) {
    const fault = asFault(thrown)
    if (!met || job.signal.aborted || fault.code.startsWith('jobs.')) throw thrown
    job.log.warn(
      faultFields(fault),
      'the registry could not be looked at: the canvas shows what the record says',
    )
    return subject
  }
}

/** Causes that mean that somebody looks at the canvas, the search for what could not be found before included. */
const PEOPLE: ReadonlySet<string> = new Set(['v2.canvas.userInteracted', 'v2.canvas.created', 'search'])

/** What is known now: drawing never waits for a search. */
const linkedNow = (id: string, { displayId, packageName }: EntryState, { linked }: CanvasPorts) =>
  linked && displayId ? linked.of({ id, displayId, packageName }) : null
