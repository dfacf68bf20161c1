import type { ManifestEntry } from '../../quilt/types.ts'

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

/** Kept as long as the manifest itself is: paging through a folder sorts it once. */
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

/** As people sort: regardless of case, and `plate-2` before `plate-10`. Keys made once; a collator would take ten times as long. */
const inOrder = <T extends { readonly name: string }>(rows: readonly T[]): T[] =>
  rows
    .map((row) => ({ row, key: sortKey(row.name) }))
    .sort((a, b) => compare(a.key, b.key) || compare(a.row.name, b.row.name))
    .map(({ row }) => row)

const DIGITS = 15

const sortKey = (name: string): string =>
  name.toLowerCase().replace(/\d+/g, (digits) => digits.replace(/^0+/, '').padStart(DIGITS, '0'))

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
