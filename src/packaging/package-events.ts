import type { Clock } from '../base/clock.ts'
import { asFault, Fault } from '../base/fault.ts'
import type { Logger } from '../base/log.ts'
import { type Metrics, NO_METRICS } from '../base/metrics.ts'
import { retry } from '../base/retry.ts'
import type { Key, Subject, Subjects, Touch } from '../jobs/ports.ts'
import { touchOf } from '../jobs/subject.ts'
import type { Registry, Revision } from '../registry/ports.ts'
import { type EntryState, NEW_ENTRY } from './entry-state.ts'
import { afterEvent, isNewsTo, type News } from './event-news.ts'
import { olderCanvas } from './older-canvas.ts'
import { type PackageEvent, readPackageEvent } from './package-event.ts'
import { ownerTopic, packageTopic } from './package-topics.ts'
import type { AdoptCanvas } from './ports.ts'

/** A manifest is written before the event; one that is not there after about two seconds was removed. */
const MANIFEST_TRIES = 3
const MANIFEST_BASE_MS = 500
const MANIFEST_CAP_MS = 2_000
/** A record that changes under our hands is looked at again; runs write it often, but not that often. */
const RECORD_TRIES = 5

const ENTRY_ID = /^etr_[A-Za-z0-9]{1,64}$/

/** Why an event had no effect. `missing`: its manifest cannot be read; `known`: it was told before; `stale`: it is over. */
export type DroppedReason = 'not-understood' | 'foreign' | 'known' | 'stale' | 'missing'

export type EventOutcome =
  | { readonly outcome: 'applied'; readonly reason: 'entry' | 'adopted' | 'watched' }
  | { readonly outcome: 'dropped'; readonly reason: DroppedReason }

type EventRegistry = Pick<Registry, 'revision' | 'revisions' | 'open'>

export type PackageEventsOptions = {
  readonly subjects: Subjects
  /** Null where this service makes no packages. */
  readonly registry: EventRegistry | null
  readonly adoptCanvas: AdoptCanvas
  readonly clock: Clock
  readonly log: Logger
  /** Where this service makes packages, asked at every event; null where it makes none. */
  readonly place: () => { readonly bucket: string; readonly prefix: string } | null
  readonly metrics?: Metrics
  /** Told which records have work now, so that nobody waits for the sweep. */
  readonly onTouched?: (keys: readonly Key[]) => void
}

type WithRegistry = PackageEventsOptions & { readonly registry: EventRegistry }

export type PackageEvents = {
  /**
   * Takes one event of a Quilt stack: the entry whose package it is shows that very revision, and whatever watches the
   * package or the entry is drawn anew, in one transaction. May be called again with the same event. Throws only what may
   * pass (`store.*`, `jobs.store_unavailable`), so that it is delivered again.
   */
  handle(body: string, signal?: AbortSignal): Promise<EventOutcome>
}

export const createPackageEvents = (its: PackageEventsOptions): PackageEvents => {
  const { log, metrics = NO_METRICS } = its
  return {
    async handle(body, signal = new AbortController().signal) {
      const event = readPackageEvent(body)
      const ended: EventOutcome = event
        ? await apply(event, its, signal).catch(dropUnreadable)
        : { outcome: 'dropped', reason: 'not-understood' }
      metrics.count('package_events', 1, ended)
      const facts = event ? { package: event.name, bucket: event.bucket, topHash: event.topHash } : {}
      log.info({ ...facts, ...ended }, 'package event')
      return ended
    },
  }
}

const dropped = (reason: DroppedReason): EventOutcome => ({ outcome: 'dropped', reason })

/** What would be the same at every delivery must not come back. */
const dropUnreadable = (thrown: unknown): EventOutcome => {
  const fault = asFault(thrown)
  if (fault.entry.class === 'again' || fault.entry.class === 'operator') throw thrown
  return dropped('missing')
}

