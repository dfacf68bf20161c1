import { mapConcurrent } from '../base/concurrency.ts'
import { Fault } from '../base/fault.ts'
import { objectHasher } from '../quilt/object-hash.ts'
import type { ManifestEntry } from '../quilt/types.ts'
import type { Registry, Revision } from './ports.ts'
import { totalsOf } from './prepare-draft.ts'

const READ_AT_ONCE = 4
/** Files named when several are wrong. */
const NAMED = 5

export type Verified = { readonly files: number; readonly bytes: number }

/**
 * Reads every object of a revision again and compares size and hash, as quilt3's `verify` does. Constant memory.
 * Throws `store.corrupt` naming the files that are missing, damaged, or hashed in a way we do not know.
 */
export const verifyRevision = async (
  registry: Pick<Registry, 'open'>,
  revision: Revision,
  signal: AbortSignal,
): Promise<Verified> => {
  const problems = await mapConcurrent(
    revision.entries,
    READ_AT_ONCE,
    (entry, inner) => problemOf(registry, entry, inner),
    signal,
  )
  const wrong = revision.entries.flatMap(({ logicalKey }, at) =>
    problems[at] ? [`${logicalKey}: ${problems[at]}`] : [],
  )
  if (wrong.length > 0) throw corrupt(revision, wrong)
  return totalsOf(revision.entries)
}

const problemOf = async (
  registry: Pick<Registry, 'open'>,
  { physicalKey, size, hash }: ManifestEntry,
  signal: AbortSignal,
): Promise<string | null> => {
  const hasher = objectHasher(hash.type, size)
  if (!hasher) return `unknown hash type ${hash.type}`
  let bytes = 0
  try {
    for await (const chunk of registry.open(physicalKey, signal)) {
      bytes += chunk.length
      if (bytes > size) return 'longer than stated'
      hasher.update(chunk)
    }
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'store.object_missing') return 'missing'
    throw thrown
  }
  if (bytes < size) return 'shorter than stated'
  return hasher.digest() === hash.value ? null : 'content changed'
}

const corrupt = ({ name, topHash }: Revision, wrong: readonly string[]): Fault => {
  const more = wrong.length > NAMED ? ` and ${wrong.length - NAMED} more` : ''
  return new Fault(
    'store.corrupt',
    { package: name, topHash, wrong: wrong.length },
    { detail: `${wrong.slice(0, NAMED).join('; ')}${more}.` },
  )
}
