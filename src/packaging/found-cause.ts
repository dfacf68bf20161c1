import type { EntryEvent } from '../benchling/ports.ts'
import type { Cause } from '../jobs/ports.ts'

/** The type of a cause that is no event of Benchling: the entry's own time told that it was modified. */
export const RECONCILE = 'reconcile'

/** The type of the cause of a run that only looks whether Quilt's packager is done. */
export const LOOK = 'look'

/** A run of the reconciler found an entry modified at `at` (ms, Benchling's clock). */
export const modifiedCause = (runId: string, at: number): Cause => ({
  delivery: `reconcile:${runId}`,
  type: RECONCILE,
  at,
  by: null,
})

/** The reconciler found an event that no delivery told. */
export const eventCause = (event: EntryEvent): Cause => ({
  delivery: `event:${event.id}`,
  type: event.type,
  at: Date.parse(event.createdAt),
  by: null,
})

/**
 * True when nothing was delivered, and nobody pressed: a run of these causes only has to show that the entry really says
 * something new.
 */
export const nothingDelivered = (causes: readonly Cause[]): boolean =>
  causes.length > 0 && causes.every(({ delivery }) => /^(?:reconcile|event|look):/.test(delivery))

/**
 * The newest time, by Benchling's clock, of what these causes tell: a run they ask for reads the entry after that.
 * Presses and the like have times of ours and do not count. 0: none of them tells.
 */
export const newestByBenchling = (causes: readonly Cause[]): number =>
  Math.max(0, ...causes.flatMap(({ type, at }) => (type === RECONCILE || /\.entry\./.test(type) ? [at] : [])))
