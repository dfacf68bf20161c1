import type { Cause, Job, Subject, Touch } from '../jobs/ports.ts'
import { touch, touchOf } from '../jobs/subject.ts'
import { ChunkedHasher } from '../quilt/chunked-hash.ts'
import type { PackageName } from '../quilt/types.ts'
import type { HandedOver, Revision } from '../registry/ports.ts'
import { DOCUMENT_KEYS } from './documents/document-keys.ts'
import { type EntryState, type HandOver, NEW_ENTRY } from './entry-state.ts'
import { LOOK, nothingDelivered } from './found-cause.ts'

/** Quilt's packager takes seconds, or minutes for very large packages; after this somebody should look. */
export const HANDOVER_TIMEOUT_MS = 10 * 60_000
/** The first look whether the revision is there: an event is faster where events are configured. */
export const FIRST_LOOK_MS = 15_000
/** Looks are as far apart as the hand-over is long ago, up to this. */
export const LATER_LOOK_MS = 60_000
/** When the revision is overdue: somebody may be putting the packager right. */
export const OVERDUE_LOOK_MS = 10 * 60_000
/** After this no more looks: only an event, a press or a change of the entry goes on. */
export const LAST_LOOK_MS = 24 * 3_600_000

type Facts = HandOver['facts']

const factsOf = (bytes: Uint8Array): Facts => {
  const hasher = new ChunkedHasher(bytes.byteLength)
  hasher.update(bytes)
  return { size: bytes.byteLength, hash: hasher.digest().value }
}

/** What the record keeps of a hand-over. `facts` are the bytes of its entry_data.json, `replaced` what was current. */
export const handOverOf = (
  published: HandedOver,
  its: {
    readonly name: PackageName
    readonly facts: Uint8Array
    readonly digest: string
    readonly replaced: string | null
    readonly at: number
  },
): HandOver => ({
  topHash: published.topHash,
  packageName: its.name,
  messageId: published.messageId,
  at: its.at,
  files: published.files,
  bytes: published.bytes,
  facts: factsOf(its.facts),
  digest: its.digest,
  replaced: its.replaced,
  overdue: false,
})

/**
 * The hand-over that a run still waits for: of this package, saying about the entry what it says now. Where nothing was
 * delivered, the time of the last change does not count: drawing the canvas that says "handed to Quilt" may move it.
 */
export const awaited = (
  { state, run }: Pick<Job<EntryState>, 'state' | 'run'>,
  name: PackageName,
  its: { readonly facts: Uint8Array; readonly digest: string },
): HandOver | null => {
  const { handedOver } = state
  if (!handedOver || run.forced || handedOver.packageName !== name) return null
  const now = factsOf(its.facts)
  const same = handedOver.facts.size === now.size && handedOver.facts.hash === now.hash
  return same || (nothingDelivered(run.causes) && handedOver.digest === its.digest) ? handedOver : null
}

/**
 * True when a revision is what was handed over: the very one, or one that says the same about the entry, and is not the one
 * that it shall replace: an export may have changed though the entry says the same.
 */
export const confirms = (revision: Pick<Revision, 'topHash' | 'entries'>, handOver: HandOver): boolean => {
  if (revision.topHash === handOver.topHash) return true
  if (revision.topHash === handOver.replaced) return false
  const entry = revision.entries.find(({ logicalKey }) => logicalKey === DOCUMENT_KEYS.entryData)
  return entry?.size === handOver.facts.size && entry.hash.value === handOver.facts.hash
}

export const isOverdue = (handOver: HandOver, now: number): boolean =>
  now - handOver.at >= HANDOVER_TIMEOUT_MS

/** When to look again, ms since the epoch; null when it was looked often enough. */
const nextLook = (handOver: HandOver, now: number): number | null => {
  const waited = now - handOver.at
  if (waited >= LAST_LOOK_MS) return null
  if (isOverdue(handOver, now)) return now + OVERDUE_LOOK_MS
  const pause = Math.min(LATER_LOOK_MS, Math.max(FIRST_LOOK_MS, waited))
  return Math.min(now + pause, handOver.at + HANDOVER_TIMEOUT_MS)
}

/** The touches by which an entry looks again whether what it handed over is there; none when it does not any more. */
export const lookAgain = (job: Pick<Job<EntryState>, 'key'>, handOver: HandOver, now: number): Touch[] => {
  const notBefore = nextLook(handOver, now)
  if (notBefore === null) return []
  // At its time: until then nobody waits for it.
  const cause: Cause = { delivery: `look:${handOver.messageId}`, type: LOOK, at: notBefore, by: null }
  return [
    touchOf<EntryState>({
      key: job.key,
      initial: NEW_ENTRY,
      change: (subject) => touch(subject, cause, { notBefore }),
    }),
  ]
}

/**
 * True while all that is wanted of an entry is to look for a revision which an event has told of meanwhile: the package
 * says what the entry says, and nobody waits for anything. False when the look found more to do.
 */
export const onlyLooksAfter = ({ run, causes, state }: Subject<EntryState>): boolean => {
  const all = [...(run?.causes ?? []), ...causes]
  const further = state.progress !== null && state.progress.phase !== 'reading'
  const settled = state.handedOver === null && state.revision !== null && state.failure === null
  return settled && !further && all.length > 0 && all.every(({ type }) => type === LOOK)
}
