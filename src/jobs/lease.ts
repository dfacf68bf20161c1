import type { Clock } from '../base/clock.ts'
import { asFault } from '../base/fault.ts'
import { faultFields, type Logger } from '../base/log.ts'
import { asleep } from './asleep.ts'
import type { Key, Run, Subjects } from './ports.ts'
import { renewLease } from './subject.ts'

/** How long a run is held without a sign of life. A crashed run is taken over after this at the latest. */
export const LEASE_MS = 30_000

export type Lease = {
  /** The end of the run is being written: should it come first, a renewal that is refused is no loss. */
  ends(): void
  stop(): Promise<void>
}

/**
 * Renews the lease of a run every third of its length until stopped. Calls `lost` once when another worker took the run
 * over, or when the lease ran out because the store could not be reached, or hangs: what the run does after that could
 * undo what its successor did. Stopping waits for a renewal under way.
 */
export const keepLease = (o: {
  readonly subjects: Subjects
  readonly clock: Clock
  readonly log: Logger
  readonly key: Key
  readonly run: Run
  readonly leaseMs: number
  /** Called after each renewal. */
  readonly renewed: () => void
  readonly lost: () => void
}): Lease => {
  const ended = new AbortController()
  let ending = false
  let until = o.run.leaseUntil ?? 0

  const renew = async (): Promise<boolean> => {
    const now = o.clock.now()
    try {
      const after = await o.subjects.change(o.key, (subject) =>
        renewLease(subject, o.run, { now, leaseMs: o.leaseMs }),
      )
      if (!after) return false
      until = now + o.leaseMs
      o.renewed()
      return true
    } catch (thrown) {
      const fault = asFault(thrown)
      // The end of the run, written at the same moment, took the lease with it.
      if (ending && fault.code === 'jobs.fenced') return false
      o.log.warn(faultFields(fault), 'the lease was not renewed')
      return fault.code !== 'jobs.fenced' && o.clock.now() < until
    }
  }

  const third = Math.floor(o.leaseMs / 3)
  let renewing: Promise<boolean> = Promise.resolve(true)

  /** A process that was asleep itself when the lease ended still has time to ask whether anybody noticed. */
  const renewInTime = async (): Promise<boolean> => {
    const over = new AbortController()
    renewing = renew()
    const late = asleep(o.clock, Math.max(third, until - o.clock.now()), over.signal).then(() => false)
    const held = await Promise.race([renewing, late])
    over.abort()
    return held
  }

  const beat = async (): Promise<void> => {
    while (await asleep(o.clock, third, ended.signal)) {
      if (await renewInTime()) continue
      if (!ended.signal.aborted && !ending) o.lost()
      return
    }
  }

  const beating = beat()
  return {
    ends: () => {
      ending = true
    },
    stop: async () => {
      ended.abort()
      await beating
      await renewing
    },
  }
}
