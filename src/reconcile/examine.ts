import { Fault } from '../base/fault.ts'
import type { Entry } from '../benchling/entry.ts'
import type { Cause, Key, Subject } from '../jobs/ports.ts'
import { touch, touchOf } from '../jobs/subject.ts'
import { contentDigest } from '../packaging/content-digest.ts'
import { type EntryState, NEW_ENTRY } from '../packaging/entry-state.ts'
import { newestByBenchling } from '../packaging/found-cause.ts'
import { microseconds } from './instant.ts'
import type { Look } from './look.ts'

/** An entry that may have changed without a run of it. */
export type Candidate = {
  readonly entryId: string
  /** As the list of entries says it; null when an event told. */
  readonly modifiedAt: string | null
  readonly cause: Cause
}

/**
 * What became of a candidate. `known`: a run read it like this; `waiting`: a run will; `unchanged`: only its time moved;
 * `unreadable`: archived, or Benchling does not show it to the app; `touched`: a run was asked for.
 */
export type Finding = 'known' | 'waiting' | 'unchanged' | 'unreadable' | 'touched'

/** Compares an entry with its record and touches it when they differ. What was touched is durable when this resolves. */
export const examine = async (look: Look, candidate: Candidate): Promise<void> =>
  look.count(await findingOf(look, candidate))

const findingOf = async (look: Look, candidate: Candidate): Promise<Finding> => {
  const { subjects } = look.ports
  const key: Key = `entry:${candidate.entryId}`
  const before = (await subjects.get(key)) as EntrySubject | null
  if (before && isKnown(before, candidate)) return 'known'
  if (before && willBeRead(before, look.ports.clock.now())) return 'waiting'

  const entry = await readable(look, candidate.entryId)
  if (!entry) return 'unreadable'
  const seen: Seen = { modifiedAt: entry.modifiedAt, digest: contentDigest(entry), at: candidate.cause.at }
  if (before?.state.seenDigest === seen.digest) {
    // Nobody who watches the entry is told: a canvas that is drawn because of it would move the entry's time again.
    await subjects.change(key, (subject) => withSeen(subject as EntrySubject, seen) as unknown as Subject)
    return 'unchanged'
  }
  const change = (subject: EntrySubject) => touch(withSeen(subject, seen), candidate.cause)
  await subjects.touch([touchOf({ key, initial: NEW_ENTRY, change })])
  return 'touched'
}

type EntrySubject = Subject<EntryState>
type Seen = { readonly modifiedAt: string; readonly digest: string; readonly at: number }

const isKnown = ({ state, causes, run }: EntrySubject, { modifiedAt, cause }: Candidate): boolean =>
  modifiedAt === null
    ? Math.max(state.seenEventAt ?? 0, newestByBenchling([...causes, ...(run?.causes ?? [])])) >= cause.at
    : state.seenModifiedAt !== undefined && microseconds(modifiedAt) <= microseconds(state.seenModifiedAt)

/**
 * True when open work has yet to be claimed: its run begins with reading the entry. One that is put off, to look whether
 * Quilt is done, would come late; a touch does not wait for it, but would for the end of a back-off.
 */
const willBeRead = ({ wanted, done, run, dueAt }: EntrySubject, now: number): boolean => {
  const backsOff = run !== null && run.owner === null
  const putOff = !backsOff && dueAt !== null && dueAt > now
  return wanted > done && !putOff && (run === null || backsOff || wanted > run.covers)
}

const withSeen = (subject: EntrySubject, { modifiedAt, digest, at }: Seen): EntrySubject => {
  const { seenModifiedAt, seenEventAt = 0 } = subject.state
  const newer = seenModifiedAt === undefined || microseconds(modifiedAt) >= microseconds(seenModifiedAt)
  return {
    ...subject,
    state: {
      ...subject.state,
      ...(newer ? { seenModifiedAt: modifiedAt, seenDigest: digest } : {}),
      seenEventAt: Math.max(seenEventAt, at),
    },
  }
}

const NOT_SHOWN: ReadonlySet<string> = new Set(['benchling.not_found', 'benchling.forbidden'])

const readable = async (look: Look, entryId: string): Promise<Entry | null> => {
  try {
    const entry = await look.ask((benchling, signal) => benchling.entry(entryId, signal))
    return entry.archiveRecord ? null : entry
  } catch (thrown) {
    if (thrown instanceof Fault && NOT_SHOWN.has(thrown.code)) return null
    throw thrown
  }
}
