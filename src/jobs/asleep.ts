import type { Clock } from '../base/clock.ts'

/** Sleeps; false when the signal ended it. */
export const asleep = async (clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> => {
  try {
    await clock.sleep(ms, signal)
  } catch {
    return false
  }
  return !signal.aborted
}
