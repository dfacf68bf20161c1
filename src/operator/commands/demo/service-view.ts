import type { Clock } from '../../../base/clock.ts'
import { VERSION } from '../../../base/version.ts'
import type { Key, Subject } from '../../../jobs/ports.ts'
import type { EntryState } from '../../../packaging/entry-state.ts'
import type { PackageName, TopHash } from '../../../quilt/types.ts'
import type { Revision } from '../../../registry/ports.ts'
import { verifyRevision } from '../../../registry/verify-revision.ts'
import type { Service } from '../../../service/start.ts'
import type { PackageView, ServiceActivity, ServiceView } from '../../../simulator/service-view.ts'
import { timelineOf } from './timeline.ts'

/** Runs and deliveries shown beside an entry. */
const SHOWN_RUNS = 8
const SHOWN_DELIVERIES = 20
const SHOWN_REVISIONS = 20

/** The service as the notebook page sees it: records and registry, read only. */
export const serviceView = (service: Service, clock: Clock, signal: AbortSignal): ServiceView => {
  const { subjects, journal, history, registry } = service
  const listeners = new Set<(activity: ServiceActivity) => void>()
  const verified = new Map<string, boolean | null>()
  const tell = (activity: ServiceActivity) => {
    for (const listener of listeners) listener(activity)
  }
  const recordOf = async (entryId: string) =>
    (await subjects.get(`entry:${entryId}`)) as Subject<EntryState> | null

  service.onActivity(({ key, kind, at }) => {
    if (!key.startsWith('entry:')) return
    const what = kind === 'done' ? 'finished' : kind === 'failed' || kind === 'buried' ? 'failed' : 'progress'
    tell({ entryId: key.slice('entry:'.length), what, at })
  })

  /** Checks every hash of a revision once, in the background; the page is told when it is known. */
  const check = (entryId: string, revision: Revision): boolean | null => {
    const known = verified.get(revision.topHash)
    if (known !== undefined) return known
    verified.set(revision.topHash, null)
    verifyRevision(registry, revision, signal)
      .then(
        () => verified.set(revision.topHash, true),
        () => verified.set(revision.topHash, false),
      )
      .then(() => tell({ entryId, what: 'progress', at: clock.now() }))
    return null
  }

  return {
    ready: async () => ({
      ready: service.health.ready().status === 200,
      detail: registry.bucket ? `registry ${registry.url}` : 'folder registry',
      version: VERSION,
    }),
    timeline: async (entryId) => {
      const key: Key = `entry:${entryId}`
      const [deliveries, runs, subject] = await Promise.all([
        history.deliveries({ limit: SHOWN_DELIVERIES, key }),
        history.runs({ limit: SHOWN_RUNS, key }),
        recordOf(entryId),
      ])
      const [full, open] = await Promise.all([
        Promise.all(runs.map((run) => history.run(run.id))),
        subject?.run ? journal.steps(subject.run.id) : [],
      ])
      return timelineOf({ deliveries, runs: full.filter((run) => run !== null), subject, open }, clock.now())
    },
    package: async (entryId, topHash) => {
      const name = (await recordOf(entryId))?.state.packageName as PackageName | null | undefined
      const current = name ? await registry.current(name, signal) : null
      if (!name || !current) return null
      const pointers = (await registry.revisions(name, signal)).slice(0, SHOWN_REVISIONS)
      const wanted = topHash ?? current.topHash
      if (wanted !== current.topHash && !pointers.some((pointer) => pointer.topHash === wanted)) return null
      const revision =
        wanted === current.topHash ? current : await registry.revision(name, wanted as TopHash, signal)
      const revisions = await Promise.all(
        pointers.map(async ({ at, topHash }) => ({
          topHash,
          publishedAt: at * 1000,
          message: (await registry.revision(name, topHash, signal)).header.message ?? '',
        })),
      )
      return {
        name,
        topHash: revision.topHash,
        verified: check(entryId, revision),
        files: revision.entries.map(({ logicalKey, size, hash }) => ({ logicalKey, size, hash: hash.value })),
        bytes: revision.entries.reduce((sum, { size }) => sum + size, 0),
        revisions,
        open: `quilt3.Package.browse("${name}", registry="${registry.url}"${pinned(revision, current)})`,
      } satisfies PackageView
    },
    file: async (name, topHash, logicalKey) => {
      const revision = await registry.revision(name as PackageName, topHash as TopHash, signal)
      const entry = revision.entries.find((e) => e.logicalKey === logicalKey)
      return entry ? { size: entry.size, chunks: registry.open(entry.physicalKey, signal) } : null
    },
    onActivity: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** An earlier revision is opened by its top hash. */
const pinned = (shown: Revision, current: Revision): string =>
  shown.topHash === current.topHash ? '' : `, top_hash="${shown.topHash}"`
