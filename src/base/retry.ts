import type { Clock } from './clock.ts'

export type RetryOptions = {
  /** Attempts in all, the first included. */
  readonly attempts: number
  readonly baseMs: number
  readonly capMs: number
  readonly signal?: AbortSignal | undefined
  /** Which throws are tried again. */
  readonly when: (thrown: unknown) => boolean
  /** A wait the other side asked for, in ms, instead of the computed one. */
  readonly waitFor?: (thrown: unknown) => number | undefined
  readonly random?: () => number
}

/** Exponential back-off with full jitter: between half of the step and the step, capped. `attempt` counts from 1. */
export const backoffMs = (
  attempt: number,
  baseMs: number,
  capMs: number,
  random: () => number = Math.random,
): number => {
  const step = Math.min(capMs, baseMs * 2 ** (attempt - 1))
  return Math.round(step / 2 + (random() * step) / 2)
}

/** Runs `work` until it resolves, an error is not worth another try, or attempts are used up. */
export const retry = async <T>(
  clock: Clock,
  options: RetryOptions,
  work: (attempt: number) => Promise<T>,
): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt)
    } catch (thrown) {
      if (attempt >= options.attempts || !options.when(thrown) || options.signal?.aborted) throw thrown
      const wait =
        options.waitFor?.(thrown) ?? backoffMs(attempt, options.baseMs, options.capMs, options.random)
      await clock.sleep(wait, options.signal)
    }
  }
}
