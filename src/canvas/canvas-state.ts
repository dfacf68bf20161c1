import type { Topic } from '../jobs/ports.ts'
import type { ButtonPress } from './buttons.ts'
import { PACKAGE_ROUTE, type Route } from './route.ts'
import type { CanvasSession } from './session-state.ts'

/** Where a canvas is and what it belongs to. Folded from clicks in the transaction that records them; a run draws it. */
export type CanvasState = {
  readonly appId: string | null
  readonly featureId: string | null
  /** Entry the canvas sits in; null until it was learnt, and for ever where it sits in none. */
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
  /** Topics of the packages and entries that were drawn last, which the canvas watches. */
  readonly linked?: readonly Topic[]
  /** True when a run learnt where the canvas is. This and what follows is absent in records of earlier versions. */
  readonly located?: boolean
  /** Routes that were left lately, newest last: a press may have been meant for one of them. */
  readonly trail?: readonly Route[]
  /** When the newest press that was folded happened, ms. */
  readonly clickedAt?: number
  /** When it was drawn last, and when last for a person who pressed a button; ms. */
  readonly drawn?: { readonly pressed: number; readonly last: number }
  /** A press that came before the canvas was located. */
  readonly pendingStep?: Extract<ButtonPress, { kind: 'step' }> | null
  /** Written by the canvas' own run only. */
  readonly session?: CanvasSession | null
}

export const NEW_CANVAS: CanvasState = {
  appId: null,
  featureId: null,
  entryId: null,
  route: PACKAGE_ROUTE,
  pendingUpdates: [],
  pendingInsert: null,
  notice: null,
}
