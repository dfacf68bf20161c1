import type { EntryView, Snapshot } from '../page-contract.ts'
import type { PackageView, TimelineItem } from '../service-view.ts'
import { type Draft, NO_DRAFT } from './drafts.ts'

export type Viewed = { readonly title: string; readonly url: string; readonly size: number }

export type PageState = {
  readonly snapshot: Snapshot | null
  /** The tenant's time, ms; moves on with every tick. */
  readonly now: number
  /** The entry that was chosen, even before it is read. */
  readonly selected: string | null
  readonly entry: EntryView | null
  readonly timeline: readonly TimelineItem[]
  readonly pack: PackageView | null
  /** Top hash of the revision that was asked for; null: the current one. */
  readonly revision: string | null
  /** Part of a file's name that is looked for in the package. */
  readonly wanted: string
  readonly draft: Draft
  /** Other entries with unsaved changes. */
  readonly unsaved: ReadonlySet<string>
  readonly viewing: Viewed | null
  /** Something to say, shown for a while. */
  readonly notice: string | null
  readonly connection: 'connecting' | 'open' | 'lost'
}

export const FIRST_STATE: PageState = {
  snapshot: null,
  now: Date.now(),
  selected: null,
  entry: null,
  timeline: [],
  pack: null,
  revision: null,
  wanted: '',
  draft: NO_DRAFT,
  unsaved: new Set(),
  viewing: null,
  notice: null,
  connection: 'connecting',
}
