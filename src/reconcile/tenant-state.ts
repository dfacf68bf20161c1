/**
 * How far a tenant was looked over. Seconds are since the epoch and by Benchling's clock: lists can be asked for whole
 * ones only.
 */
export type TenantState = {
  /** Entries modified up to this second were looked at, but for those that Benchling shows late; null before the first look. */
  readonly entriesUntil: number | null
  /** A look under way: what was modified up to `from` is done, and when it ends `entriesUntil` becomes `until`. */
  readonly walk: { readonly from: number; readonly until: number } | null
  /** The last event read (`evt_…`), and the second the newest one was created in; null before the first. */
  readonly eventsAfter: string | null
  readonly eventsUntil: number | null
  /** When everything had been looked at last, ms by our clock. */
  readonly lookedAt: number | null
  /** Runs in a row that Benchling gave no proper answers to. */
  readonly failures: number
}

export const NEW_TENANT: TenantState = {
  entriesUntil: null,
  walk: null,
  eventsAfter: null,
  eventsUntil: null,
  lookedAt: null,
  failures: 0,
}
