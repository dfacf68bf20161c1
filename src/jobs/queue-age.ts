import type { Clock } from '../base/clock.ts'
import { asFault } from '../base/fault.ts'
import { faultFields, type Logger } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Subjects } from './ports.ts'

/** Twice for every minute that a monitor keeps. */
export const LOOK_EVERY_MS = 30_000
/** Work that is counted: more says only "far too much". */
const COUNTED_AT_MOST = 1_000

/**
 * Looks at the work that is due and nobody has begun, until aborted, and gives `open_work` and `queue_age_seconds` what
 * it saw last. While the records cannot be read both are unknown.
 */
export const watchQueue = async (
  o: {
    readonly subjects: Pick<Subjects, 'due' | 'get'>
    readonly clock: Clock
    readonly log: Logger
    readonly metrics: Metrics
  },
  signal: AbortSignal,
): Promise<void> => {
  let seen: Seen | null = null
  o.metrics.gauge('open_work', 'Count', () => seen?.open)
  o.metrics.gauge('queue_age_seconds', 'Seconds', () =>
    seen ? ageSeconds(seen.since, o.clock.now()) : undefined,
  )
  while (!signal.aborted) {
    try {
      seen = await look(o.subjects, o.clock.now())
    } catch (thrown) {
      if (signal.aborted) return
      seen = null
      o.log.warn(faultFields(asFault(thrown)), 'the age of the queue is not known')
    }
    await o.clock.sleep(LOOK_EVERY_MS, signal).catch(() => {})
  }
}

/** `since`: when the event happened behind the work that waits longest; null when none waits. */
type Seen = { readonly open: number; readonly since: number | null }

const look = async (subjects: Pick<Subjects, 'due' | 'get'>, now: number): Promise<Seen> => {
  const due = await subjects.due(now, COUNTED_AT_MOST)
  const first = due[0] === undefined ? null : await subjects.get(due[0])
  if (!first) return { open: due.length, since: null }
  const events = [...first.causes, ...(first.run?.causes ?? [])].map(({ at }) => at)
  return { open: due.length, since: Math.min(now, ...events) }
}

const ageSeconds = (since: number | null, now: number): number =>
  since === null ? 0 : Math.max(0, now - since) / 1000
