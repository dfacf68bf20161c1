import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import type { Clock } from '../../../src/base/clock.ts'
import { createLog } from '../../../src/base/log.ts'
import type { Metrics } from '../../../src/base/metrics.ts'
import type { CanvasState } from '../../../src/canvas/canvas-state.ts'
import { type Environment, loadConfig } from '../../../src/config/load-config.ts'
import type { Activity } from '../../../src/jobs/activity.ts'
import type { Key, RunRecord, Subject } from '../../../src/jobs/ports.ts'
import type { EntryState } from '../../../src/packaging/entry-state.ts'
import type { PackageName } from '../../../src/quilt/types.ts'
import type { Revision } from '../../../src/registry/ports.ts'
import { verifyRevision } from '../../../src/registry/verify-revision.ts'
import { type Service, startService } from '../../../src/service/start.ts'
import { serviceEnvironment } from '../../../src/simulator/service-environment.ts'
import { startTenant, type Tenant, type TenantOptions } from '../../../src/simulator/tenant.ts'
import { LeapingClock } from './leaping-clock.ts'

export type LabOptions = {
  readonly tenant?: TenantOptions
  readonly env?: Environment
  readonly metrics?: Metrics
  /** Default: one of its own. */
  readonly clock?: LeapingClock
  /** What the service itself sees as time; default: the same clock. */
  readonly seen?: (clock: Clock) => Clock
  /** Look for changes that no delivery told; default: never, because this clock leaps. */
  readonly reconcile?: { readonly everyMs: number; readonly rateShare: number }
}

const never = new AbortController().signal

/** What a service for this tenant is configured with; records and registry below `dir`. */
export const environmentFor = (tenant: Tenant, dir: string): Record<string, string> => ({
  APP_ENV: 'test',
  ...serviceEnvironment(tenant),
  QUILT_REGISTRY: join(dir, 'registry'),
  DATA_DIR: join(dir, 'data'),
  HOST: '127.0.0.1',
  PORT: '0',
  LOG_LEVEL: 'debug',
  RECONCILE_SECONDS: '0',
})

export const reconcileEnv = ({ reconcile }: LabOptions): Environment =>
  reconcile === undefined
    ? {}
    : {
        RECONCILE_SECONDS: String(reconcile.everyMs / 1_000),
        RECONCILE_RATE_PERCENT: String(reconcile.rateShare * 100),
      }

/** A simulated tenant and the real service, composed as in production, with one clock that leaps over waiting. */
export class Lab implements AsyncDisposable {
  readonly tenant: Tenant
  readonly service: Service
  readonly clock: LeapingClock
  readonly dir: string
  /** Everything the service logged, at level debug. */
  readonly logged: readonly string[]
  /** Everything its workers did. */
  readonly activities: Activity[] = []

  private constructor(its: Pick<Lab, 'tenant' | 'service' | 'clock' | 'dir' | 'logged'>) {
    this.tenant = its.tenant
    this.service = its.service
    this.clock = its.clock
    this.dir = its.dir
    this.logged = its.logged
    this.service.onActivity((activity) => this.activities.push(activity))
  }

  static async start(options: LabOptions = {}): Promise<Lab> {
    const clock = options.clock ?? new LeapingClock()
    const dir = await mkdtemp(join(tmpdir(), 'main-path-'))
    const tenant = await startTenant({ clock, page: false, entries: [], ...options.tenant })
    const logged: string[] = []
    const to = new Writable({
      write: (chunk, _, done) => {
        logged.push(String(chunk))
        done()
      },
    })
    const service = await startService(
      loadConfig({ ...environmentFor(tenant, dir), ...reconcileEnv(options), ...options.env }),
      {
        log: createLog('debug', to),
        clock: options.seen?.(clock) ?? clock,
        ...(options.metrics && { metrics: options.metrics }),
      },
    )
    tenant.webhookUrl = service.url
    return new Lab({ tenant, service, clock, dir, logged })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service.stop(0)
    await this.tenant.close()
    this.clock[Symbol.dispose]()
    await rm(this.dir, { recursive: true })
  }

