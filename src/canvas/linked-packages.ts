import { asFault, type Fault } from '../base/fault.ts'
import { faultFields, type Logger } from '../base/log.ts'
import type { Topic } from '../jobs/ports.ts'
import type { CachedQuery } from '../registry/cached-query.ts'
import type { FoundPackage } from '../registry/package-query.ts'

/** What is known of the packages that name an entry. */
export type LinkedNow = {
  /** By name, then bucket; without the entry's own package. */
  readonly packages: readonly FoundPackage[]
  /** False when there may be more. */
  readonly complete: boolean
  /** Nothing is known yet, but soon will be. */
  readonly searching: boolean
  /** Why they, or some of them, could not be searched. */
  readonly warning: Fault | null
}

/** Packages of others that name an entry in their metadata. */
export interface LinkedPackages {
  /** At once, from what is known; when a search brings another answer, what watches the entry is announced to. */
  of(entry: {
    readonly id: string
    readonly displayId: string
    readonly packageName: string | null
  }): LinkedNow
  /** The same for a display id that somebody searches: what watches `search:<display id>` is announced to. */
  search(displayId: string, packageName: string | null): LinkedNow
  /** Stops announcing. */
  close(): void
}

/** Display ids whose entries are remembered; each belongs to one entry, or after a rename to two. */
const REMEMBERED = 1_000
const ENTRIES_OF_ONE = 8

/**
 * Linked packages out of a cached query. `bucket`: the service's own, in which an entry's own package lies; null for a
 * folder. `announce` touches, unforced, whatever watches a topic; what it throws is logged.
 */
export const linkedPackages = (o: {
  readonly query: CachedQuery
  readonly bucket: string | null
  readonly announce: (topics: readonly Topic[]) => Promise<unknown>
  readonly log: Logger
}): LinkedPackages => {
  const entries = new Map<string, Set<Topic>>()

  const remember = (displayId: string, topic: Topic): void => {
    const topics = entries.get(displayId) ?? new Set()
    entries.delete(displayId)
    entries.set(displayId, topics)
    topics.delete(topic)
    topics.add(topic)
    for (const oldest of topics) if (topics.size > ENTRIES_OF_ONE) topics.delete(oldest)
    for (const oldest of entries.keys()) if (entries.size > REMEMBERED) entries.delete(oldest)
  }

  const close = o.query.onChange((displayId) => {
    const topics = entries.get(displayId)
    if (!topics) return
    o.announce([...topics]).catch((thrown) =>
      o.log.warn(faultFields(asFault(thrown)), 'canvases could not be told about linked packages'),
    )
  })

  const look = (displayId: string, packageName: string | null, topic: Topic): LinkedNow => {
    remember(displayId, topic)
    const known = o.query.peek(displayId)
    const own = ({ bucket, name }: FoundPackage) => name === packageName && bucket === o.bucket
    return {
      packages: known.packages.filter((one) => !own(one)),
      complete: known.complete,
      searching: known.at === null && known.warning === null,
      warning: known.warning,
    }
  }

  return {
    of: ({ id, displayId, packageName }) => look(displayId, packageName, `entry:${id}`),
    search: (displayId, packageName) => look(displayId, packageName, `search:${displayId}`),
    close,
  }
}
