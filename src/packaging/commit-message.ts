import type { Cause } from '../jobs/ports.ts'
import { LOOK, RECONCILE } from './found-cause.ts'

/** Why we look at our own records: nothing that happened to the entry. */
const OURS: ReadonlySet<string> = new Set([LOOK, 'watch'])

/**
 * `Benchling v2.entry.updated.fields at 2026-04-15T14:25:03Z`, as the known system writes it (peer-service.md §12.6): the newest
 * of the events that this run covers, and when it happened. Which delivery that was stands in the history of the run.
 * An entry found modified without an event has `entry modified` in the place of one.
 */
export const commitMessage = (causes: readonly Cause[]): string => {
  const events = causes.filter(({ type }) => !OURS.has(type))
  const newest = events.reduce<Cause | null>(
    (last, cause) => (last && last.at > cause.at ? last : cause),
    null,
  )
  if (!newest) return 'Benchling webhook payload'
  const what = newest.type === RECONCILE ? 'entry modified' : newest.type.toWellFormed()
  return `Benchling ${what} at ${new Date(newest.at).toISOString().replace(/\.\d+Z$/, 'Z')}`
}
