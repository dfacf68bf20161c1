import type { TenantState } from './tenant-state.ts'

/** While Benchling gives no proper answers, looks come at most so far apart (or as far as configured). */
const FAILED_WAIT_CAP_MS = 900_000

/** The longest time from the end of one look to the start of the next, whatever happens. */
export const longestWaitMs = (everyMs: number): number => Math.max(everyMs, FAILED_WAIT_CAP_MS)

/** When the next look is due, ms: as configured, later while Benchling refuses, at once when this one was not finished. */
export const nextLookAt = (
  { failures }: TenantState,
  run: { now: number; startedAt: number; complete: boolean; everyMs: number },
): number => {
  const { now, startedAt, complete, everyMs } = run
  if (failures > 0) return now + Math.min(everyMs * 2 ** (failures - 1), longestWaitMs(everyMs))
  return complete ? Math.max(now, startedAt + everyMs) : now
}
