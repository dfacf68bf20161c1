import { setTimeout as wait } from 'node:timers/promises'

/** Time, injected everywhere so that tests never sleep. `now` is milliseconds since the epoch. */
export interface Clock {
  now(): number
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    await wait(ms, undefined, signal ? { signal } : {})
  },
}
