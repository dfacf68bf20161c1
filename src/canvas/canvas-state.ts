/** Where a canvas is and what it belongs to. Folded from clicks in the transaction that records them; a run draws it. */
export type CanvasState = {
  readonly appId: string | null
  readonly featureId: string | null
  /** Entry the canvas sits in; null until it was learnt. */
  readonly entryId: string | null
  readonly route: Route
  /** Deliveries that pressed Update before the entry was known: the next run touches the entry once for each. */
  readonly pendingUpdates: readonly string[]
  /** The delivery that inserted the canvas when it did not name the entry: the next run asks for a package, unforced. */
  readonly pendingInsert: string | null
  /** True from a click until a PATCH with `enabled: true` went out (Benchling disables the canvas on every click). */
  readonly disabled: boolean
  /** A sentence for the person who clicked, shown once (unknown button). */
  readonly notice: string | null
}

export type Route = { readonly screen: 'package' }

export const NEW_CANVAS: CanvasState = {
  appId: null,
  featureId: null,
  entryId: null,
  route: { screen: 'package' },
  pendingUpdates: [],
  pendingInsert: null,
  disabled: false,
  notice: null,
}
