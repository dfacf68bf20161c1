import type { PackageName } from '../../quilt/types.ts'
import type { PackageReader } from '../canvas-ports.ts'
import type { RouteTo } from '../route.ts'

export type RevisionsPage = {
  readonly route: RouteTo<'revisions'>
  readonly revisions: readonly { readonly at: number; readonly topHash: string }[]
}

/** Null where there is no such package. */
export const revisionsPage = async (
  reader: PackageReader,
  name: PackageName,
  route: RouteTo<'revisions'>,
  signal: AbortSignal,
): Promise<RevisionsPage | null> => {
  const revisions = await reader.revisions(name, signal)
  return revisions.length === 0 ? null : { route: { ...route, page: 0 }, revisions: revisions.slice(0, 10) }
}
