import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { openDynamoJobs } from '../../src/aws/dynamo-jobs.ts'
import { tableDefinition } from '../../src/aws/dynamo-table.ts'
import { createS3Store } from '../../src/aws/s3-store.ts'
import { systemClock } from '../../src/base/clock.ts'
import { createLog } from '../../src/base/log.ts'
import type { RunRecord, Subject } from '../../src/jobs/ports.ts'
import type { EntryState } from '../../src/packaging/entry-state.ts'
import type { PackageName } from '../../src/quilt/types.ts'
import type { Registry, Revision } from '../../src/registry/ports.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { verifyRevision } from '../../src/registry/verify-revision.ts'
import type { EntrySeed } from '../../src/simulator/entries/sample.ts'
import { startTenant, type Tenant } from '../../src/simulator/tenant.ts'
import { ServeChild } from '../main-path/support/serve-child.ts'
import { BUCKET, Cloud, type CloudOptions } from './cloud.ts'
import { scratch } from './tools.ts'

const LEASE_SECONDS = 2
const WITHIN_MS = 60_000
/** Starting is much of what a task costs: what was compiled once is kept. */
const COMPILED = join(tmpdir(), 'benchling-webhook-cloud-compiled')
const LOOK_PAUSE_MS = 400
const never = new AbortController().signal
const log = createLog('silent')

export type CloudLabOptions = Omit<CloudOptions, 'table'> & {
  readonly entries: readonly EntrySeed[]
  readonly exportMs?: number
}

type Home = { readonly path: string; remove(): Promise<void> }

/** A simulated tenant, an emulated account, and as many tasks of the service as a test starts: `serve`, each a process. */
export class CloudLab implements AsyncDisposable {
  readonly tenant: Tenant
  readonly cloud: Cloud
  /** What the tasks wrote, read past the proxy. */
  readonly registry: Registry
  readonly jobs: ReturnType<typeof openDynamoJobs>
  readonly #home: Home
  readonly #tasks: ServeChild[] = []

  private constructor(its: Pick<CloudLab, 'tenant' | 'cloud' | 'registry' | 'jobs'>, home: Home) {
    this.tenant = its.tenant
    this.cloud = its.cloud
    this.registry = its.registry
    this.jobs = its.jobs
    this.#home = home
  }

  static async start({ entries, exportMs = 50, ...options }: CloudLabOptions): Promise<CloudLab> {
    const home = await scratch()
    const tenant = await startTenant({ page: false, entries, exportMs })
    const cloud = await Cloud.start(tenant, { ...options, table: tableDefinition('jobs') })
    const store = await createS3Store({ ...cloud.s3Address, bucket: BUCKET, clock: systemClock, log })
    return new CloudLab(
      {
        tenant,
        cloud,
        registry: createRegistry(store, systemClock, { workflow: null }),
        jobs: openDynamoJobs({ ...cloud.tableAddress, table: 'jobs', clock: systemClock, log }),
      },
      home,
    )
  }

