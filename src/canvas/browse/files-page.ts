import type { Revision } from '../../registry/ports.ts'
import { ROUTE_DEPTH, type RouteTo, stepTag } from '../route.ts'
import {
  type FolderListing,
  folderTagged,
  type ListedFile,
  type ListedFolder,
  listFolder,
} from './folder-listing.ts'
import { pageOf } from './page-of.ts'

/** Folders and files that one page shows. */
export const FILES_A_PAGE = 15

/** One page of a folder of a revision. Sizes in bytes. */
export type FilesPage = {
  /** The folder and the page that there really are. */
  readonly route: RouteTo<'files'>
  /** Names of the folders down to this one. */
  readonly path: readonly string[]
  /** True when the folder that was asked for is not in this revision: this is the deepest one above it that is. */
  readonly lost: boolean
  readonly folders: readonly (ListedFolder & { readonly tag: string })[]
  readonly files: readonly ListedFile[]
  readonly pages: number
  /** Place of the first row of this page among `rows`, from 1; 0 when the folder is empty. */
  readonly first: number
  /** Folders and files directly in this folder. */
  readonly rows: number
  /** The folders among them. */
  readonly foldersHere: number
  readonly filesBelow: number
  readonly bytesBelow: number
}

/** Finds the folder and the page of a route in a revision: the nearest ones that exist. */
export const filesPage = ({ entries }: Pick<Revision, 'entries'>, route: RouteTo<'files'>): FilesPage => {
  const { names, listing } = walkDown(entries, route.path)
  const { folders, files, filesBelow, bytesBelow } = listing
  const rows = folders.length + files.length
  const { page, pages, from, to } = pageOf(rows, FILES_A_PAGE, route.page)
  return {
    route: { ...route, path: route.path.slice(0, names.length), page },
    path: names,
    lost: names.length < route.path.length,
    folders: folders.slice(from, to).map((folder) => ({ ...folder, tag: stepTag(folder.name) })),
    files: files.slice(Math.max(0, from - folders.length), Math.max(0, to - folders.length)),
    pages,
    first: Math.min(rows, from + 1),
    rows,
    foldersHere: folders.length,
    filesBelow,
    bytesBelow,
  }
}

const walkDown = (
  entries: Revision['entries'],
  tags: readonly string[],
): { names: string[]; listing: FolderListing } => {
  const names: string[] = []
  let path = ''
  let listing = listFolder(entries, path)
  for (const tag of tags) {
    const folder = folderTagged(listing, tag)
    if (!folder) break
    names.push(folder.name)
    path += `${folder.name}/`
    // No route leads deeper, so what lies below is listed with the rest of its path.
    listing = listFolder(entries, path, names.length === ROUTE_DEPTH)
  }
  return { names, listing }
}
