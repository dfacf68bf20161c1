import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { ActivityFeed } from './activity.ts'
import type { ChangeOptions, Journal, Key, Run, RunRecord, Subject, Subjects, Topic } from './ports.ts'
import type { RunStop } from './run-stop.ts'

/** What every run of a worker shares. */
export type WorkerContext = {
  readonly subjects: Subjects
  readonly journal: Journal
  readonly clock: Clock
  readonly log: Logger
  readonly version: string
  readonly owner: string
  readonly role: string | null
  readonly leaseMs: number
  readonly random: () => number
  readonly feed: ActivityFeed
  /** Called with every subject whose record may have new work after a write of this worker. */
  readonly look: (key: Key) => void
  /** Called with every run that was buried, when that is in the record. */
  readonly buried: (record: RunRecord) => void
}

/** One claimed run. */
export type Claimed = { readonly key: Key; readonly run: Run; readonly claimedAt: number }

/** A claimed run and everything it is done with. */
export type RunContext = WorkerContext &
  Claimed & {
    readonly stop: RunStop
    /** Called when the lease was renewed. */
    readonly renewed: () => void
  }

/** A change of the record that watchers learn of, and whom this worker looks at next because of it. `announce`: further topics. */
export const announceChange = async (
  c: WorkerContext,
  key: Key,
  f: (subject: Subject) => Subject | null,
  { announce = [], ...more }: ChangeOptions = {},
): Promise<Subject | null> => {
  const after = await c.subjects.change(key, f, { ...more, announce: [key, ...announce] })
  if (!after) return null
  const touched = (more.touches ?? []).map((touch) => touch.key)
  for (const one of touched) c.look(one)
  for (const topic of [key, ...touched, ...announce]) {
    for (const watcher of await watchersOf(c, topic)) c.look(watcher)
  }
  return after
}

/** Only a hint for speed: what is missed here is found by the sweep. */
const watchersOf = (c: WorkerContext, topic: Topic): Promise<Key[]> =>
  c.subjects.watching(topic).catch(() => [])
