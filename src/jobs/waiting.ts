import type { Subject } from './ports.ts'
import { readyAt } from './subject.ts'

/**
 * Open work that waits for no time: new, or given back. What a store keeps of its waiting only says since when, for the
 * order of `due`: it is due even when that lies ahead, which it does after the clock was set back.
 */
export const waitsForNothing = (subject: Subject): boolean =>
  subject.dueAt === null && subject.run?.owner == null

/**
 * Where a subject stands in the order of `due`, in ms: from when on it can be claimed, or since when it can be; null
 * without open work. `before` is what this was before the change.
 */
export const waitingSince = (subject: Subject, before: number | null, now: number): number | null => {
  const at = readyAt(subject)
  return at === 0 ? Math.min(before ?? now, now) : at
}
