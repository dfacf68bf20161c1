import type { ErrorCode, FaultClass } from '../base/errors.ts'
import type { Fault } from '../base/fault.ts'
import { backoffMs } from '../base/retry.ts'
import type { JobKind, Run } from './ports.ts'

/**
 * Failures after which a run is buried, the last one included, unless its kind is `endless`: five minutes apart at most,
 * about a day of outage.
 */
export const MAX_ATTEMPTS = 300
/** The same for what seldom heals by itself: what nobody foresaw, and work that hangs without coming further. */
export const MAX_UNFORESEEN = 3
const UNFORESEEN: readonly ErrorCode[] = ['internal', 'jobs.deadline']
/** New exports a run may ask for after its first. */
export const MAX_RENEWALS = 2

export const BACKOFF_BASE_MS = 2_000
export const BACKOFF_CAP_MS = 300_000
/** Configuration is looked at again after half a minute at the earliest (back-off waits half of its step at least). */
export const OPERATOR_BASE_MS = 60_000
export const OPERATOR_CAP_MS = 300_000

/** A failed attempt as the journal keeps it, oldest first. */
export type PastFailure = { readonly code: ErrorCode; readonly class: FaultClass }

/** What becomes of a failed run. `counts: false`: the failure is no attempt. */
export type Verdict =
  | { readonly action: 'bury' }
  | { readonly action: 'postpone'; readonly waitMs: number; readonly counts: boolean }
  | { readonly action: 'renew'; readonly waitMs: number }

/** What becomes of a run after a fault, by the class of the fault and by what it has been through. */
export const verdictOn = (
  fault: Fault,
  run: Run,
  past: readonly PastFailure[],
  random: () => number,
  { endless = false }: Pick<JobKind, 'endless'> = {},
): Verdict => {
  const attempt = run.attempt + 1
  const backoff = () => backoffMs(attempt, BACKOFF_BASE_MS, BACKOFF_CAP_MS, random)
  switch (fault.entry.class) {
    case 'never':
      return { action: 'bury' }
    case 'operator': {
      const waitMs = backoffMs(operatorWaits(past) + 1, OPERATOR_BASE_MS, OPERATOR_CAP_MS, random)
      return { action: 'postpone', waitMs, counts: false }
    }
    case 'renew':
      return !endless && (run.renewals >= MAX_RENEWALS || attempt >= MAX_ATTEMPTS)
        ? { action: 'bury' }
        : { action: 'renew', waitMs: backoff() }
    case 'again': {
      const before = past.filter((failure) => UNFORESEEN.includes(failure.code)).length
      const unforeseen = UNFORESEEN.includes(fault.code) && before + 1 >= MAX_UNFORESEEN
      const spent = unforeseen || attempt >= MAX_ATTEMPTS
      return spent && !endless ? { action: 'bury' } : { action: 'postpone', waitMs: backoff(), counts: true }
    }
  }
}

/** How often in a row the run has just waited for configuration. */
const operatorWaits = (past: readonly PastFailure[]): number => {
  const healed = past.findLastIndex((failure) => failure.class !== 'operator')
  return past.length - 1 - healed
}
