import type { AllowList } from '../base/allow-list.ts'
import type { Clock } from '../base/clock.ts'
import { type Home, RECENT_ENTRIES, type RecentEntry } from '../canvas/home.ts'
import { workOn } from '../canvas/load-screen.ts'
import type { Subject, Subjects } from '../jobs/ports.ts'
import type { EntryState } from '../packaging/entry-state.ts'
import { packageNameFor } from '../packaging/naming.ts'
import { isPackageName } from '../quilt/names.ts'
import type { Registry } from '../registry/ports.ts'

/** What canvases outside of entries list: packages of this service's own registry, as far as the operator allows. */
export const homePackages = (o: {
  readonly subjects: Pick<Subjects, 'recentEntries'>
  /** Null where no packages are made. */
  readonly registry: Pick<Registry, 'bucket' | 'latest'> | null
  readonly prefix: string
  readonly allow: AllowList
  readonly clock: Clock
  readonly state: Home['state']
}): Home => {
  const { subjects, registry, prefix, allow, clock, state } = o
  const bucket = registry?.bucket ?? null
  const mayShow = (name: string): boolean => bucket === null || allow.allows(bucket, name)

  const listed = (subject: Subject<EntryState>): RecentEntry[] => {
    const { packageName } = subject.state
    if (packageName === null || !isPackageName(packageName) || !mayShow(packageName)) return []
    const entryId = subject.key.slice('entry:'.length)
    return [{ entryId, packageName, state: subject.state, status: workOn(subject, clock.now()) }]
  }

  return {
    recent: async () => {
      if (registry === null) return []
      const entries = (await subjects.recentEntries(RECENT_ENTRIES)) as Subject<EntryState>[]
      return entries.flatMap(listed)
    },
    named: async (displayId, signal) => {
      const name = packageNameFor(prefix, { id: displayId, displayId })
      const topHash = registry && mayShow(name) ? await registry.latest(name, signal) : null
      return topHash && { name, topHash }
    },
    state,
  }
}
