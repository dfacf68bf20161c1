import type { Json } from '../../base/json.ts'
import { canonicalJson, type Hashable } from '../../quilt/canonical-json.ts'
import type { ManifestEntry } from '../../quilt/types.ts'
import { compareLogicalKeys } from '../../quilt/walk-order.ts'
import type { Revision } from '../../registry/ports.ts'
import { plain } from '../markdown.ts'

/** Files of each kind of change that are named; the others are counted. */
const NAMED = 3
/** Characters of a name, or path, that are shown. */
const NAME_LENGTH = 120

/** Files that something happened to: how many, and the names of the first, as one line each. */
export type SomeFiles = { readonly count: number; readonly first: readonly string[] }

export type RevisionChanges = {
  readonly added: SomeFiles
  /** Another content, or other metadata of the file. */
  readonly changed: SomeFiles
  readonly removed: SomeFiles
  /** Of the package. */
  readonly metadata: boolean
  readonly workflow: boolean
}

type Compared = Pick<Revision, 'header' | 'entries'>

/** What changed from the older revision to the newer. Small, whatever the revisions are: names are cut. */
export const revisionChanges = (newer: Compared, older: Compared): RevisionChanges => {
  const [added, changed, removed] = [new Counted(), new Counted(), new Counted()]
  // Both are in walk order: side by side, no index of either is needed.
  for (let n = 0, o = 0; n < newer.entries.length || o < older.entries.length; ) {
    const [now, before] = [newer.entries[n], older.entries[o]]
    const order = !now ? 1 : !before ? -1 : compareLogicalKeys(now.logicalKey, before.logicalKey)
    if (order < 0) added.add(now!)
    else if (order > 0) removed.add(before!)
    else if (!isSameFile(now!, before!)) changed.add(now!)
    if (order <= 0) n++
    if (order >= 0) o++
  }
  return {
    added: added.files(),
    changed: changed.files(),
    removed: removed.files(),
    metadata: !isSameJson(newer.header.user_meta ?? {}, older.header.user_meta ?? {}),
    workflow: !isSameJson(newer.header.workflow ?? {}, older.header.workflow ?? {}),
  }
}

class Counted {
  #count = 0
  readonly #first: string[] = []

  add({ logicalKey }: ManifestEntry): void {
    if (this.#count++ < NAMED) this.#first.push(plain(logicalKey, NAME_LENGTH))
  }

  files(): SomeFiles {
    return { count: this.#count, first: this.#first }
  }
}

const isSameFile = (a: ManifestEntry, b: ManifestEntry): boolean =>
  a.size === b.size && isSameContent(a, b) && isSameJson(a.meta, b.meta)

/** Hashes of two kinds tell nothing about each other; the very same object is the same. */
const isSameContent = (a: ManifestEntry, b: ManifestEntry): boolean =>
  a.hash.type === b.hash.type ? a.hash.value === b.hash.value : a.physicalKey === b.physicalKey

const isSameJson = (a: Json, b: Json): boolean =>
  (isEmpty(a) && isEmpty(b)) || canonicalJson(a as Hashable) === canonicalJson(b as Hashable)

/** As nearly all files have it. */
const isEmpty = (value: Json): boolean => {
  for (const _ in value as object) return false
  return true
}