const apply = async (
  event: PackageEvent,
  its: PackageEventsOptions,
  signal: AbortSignal,
): Promise<EventOutcome> => {
  const { subjects } = its
  const place = its.place()
  const topic = packageTopic(event.bucket, event.name)
  const inBucket = place?.bucket === event.bucket
  const owners = inBucket ? await subjects.watching(ownerTopic(event.bucket, event.name)) : []
  const isOurs = inBucket && event.name.startsWith(`${place.prefix}/`)
  if (its.registry && (owners.length > 0 || isOurs)) {
    const told = await tellEntry(event, owners, { ...its, registry: its.registry }, signal)
    if (told !== 'nobody') return told
  }
  const touched = await subjects.touch([], [topic])
  its.onTouched?.(touched)
  return touched.length > 0 ? { outcome: 'applied', reason: 'watched' } : dropped('foreign')
}

/** `nobody`: the package belongs to no entry that has a record or a canvas here. */
const tellEntry = async (
  event: PackageEvent,
  owners: readonly Key[],
  its: WithRegistry,
  signal: AbortSignal,
): Promise<EventOutcome | 'nobody'> => {
  const { subjects, registry } = its
  const topic = packageTopic(event.bucket, event.name)
  const known = (await Promise.all(owners.map((key) => subjects.get(key)))).filter((one) => one !== null)
  const early = known.length > 0 ? await verdictOn(event, known as Subject<EntryState>[], its, signal) : null
  if (early) return dropped(early)

  const revision = await manifestOf(event, its, signal)
  const entryId = revision.header.user_meta?.entry_id
  if (typeof entryId !== 'string' || !ENTRY_ID.test(entryId)) return 'nobody'
  const key: Key = `entry:${entryId}`
  for (let attempt = 1; attempt <= RECORD_TRIES; attempt++) {
    const subject = (await subjects.get(key)) as Subject<EntryState> | null
    const state = subject?.state ?? NEW_ENTRY
    if (state.packageName !== null && state.packageName !== event.name) return 'nobody'
    const reason = await verdictOn(event, subject ? [subject] : [], its, signal)
    if (reason) return dropped(reason)
    const canvasId =
      state.adopted === event.name ? null : await olderCanvas(revision, entryId, registry, signal)
    if (!subject && canvasId === null) return 'nobody'

    const news: News = { event, revision, at: its.clock.now() }
    const seen = state.revision?.topHash ?? null
    let written = false
    const telling: Touch = touchOf<EntryState>({
      key,
      initial: NEW_ENTRY,
      change: (now) => {
        written = (now.state.revision?.topHash ?? null) === seen
        return written ? { ...now, state: afterEvent(now.state, news) } : now
      },
      watch: [ownerTopic(event.bucket, event.name)],
    })
    const adopting = canvasId === null ? [] : [its.adoptCanvas(canvasId, entryId)]
    const touched = await subjects.touch([telling, ...adopting], [topic])
    its.onTouched?.(touched)
    if (written) return { outcome: 'applied', reason: canvasId === null ? 'entry' : 'adopted' }
  }
  throw new Fault('jobs.store_unavailable', { key, problem: 'the record changed again and again' })
}

/** Why the event is no news to these records; null when it is to one of them. */
const verdictOn = async (
  event: PackageEvent,
  known: readonly Subject<EntryState>[],
  { registry }: Pick<WithRegistry, 'registry'>,
  signal: AbortSignal,
): Promise<DroppedReason | null> => {
  for (const { state } of known) {
    const verdict = await isNewsTo(state, event, () => registry.revisions(event.name, signal))
    if (verdict !== 'news') return verdict
  }
  return null
}

const manifestOf = (
  { name, topHash }: PackageEvent,
  { registry, clock }: Pick<WithRegistry, 'registry' | 'clock'>,
  signal: AbortSignal,
): Promise<Revision> =>
  retry(
    clock,
    {
      attempts: MANIFEST_TRIES,
      baseMs: MANIFEST_BASE_MS,
      capMs: MANIFEST_CAP_MS,
      signal,
      when: (thrown) => thrown instanceof Fault && thrown.code === 'package.not_found',
    },
    () => registry.revision(name, topHash, signal),
  )
