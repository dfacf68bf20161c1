import { Fault } from '../../base/fault.ts'
import type { PackageName, TopHash } from '../../quilt/types.ts'
import type { PackageReader } from '../canvas-ports.ts'
import type { RouteTo } from '../route.ts'
import { compareRevisions, type RevisionFacts, type Unreadable } from './compare-revisions.ts'
import { pageOf } from './page-of.ts'

/** Each shows several lines and a button, and costs a manifest when it is seen for the first time. */
export const REVISIONS_A_PAGE = 8

export type RevisionRow = {
  /** Seconds of its pointer. */
  readonly at: number
  /** Null where the pointer holds none. */
  readonly topHash: TopHash | null
  /** True when `latest` names it. */
  readonly current: boolean
  /** Seconds of the revision before it; null for the first. */
  readonly before: number | null
  readonly facts: RevisionFacts | Unreadable
}

/** One page of the revisions of a package, newest first. */
export type RevisionsPage = {
  readonly route: RouteTo<'revisions'>
  readonly pages: number
  readonly total: number
  /** What `latest` names, which need not be the newest; null when that cannot be told. */
  readonly latest: TopHash | null
  readonly revisions: readonly RevisionRow[]
}

/** Null where there is no such package. Throws `store.*`. */
export const revisionsPage = async (
  reader: PackageReader,
  name: PackageName,
  route: RouteTo<'revisions'>,
  signal: AbortSignal,
): Promise<RevisionsPage | null> => {
  const partAt = (page: number) =>
    reader.history(name, { skip: page * REVISIONS_A_PAGE, limit: REVISIONS_A_PAGE + 1 }, signal)
  const asked = await partAt(route.page)
  const { total } = asked
  if (total === 0) return null
  const { page, pages } = pageOf(total, REVISIONS_A_PAGE, route.page)
  const { pointers } = page === route.page ? asked : await partAt(page)
  const shown = pointers.slice(0, REVISIONS_A_PAGE)
  const latest = await latestOf(reader, name, signal)
  const facts = await compareRevisions(reader, name, shown, pointers[REVISIONS_A_PAGE] ?? null, signal)
  const revisions = shown.map(({ at, topHash }, index) => ({
    at,
    topHash,
    current: topHash !== null && topHash === latest,
    before: pointers[index + 1]?.at ?? null,
    facts: facts[index]!,
  }))
  return { route: { ...route, page }, pages, total, latest, revisions }
}

/** A spoilt `latest` hides no revision. */
const latestOf = async (
  reader: PackageReader,
  name: PackageName,
  signal: AbortSignal,
): Promise<TopHash | null> => {
  try {
    return await reader.latest(name, signal)
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'manifest.invalid') return null
    throw thrown
  }
}
