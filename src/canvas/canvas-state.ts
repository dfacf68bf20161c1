import type { Topic } from '../jobs/ports.ts'

/** Where a canvas is and what it belongs to. Folded from clicks in the transaction that records them; a run draws it. */
export type CanvasState = {
  readonly appId: string | null
  readonly featureId: string | null
  /** Entry the canvas sits in; null until it was learnt. */
  readonly entryId: string | null
  readonly route: Route
  /**
   * Deliveries that pressed Update before the entry was known, oldest first, the newest 8: the run that learns the entry
   * presses it once for each.
   */
  readonly pendingUpdates: readonly string[]
  /** The delivery that inserted the canvas without naming the entry: the run that learns it asks for a package, unforced. */
  readonly pendingInsert: string | null
  /** A sentence for the person who clicked, shown once (unknown button). */
  readonly notice: string | null
  /** Topics of the linked packages that were drawn last, which the canvas watches. Absent in records of earlier versions. */
  readonly linked?: readonly Topic[]
}

export type Route = { readonly screen: 'package' }

export const NEW_CANVAS: CanvasState = {
  appId: null,
  featureId: null,
  entryId: null,
  route: { screen: 'package' },
  pendingUpdates: [],
  pendingInsert: null,
  notice: null,
}