  /** Starts a task. The tenant delivers to the newest one. */
  async serve(env: Record<string, string> = {}): Promise<ServeChild> {
    const { DATA_DIR, QUILT_REGISTRY } = { DATA_DIR: '', QUILT_REGISTRY: '' }
    const task = await ServeChild.start(this.tenant, this.#home.path, {
      env: {
        ...this.cloud.env(),
        DATA_DIR,
        QUILT_REGISTRY,
        LEASE_SECONDS: String(LEASE_SECONDS),
        HOME: this.#home.path,
        NODE_COMPILE_CACHE: COMPILED,
        ...env,
      },
    })
    this.#tasks.push(task)
    return task
  }

  /** Resolves when a task has read its secret, so that deliveries are taken. */
  async known(task: ServeChild): Promise<void> {
    await this.until('the secret is known', () => task.output.includes('its settings are in use'))
  }

  /** Looks until something is true, for a minute or as many ms. */
  async until<T>(
    what: string,
    look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
    withinMs = WITHIN_MS,
  ): Promise<T> {
    const end = Date.now() + withinMs
    let pauseMs = 50
    for (;;) {
      const seen = await look()
      if (seen) return seen
      if (Date.now() > end)
        throw new Error(
          `it did not come to pass: ${what}\n${this.#tasks
            .map((task) => task.output)
            .join('\n')
            .slice(-6_000)}`,
        )
      // Looks of ours are work for the emulator: fewer of them as time goes on.
      await wait(pauseMs)
      pauseMs = Math.min(LOOK_PAUSE_MS, pauseMs * 1.5)
    }
  }

  /** What people read on a canvas. */
  shows(canvasId: string): string {
    return JSON.stringify(this.tenant.canvases.get(canvasId).blocks)
  }

  untilShown(canvasId: string, text: string, withinMs?: number): Promise<unknown> {
    const look = () => {
      const canvas = this.tenant.canvases.get(canvasId)
      return canvas.enabled && this.shows(canvasId).includes(text)
    }
    return this.until(`${canvasId} shows ${text}`, look, withinMs)
  }

  /** Resolves when the tasks take deliveries: their secret and the keys of the app are known. */
  async untilReady(): Promise<void> {
    const heard = { type: 'v2.app.installed' }
    await this.until(
      'deliveries are taken',
      async () => (await this.tenant.deliver(heard)).attempts.at(-1)?.status === 200,
    )
  }

  /** Resolves when nothing is wanted of these entries and of their canvases any more. */
  async rest(...entryIds: string[]): Promise<void> {
    const keys = [
      ...entryIds.map((id) => `entry:${id}` as const),
      ...this.tenant.canvases
        .list()
        .filter(({ resourceId }) => entryIds.includes(resourceId))
        .map(({ id }) => `canvas:${id}` as const),
    ]
    const rests = async () => {
      const subjects = await Promise.all(keys.map((key) => this.jobs.subjects.get(key)))
      return subjects.every((subject) => subject && subject.run === null && subject.wanted === subject.done)
    }
    // Twice: what is read first may be touched by what is read last, while the look is under way.
    await this.until(`${keys.join(' ')} rest`, async () => (await rests()) && (await rests()))
  }

  async entry(entryId: string): Promise<Subject<EntryState>> {
    const subject = await this.jobs.subjects.get(`entry:${entryId}`)
    if (!subject) throw new Error(`there is no record of ${entryId}`)
    return subject as unknown as Subject<EntryState>
  }

  /** Ended runs of an entry, oldest first. */
  async runs(entryId: string): Promise<RunRecord[]> {
    return (await this.jobs.history.runs({ limit: 100, key: `entry:${entryId}` })).toReversed()
  }

  /** Ids of the deliveries that ask for work, as they are recorded, oldest first. */
  async recorded(): Promise<string[]> {
    const all = await this.jobs.history.deliveries({ limit: 500 })
    return all
      .filter(({ outcome }) => outcome === 'accepted')
      .map(({ id }) => id)
      .toReversed()
  }

  /** Every revision of an entry's package, newest first, each hash of each file checked. */
  async revisions(entryId: string): Promise<Revision[]> {
    const name = (await this.entry(entryId)).state.packageName as PackageName
    const pointers = await this.registry.revisions(name, never)
    const all = []
    for (const { topHash } of pointers) {
      const revision = await this.registry.revision(name, topHash, never)
      await verifyRevision(this.registry, revision, never)
      all.push(revision)
    }
    return all
  }

  /** Top hashes of a package's revisions, newest first. */
  async pointers(name: string): Promise<string[]> {
    return (await this.registry.revisions(name as PackageName, never)).map(({ topHash }) => topHash)
  }

  /**
   * What is not as it should be when all rests, in words; hashes of all revisions are checked on the way. Nothing that was
   * acknowledged is lost, no two runs of an entry overlap, canvases are enabled and show the revision that there is.
   */
  async problems(): Promise<string[]> {
    const found: string[] = []
    const recorded = new Set((await this.jobs.history.deliveries({ limit: 500 })).map(({ id }) => id))
    for (const { id, type, attempts } of this.tenant.deliveries)
      if (attempts.some(({ status }) => status !== null && status < 300) && !recorded.has(id))
        found.push(`${type} ${id} was acknowledged and is not recorded`)
    for (const { id, resourceId, enabled } of this.tenant.canvases.list()) {
      const { state, wanted, done } = await this.entry(resourceId)
      const [newest] = await this.revisions(resourceId)
      if (wanted !== done || state.progress || state.failure)
        found.push(`${resourceId} is not at rest: ${JSON.stringify(state)}`)
      if (state.revision?.topHash !== newest?.topHash)
        found.push(`the record of ${resourceId} does not know its revision`)
      const shown = this.shows(id)
      if (!enabled) found.push(`${id} is locked`)
      if (!newest || !shown.includes('Packaged') || !shown.includes(newest.topHash.slice(0, 10)))
        found.push(`${id} does not show the revision of ${resourceId}: ${shown}`)
      const runs = await this.runs(resourceId)
      for (const [i, run] of runs.entries())
        if (i > 0 && run.startedAt < runs[i - 1]!.endedAt) found.push(`runs of ${resourceId} overlap`)
    }
    return found
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const task of this.#tasks) await task[Symbol.asyncDispose]()
    await this.jobs.close()
    await this.tenant.close()
    await this.cloud[Symbol.asyncDispose]()
    await this.#home.remove()
  }
}
