import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createS3Store } from '../../src/aws/s3-store.ts'
import type { Json } from '../../src/base/json.ts'
import { createLog, type Logger } from '../../src/base/log.ts'
import type { Entry } from '../../src/benchling/entry.ts'
import type { Key, RunRecord, Subject } from '../../src/jobs/ports.ts'
import { press, touch, touchOf } from '../../src/jobs/subject.ts'
import { createWorker, type Worker } from '../../src/jobs/worker.ts'
import { localBell } from '../../src/local/bell.ts'
import { createFolderStore } from '../../src/local/folder-store.ts'
import { openSqliteJobs, type SqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { entryJob } from '../../src/packaging/entry-job.ts'
import { NEW_ENTRY } from '../../src/packaging/entry-state.ts'
import type { PackagingPorts } from '../../src/packaging/ports.ts'
import { fileUrl, s3Url } from '../../src/quilt/physical-key.ts'
import type { ObjectStore, Registry } from '../../src/registry/ports.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { HastyClock } from '../aws/s3-lab.ts'
import { startS3Server } from '../support/s3-server.ts'
import type { S3Bucket } from '../support/s3-server-bucket.ts'
import { onRegistry, World } from './world.ts'

const { signal } = new AbortController()

/** A store to fill, and what lies in it. */
export type Room = {
  readonly store: ObjectStore
  readonly bucket?: S3Bucket
  /** Physical keys of everything in it but manifests, pointers and locks. */
  objects(): Promise<string[]>
  close(): Promise<void>
}

export const folderRoom = async (): Promise<Room> => {
  const folder = await mkdtemp(join(tmpdir(), 'workshop-'))
  const store = createFolderStore(folder)
  return {
    store,
    objects: async () => {
      const all = await readdir(folder, { recursive: true, withFileTypes: true })
      const files = all.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
      const content = files.filter((path) => !path.startsWith(join(folder, '.quilt/')))
      return content.filter((path) => !path.endsWith('.lock')).map(fileUrl)
    },
    close: async () => {
      await store.close()
      await rm(folder, { recursive: true })
    },
  }
}

export const bucketRoom =
  (versioning: 'enabled' | 'off', log: Logger = createLog('silent')) =>
  async (): Promise<Room> => {
    const server = await startS3Server({ buckets: { lab: versioning } })
    const bucket = server.buckets.get('lab')!
    const store = await createS3Store({
      bucket: 'lab',
      endpoint: server.url,
      forcePathStyle: true,
      region: 'eu-test-1',
      credentials: server.credentials,
      clock: new HastyClock(),
      log,
    })
    return {
      store,
      bucket,
      objects: async () =>
        [...bucket.objects].flatMap(([key, versions]) =>
          key.startsWith('.quilt/')
            ? []
            : versions.map(({ versionId }) => s3Url('lab', key, versionId === 'null' ? null : versionId)),
        ),
      close: () => server.close(),
    }
  }

/** One entry of a tenant, its jobs, and the worker that packages it, over a store that others may use, too. */
export class Workshop {
  readonly world: World
  readonly key: Key
  readonly jobs: SqliteJobs
  readonly registry: Registry
  readonly worker: Worker
  #events = 0

  constructor(room: Room, entry: Entry, bent: (ports: PackagingPorts) => PackagingPorts = (ports) => ports) {
    this.world = new World(entry)
    this.key = `entry:${entry.id}`
    const { clock } = this.world
    this.registry = createRegistry(room.store, clock, { workflow: null })
    this.jobs = openSqliteJobs(':memory:', { clock })
    const idle = { deadlineMs: 1, run: () => Promise.reject(new Error('unused')) }
    const unused = { ...idle, started: (state: Json) => state, failed: (state: Json) => state }
    this.worker = createWorker({
      ...this.jobs,
      bell: localBell(),
      clock,
      log: createLog('silent'),
      owner: 'workshop',
      concurrency: 1,
      version: '0',
      random: () => 0,
      kinds: {
        entry: entryJob(bent({ ...this.world.ports, ...onRegistry(this.registry) })),
        canvas: unused,
        place: unused,
      },
    })
  }

  /** Something about the entry happened, or somebody pressed. */
  async event(how: 'touch' | 'press' = 'touch'): Promise<void> {
    const id = `wh_${++this.#events}`
    const at = this.world.clock.now()
    const cause = { delivery: id, type: 'test', at, by: null }
    const change = (subject: Subject<typeof NEW_ENTRY>) =>
      how === 'press' ? press(subject, cause) : touch(subject, cause)
    await this.jobs.subjects.record({ id, receivedAt: at, type: 'test', outcome: 'accepted', facts: {} }, [
      touchOf({ key: this.key, initial: NEW_ENTRY, change }),
    ])
  }

  /** Works until nothing is left to do, or for so many attempts. */
  async work(attempts = 20): Promise<void> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      await this.worker.idle()
      const subject = (await this.jobs.subjects.get(this.key))!
      if (subject.wanted === subject.done) return
      if (attempt < attempts - 1)
        await this.world.clock.advance(Math.max(0, (subject.dueAt ?? 0) - this.world.clock.now()))
    }
  }

  /** How the runs ended, oldest first. */
  async runs(): Promise<RunRecord[]> {
    return (await this.jobs.history.runs({ limit: 50, key: this.key })).reverse()
  }

  async close(): Promise<void> {
    await this.worker.drain(0)
    await this.jobs.close()
  }
}

/** What every revision in a registry names, sorted and once. */
export const referenced = async (registry: Registry): Promise<string[]> => {
  const keys = new Set<string>()
  for (const name of await registry.packages(signal))
    for (const { topHash } of await registry.revisions(name, signal))
      for (const { physicalKey } of (await registry.revision(name, topHash, signal)).entries)
        keys.add(physicalKey)
  return [...keys].sort()
}
