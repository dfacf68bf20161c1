import type { Clock } from '../base/clock.ts'

const TICK_MS = 100

type Waiting = { readonly at: number; readonly expire: () => void }

/**
 * Deadlines for many short pieces of work at once: one timer for all of them, because a timer and an abort signal for
 * each would cost more than the work. Precise to a tick of 100 ms.
 */
export const createDeadlines = (clock: Clock) => {
  const waiting = new Set<Waiting>()
  let ticking = false

  const tick = async (): Promise<void> => {
    ticking = true
    while (waiting.size > 0) {
      await clock.sleep(TICK_MS)
      const now = clock.now()
      for (const one of waiting) if (one.at <= now) one.expire()
    }
    ticking = false
  }

  /** Rejects with `late()` when `work` has not ended `ms` after now; `work` can ask whether it is too late to go on. */
  return <T>(ms: number, late: () => Error, work: (isLate: () => boolean) => Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      let expired = false
      const one: Waiting = {
        at: clock.now() + ms,
        expire: () => {
          expired = true
          waiting.delete(one)
          reject(late())
        },
      }
      waiting.add(one)
      if (!ticking) void tick()
      work(() => expired)
        .then(resolve, reject)
        .finally(() => waiting.delete(one))
    })
}

export type Deadlines = ReturnType<typeof createDeadlines>
