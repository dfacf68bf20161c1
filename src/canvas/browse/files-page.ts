import type { Revision } from '../../registry/ports.ts'
import type { RouteTo } from '../route.ts'

export const FILES_A_PAGE = 15

/** One page of a folder of a revision. Sizes in bytes. */
export type FilesPage = {
  readonly route: RouteTo<'files'>
  readonly pages: number
  readonly total: number
  readonly files: readonly { readonly logicalKey: string; readonly size: number }[]
}

export const filesPage = ({ entries }: Pick<Revision, 'entries'>, route: RouteTo<'files'>): FilesPage => {
  const pages = Math.max(1, Math.ceil(entries.length / FILES_A_PAGE))
  const page = Math.min(route.page, pages - 1)
  return {
    route: { ...route, page },
    pages,
    total: entries.length,
    files: entries.slice(page * FILES_A_PAGE, (page + 1) * FILES_A_PAGE),
  }
}
