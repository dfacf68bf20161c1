import { mapConcurrent } from '../../base/concurrency.ts'
import { Fault } from '../../base/fault.ts'
import { LeastRecent } from '../../base/least-recent.ts'
import type { PackageName, TopHash } from '../../quilt/types.ts'
import type { History, Revision } from '../../registry/ports.ts'
import { totalsOf } from '../../registry/prepare-draft.ts'
import type { PackageReader } from '../canvas-ports.ts'
import { plain } from '../markdown.ts'
import { type RevisionChanges, revisionChanges } from './revision-changes.ts'

/** Comparisons that are remembered of each registry: a kilobyte each, whatever the revisions are. */
const COMPARISONS_KEPT = 500
/** Characters of a commit message that are shown. */
const MESSAGE_LENGTH = 200

/** Why a revision cannot be shown. */
export type Unreadable = 'gone' | 'damaged' | 'too-large'

/** What the list of revisions shows of one. `bytes` counts all its files. */
export type RevisionFacts = {
  /** One line; null when there is none. */
  readonly message: string | null
  readonly files: number
  readonly bytes: number
  /** Against the revision before it; `same`: that has the same top hash, `unknown`: that cannot be read. */
  readonly changes: RevisionChanges | 'first' | 'same' | 'unknown'
}

type Pointer = History['pointers'][number]

/**
 * Compares each revision with the one behind it; of the last, `before` says which that is. No more than two manifests are
 * read or held at a time, and none whose comparison is remembered. Throws `store.*`; what is wrong with one revision is
 * told in its place.
 */
export const compareRevisions = async (
  reader: PackageReader,
  name: PackageName,
  pointers: readonly Pointer[],
  before: Pointer | null,
  signal: AbortSignal,
): Promise<(RevisionFacts | Unreadable)[]> => {
  const known = knownOf(reader)
  const compared: (RevisionFacts | Unreadable)[] = []
  let held: Held | null = null
  for (const [at, { topHash }] of pointers.entries()) {
    const older = at + 1 < pointers.length ? pointers[at + 1]! : before
    const id = `${topHash} ${older === null ? 'first' : older.topHash}`
    const facts = known.get(id)
    if (topHash === null || facts) {
      held = null
      compared.push(facts ?? 'gone')
      continue
    }
    const others = older?.topHash && older.topHash !== topHash ? [older.topHash] : []
    const [mine, theirs = null] = await readBoth(reader, name, [topHash, ...others], held, signal)
    held = theirs ?? mine!
    const { revision } = mine!
    if (typeof revision === 'string') {
      compared.push(revision)
      continue
    }
    const changes = changesOf(revision, older, theirs)
    const made = { ...factsOf(revision), changes }
    // What cannot be read now may be readable later.
    if (changes !== 'unknown') known.set(id, made)
    compared.push(made)
  }
  return compared
}

type Held = { readonly topHash: TopHash; readonly revision: Revision | Unreadable }

const readBoth = (
  reader: PackageReader,
  name: PackageName,
  topHashes: readonly TopHash[],
  held: Held | null,
  signal: AbortSignal,
): Promise<Held[]> =>
  mapConcurrent(
    topHashes,
    2,
    async (topHash, inner) =>
      held?.topHash === topHash ? held : { topHash, revision: await readOnce(reader, name, topHash, inner) },
    signal,
  )

const readOnce = async (
  reader: PackageReader,
  name: PackageName,
  topHash: TopHash,
  signal: AbortSignal,
): Promise<Revision | Unreadable> => {
  try {
    return await reader.revision(name, topHash, signal, { once: true })
  } catch (thrown) {
    const code = thrown instanceof Fault ? thrown.code : null
    if (code === 'package.not_found') return 'gone'
    if (code === 'manifest.too_large') return 'too-large'
    if (code?.startsWith('manifest.')) return 'damaged'
    throw thrown
  }
}

const changesOf = (
  revision: Revision,
  older: Pointer | null,
  theirs: Held | null,
): RevisionFacts['changes'] => {
  if (older === null) return 'first'
  if (older.topHash === revision.topHash) return 'same'
  if (theirs === null || typeof theirs.revision === 'string') return 'unknown'
  return revisionChanges(revision, theirs.revision)
}

const factsOf = ({ header, entries }: Revision): Omit<RevisionFacts, 'changes'> => ({
  message: plain(header.message ?? '', MESSAGE_LENGTH) || null,
  ...totalsOf(entries),
})

/** Comparisons by the top hashes of both, which say all. */
type Known = LeastRecent<string, RevisionFacts>

const knowns = new WeakMap<PackageReader, Known>()

const knownOf = (reader: PackageReader): Known => {
  const known = knowns.get(reader) ?? new LeastRecent(COMPARISONS_KEPT)
  knowns.set(reader, known)
  return known
}
