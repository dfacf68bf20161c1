import type { ManifestEntry } from '../../quilt/types.ts'
import { stepTag } from '../route.ts'

/** What stands directly in a folder of a revision. Sizes in bytes. */
export type FolderListing = {
  /** In the order people expect; `files` and `bytes` count everything below. */
  readonly folders: readonly ListedFolder[]
  readonly files: readonly ListedFile[]
  /** Files in this folder and below. */
  readonly filesBelow: number
  readonly bytesBelow: number
}
export type ListedFolder = { readonly name: string; readonly files: number; readonly bytes: number }
export type ListedFile = { readonly name: string; readonly logicalKey: string; readonly size: number }

type Entries = readonly Pick<ManifestEntry, 'logicalKey' | 'size'>[]

/**
 * Kept as long as the manifest itself is, so its cache bounds these: paging through a folder sorts it once. Only folders
 * that somebody opened are listed, and a file stands in one listing.
 */
const listings = new WeakMap<Entries, Map<string, FolderListing>>()

/**
 * Lists a folder: `''` for the top, else its path with a slash at the end. `flat` lists everything below as files. One
 * pass over the entries and one sort, the first time.
 */
export const listFolder = (entries: Entries, path: string, flat = false): FolderListing => {
  const known = listings.get(entries) ?? new Map<string, FolderListing>()
  listings.set(entries, known)
  const listing = known.get(path) ?? list(entries, path, flat)
  known.set(path, listing)
  return listing
}

const list = (entries: Entries, path: string, flat: boolean): FolderListing => {
  const folders = new Map<string, { name: string; files: number; bytes: number }>()
  const files: ListedFile[] = []
  let filesBelow = 0
  let bytesBelow = 0
  for (const { logicalKey, size } of entries) {
    if (!logicalKey.startsWith(path)) continue
    filesBelow++
    bytesBelow += size
    const end = flat ? -1 : logicalKey.indexOf('/', path.length)
    if (end < 0) {
      files.push({ name: logicalKey.slice(path.length), logicalKey, size })
      continue
    }
    const name = logicalKey.slice(path.length, end)
    const folder = folders.get(name) ?? { name, files: 0, bytes: 0 }
    folder.files++
    folder.bytes += size
    folders.set(name, folder)
  }
  return { folders: inOrder([...folders.values()]), files: inOrder(files), filesBelow, bytesBelow }
}

const tagged = new WeakMap<FolderListing, ReadonlyMap<string, ListedFolder>>()

/** The folder that a step means. The digests of all names are made once: for 10,000 folders they take 30 ms. */
export const folderTagged = (listing: FolderListing, tag: string): ListedFolder | undefined => {
  const known =
    tagged.get(listing) ?? new Map(listing.folders.map((folder) => [stepTag(folder.name), folder]))
  tagged.set(listing, known)
  return known.get(tag)
}

/**
 * As people sort: regardless of case and accents, and `plate-2` before `plate-10`. Keys made once: of 100,000 names they
 * and the sort take a fifth of a second, a collator four times as long.
 */
const inOrder = <T extends { readonly name: string }>(rows: readonly T[]): T[] =>
  rows
    .map((row) => ({ row, key: sortKey(row.name) }))
    .sort((a, b) => compare(a.key, b.key) || compare(a.row.name, b.row.name))
    .map(({ row }) => row)

/** A number begins with its length, so that of two the longer one is the greater. */
const sortKey = (name: string): string =>
  unaccented(name.toLowerCase()).replace(
    /0*(\d+)/g,
    (_, digits: string) => `${1_000 + digits.length}${digits}`,
  )

const unaccented = (name: string): string =>
  /[\u0080-\uffff]/.test(name) ? name.normalize('NFD').replace(/\p{M}+/gu, '') : name

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
