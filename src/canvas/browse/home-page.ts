import { type EntryState, NEW_ENTRY } from '../../packaging/entry-state.ts'
import type { PackageName } from '../../quilt/types.ts'
import type { Home, RecentEntry } from '../home.ts'
import type { LinkedNow } from '../linked-packages.ts'
import type { RouteTo } from '../route.ts'
import type { WorkStatus } from '../screens/package.ts'
import { pageOf } from './page-of.ts'

export const PACKAGES_A_PAGE = 10

/** A package on Home. */
export type HomeRow = {
  /** Null for a package that was found by its name only. */
  readonly entryId: string | null
  readonly displayId: string
  readonly packageName: PackageName
  /** The revision it can be browsed at; null before the first. */
  readonly topHash: string | null
  readonly state: EntryState
  readonly status: WorkStatus
}

/** What was found for a search, beside the entries that moved lately. */
export type Found = {
  readonly named: Awaited<ReturnType<Home['named']>>
  /** Packages of others that name what was searched for; null where none are searched. */
  readonly linked: LinkedNow | null
}

export const NOTHING_FOUND: Found = { named: null, linked: null }

/** One page of the list, or of what a search found. */
export type HomePage = {
  readonly route: RouteTo<'home'>
  readonly pages: number
  readonly total: number
  readonly rows: readonly HomeRow[]
  readonly linked: LinkedNow | null
}

/**
 * All packages that Home lists on this route, on whichever page: those of the entries that moved lately, the newest
 * first; for a search the one whose name it is before those whose display id has it in it.
 */
export const homeRows = (
  search: string | null,
  recent: readonly RecentEntry[],
  { named }: Pick<Found, 'named'>,
): HomeRow[] => {
  const rows = onePerPackage(recent.map(rowOf))
  if (search === null) return rows
  const sought = search.toLowerCase()
  const matching = rows.filter(
    ({ displayId, packageName }) => packageName === named?.name || displayId.toLowerCase().includes(sought),
  )
  if (named === null) return matching
  const exact = matching.find(({ packageName }) => packageName === named.name) ?? {
    entryId: null,
    displayId: search,
    packageName: named.name,
    topHash: named.topHash,
    state: { ...NEW_ENTRY, displayId: search, packageName: named.name },
    status: 'idle' as const,
  }
  return [exact, ...matching.filter((row) => row !== exact)]
}

export const homePage = (
  rows: readonly HomeRow[],
  linked: LinkedNow | null,
  { search, page: asked }: RouteTo<'home'>,
): HomePage => {
  const { page, pages, from, to } = pageOf(rows.length, PACKAGES_A_PAGE, asked)
  return {
    route: { screen: 'home', search, page },
    pages,
    total: rows.length,
    rows: rows.slice(from, to),
    linked,
  }
}

const rowOf = ({ entryId, packageName, state, status }: RecentEntry): HomeRow => ({
  entryId,
  displayId: state.displayId ?? packageName,
  packageName,
  topHash: state.revision?.topHash ?? null,
  state,
  status,
})

/** A second entry that claims a package is refused it: the one that has revisions is meant. */
const onePerPackage = (rows: readonly HomeRow[]): HomeRow[] => {
  const owners = new Map<string, HomeRow>()
  for (const row of rows) {
    const known = owners.get(row.packageName)
    if (!known || (known.topHash === null && row.topHash !== null)) owners.set(row.packageName, row)
  }
  return rows.filter((row) => owners.get(row.packageName) === row)
}
