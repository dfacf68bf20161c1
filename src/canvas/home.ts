import type { Fault } from '../base/fault.ts'
import type { EntryState } from '../packaging/entry-state.ts'
import type { PackageName, TopHash } from '../quilt/types.ts'
import type { WorkStatus } from './screens/package.ts'

/** An entry that has a package, or is to have one, and how the work on it stands. */
export type RecentEntry = {
  readonly entryId: string
  readonly packageName: PackageName
  readonly state: EntryState
  readonly status: WorkStatus
}

/** What keeps the service from working; null: nothing. */
export type ServiceState = Fault | 'starting' | 'stopping' | null

/** What canvases outside of entries show: the work on all entries. Only packages that may be shown. */
export interface Home {
  /** The newest `RECENT_ENTRIES`, by when work on them began or ended. Throws `jobs.store_unavailable`. */
  recent(): Promise<readonly RecentEntry[]>
  /** The package that an entry with this display id has, whoever made it; null where there is none. Throws `store.*`. */
  named(
    displayId: string,
    signal: AbortSignal,
  ): Promise<{ readonly name: PackageName; readonly topHash: TopHash } | null>
  state(): ServiceState
}

/** Entries of which Home shows some and searches all: one read of a table. */
export const RECENT_ENTRIES = 100

/** Nothing to list. */
export const NO_HOME: Home = { recent: async () => [], named: async () => null, state: () => null }