  /** Resolves with the first activity that fits, of those to come. */
  next(fits: (activity: Activity) => boolean): Promise<Activity> {
    return new Promise((resolve) => {
      const stop = this.service.onActivity((activity) => {
        if (!fits(activity)) return
        stop()
        resolve(activity)
      })
    })
  }

  /**
   * Resolves when every delivery is settled and nothing is wanted of any record any more. `others`: services that work on
   * the same records.
   */
  async rest(...others: Pick<Service, 'onActivity'>[]): Promise<void> {
    for (;;) {
      const moved = this.#nextMove([this.service, ...others])
      // Twice: what is read first may be touched by what is read last, while the look is under way.
      if ((await this.#rests()) && (await this.#rests())) return
      await moved
    }
  }

  async entry(entryId: string): Promise<Subject<EntryState>> {
    const subject = await this.service.subjects.get(`entry:${entryId}`)
    if (!subject) throw new Error(`There is no record of ${entryId}.`)
    return subject as unknown as Subject<EntryState>
  }

  async canvas(canvasId: string): Promise<Subject<CanvasState>> {
    return (await this.service.subjects.get(`canvas:${canvasId}`)) as unknown as Subject<CanvasState>
  }

  /** The current revision of an entry's package, every hash of it checked. */
  async packaged(entryId: string): Promise<Revision> {
    const { state } = await this.entry(entryId)
    const name = state.packageName as PackageName | null
    const revision = name && (await this.service.registry.current(name, never))
    if (!revision) throw new Error(`${entryId} has no package: ${JSON.stringify(state.failure)}`)
    await verifyRevision(this.service.registry, revision, never)
    return revision
  }

  /** All revisions of a package, newest first, every hash of each checked. */
  async revisions(name: string): Promise<Revision[]> {
    const pointers = await this.service.registry.revisions(name as PackageName, never)
    const all = []
    for (const { topHash } of pointers) {
      const revision = await this.service.registry.revision(name as PackageName, topHash, never)
      await verifyRevision(this.service.registry, revision, never)
      all.push(revision)
    }
    return all
  }

  /** A file of a revision as text. */
  async text(revision: Revision, logicalKey: string): Promise<string> {
    const entry = revision.entries.find((one) => one.logicalKey === logicalKey)
    if (!entry) throw new Error(`${revision.name} has no ${logicalKey}: ${keysOf(revision).join(', ')}`)
    const chunks = await Array.fromAsync(this.service.registry.open(entry.physicalKey, never))
    return Buffer.concat(chunks).toString('utf8')
  }

  /** Ended runs of an entry, oldest first. */
  async runs(entryId: string): Promise<RunRecord[]> {
    return (await this.service.history.runs({ limit: 100, key: `entry:${entryId}` })).toReversed()
  }

  /** What people read on a canvas. */
  shows(canvasId: string): string {
    return JSON.stringify(this.tenant.canvases.get(canvasId).blocks)
  }

  #nextMove(services: readonly Pick<Service, 'onActivity'>[]): Promise<void> {
    return new Promise((resolve) => {
      const moved = () => {
        for (const stop of stops) stop()
        this.tenant.events.off('activity', moved)
        resolve()
      }
      const stops = services.map((service) => service.onActivity(moved))
      this.tenant.events.on('activity', moved)
    })
  }

  async #rests(): Promise<boolean> {
    if (this.tenant.deliveries.some(({ state }) => state === 'sending' || state === 'waiting')) return false
    const touched = (await this.service.history.deliveries({ limit: 500 })).flatMap(({ keys }) => keys)
    const canvases = this.tenant.canvases.list().map(({ id }): Key => `canvas:${id}`)
    const entries = this.tenant.entries.list().map(({ api }): Key => `entry:${api.id}`)
    for (const key of new Set([...touched, ...canvases, ...entries])) {
      const subject = await this.service.subjects.get(key)
      if (subject && (subject.run !== null || subject.wanted > subject.done)) return false
    }
    return true
  }
}

export const keysOf = (revision: Revision): string[] => revision.entries.map(({ logicalKey }) => logicalKey)

/** `logical key → physical key`, to see what two revisions share. */
export const physicalKeys = (revision: Revision): Map<string, string> =>
  new Map(revision.entries.map(({ logicalKey, physicalKey }) => [logicalKey, physicalKey]))
