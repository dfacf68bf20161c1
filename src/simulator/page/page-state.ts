import type { EntryView, PlaceKind, Snapshot } from '../page-contract.ts'
import type { PackageView, TimelineItem } from '../service-view.ts'
import { type Draft, NO_DRAFT } from './drafts.ts'
import type { Typed } from './typed-inputs.ts'

export type Viewed = { readonly title: string; readonly url: string; readonly size: number | null }

export type PageState = {
  readonly snapshot: Snapshot | null
  /** The tenant's time, ms; moves on with every tick. */
  readonly now: number
  /** Handle of whoever sits in front of this tab, as the address says; null: the first. */
  readonly as: string | null
  /** The entry that was chosen, even before it is read. */
  readonly selected: string | null
  readonly entry: EntryView | null
  /** The place outside of entries that was chosen instead. */
  readonly place: PlaceKind | null
  readonly timeline: readonly TimelineItem[]
  readonly pack: PackageView | null
  /** Top hash of the revision that was asked for; null: the current one. */
  readonly revision: string | null
  /** Part of a file's name that is looked for in the package. */
  readonly wanted: string
  readonly draft: Draft
  /** Other entries with unsaved changes. */
  readonly unsaved: ReadonlySet<string>
  readonly typed: Typed
  /** Whether the switches of the faults are unfolded, where they fold. */
  readonly faultsOpen: boolean
  readonly viewing: Viewed | null
  /** Something to say, shown for a while. */
  readonly notice: string | null
  /** What happened on a canvas, for those who hear the page. */
  readonly news: string
  readonly connection: 'connecting' | 'open' | 'lost'
}

export const FIRST_STATE: PageState = {
  snapshot: null,
  now: Date.now(),
  as: null,
  selected: null,
  entry: null,
  place: null,
  timeline: [],
  pack: null,
  revision: null,
  wanted: '',
  draft: NO_DRAFT,
  unsaved: new Set(),
  typed: new Map(),
  faultsOpen: false,
  viewing: null,
  notice: null,
  news: '',
  connection: 'connecting',
}
