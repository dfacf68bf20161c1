import { createLog } from '../../src/base/log.ts'
import type { Entry } from '../../src/benchling/entry.ts'
import type { EntryState } from '../../src/packaging/entry-state.ts'
import { ownFiles } from '../../src/packaging/own-files.ts'
import { createPackageEvents, type PackageEvents } from '../../src/packaging/package-events.ts'
import type { PackagingPorts } from '../../src/packaging/ports.ts'
import { createPackagerPublisher } from '../../src/registry/packager-publisher.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { inPlace } from '../../src/registry/reuse.ts'
import { MemoryPackager } from '../registry/memory-packager.ts'
import { MemoryStore } from '../registry/memory-store.ts'
import { Workshop } from './workshop.ts'

const { signal } = new AbortController()

/** The files the known system leaves under a package's prefix (peer-service.md §2.3, §2.4); values are invented. */
export const knownSystemFiles = (
  entry: Pick<Entry, 'id' | 'displayId'>,
  members: Readonly<Record<string, string>>,
  canvasId: string | null,
): Record<string, string> => {
  const name = `benchling/${entry.displayId}`
  const files = Object.entries(members).map(([key, text]) => [
    key,
    { s3_key: `${name}/${key}`, size: text.length },
  ])
  return {
    ...members,
    'entry.json': JSON.stringify({
      package_name: name,
      entry_id: entry.id,
      display_id: entry.displayId,
      name: 'Assay',
      export_timestamp: '',
      webhook_data: { type: 'v2.canvas.created', resourceId: entry.id },
      files: Object.fromEntries(files),
      ...(canvasId === null ? {} : { canvas_id: canvasId }),
      links: [],
    }),
    'entry_data.json': JSON.stringify({ id: entry.id, display_id: entry.displayId }),
    'links.json': '{"schema_version":2,"entities":[],"links":[],"results_tables":[]}',
    'input.json': '{"source":"benchling_webhook","export_url":"","processing_timestamp":""}',
    'README.md': `# ${entry.displayId}\n`,
  }
}

/** One entry whose packages Quilt's packager makes, and the events that tell of them. */
export class PackagerWorkshop extends Workshop {
  readonly store: MemoryStore
  readonly packager: MemoryPackager
  readonly events: PackageEvents

  private constructor(
    its: { store: MemoryStore; packager: MemoryPackager },
    entry: Entry,
    bent: (ports: PackagingPorts) => PackagingPorts,
  ) {
    const { store, packager } = its
    const room = { store, objects: async () => [], close: async () => {} }
    super(room, entry, (ports) => {
      const prefix = store.prefix()
      const registry = createRegistry(store, ports.clock, { workflow: null, reuse: inPlace(prefix) })
      const publisher = createPackagerPublisher({
        store,
        prefix,
        queue: packager,
        workflow: null,
        own: ownFiles(registry),
      })
      return bent({ ...ports, registry, publisher })
    })
    this.store = store
    this.packager = packager
    this.events = createPackageEvents({
      subjects: this.jobs.subjects,
      registry: this.registry,
      adoptCanvas: this.world.ports.adoptCanvas,
      clock: this.world.clock,
      log: createLog('silent'),
      place: () => ({ bucket: 'memory', prefix: 'benchling' }),
    })
  }

  static open(
    entry: Entry,
    bent: (ports: PackagingPorts) => PackagingPorts = (ports) => ports,
  ): PackagerWorkshop {
    const store = new MemoryStore()
    const packager = new MemoryPackager(store, store.prefix())
    return new PackagerWorkshop({ store, packager }, entry, bent)
  }

  /** Files as somebody else's program puts them there: without our mark. */
  async put(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [key, text] of Object.entries(files))
      await this.store.write(`benchling/EXP1/${key}`, Buffer.from(text), null, signal)
  }

  /** The known system packaged the entry before the switch. */
  async packagedBefore(members: Readonly<Record<string, string>>, canvasId: string | null): Promise<string> {
    const { entryNow } = this.world.benchling
    await this.put(knownSystemFiles(entryNow, members, canvasId))
    await this.packager.send(
      JSON.stringify({
        source_prefix: 's3://memory/benchling/EXP1/',
        registry: 'memory',
        package_name: 'benchling/EXP1',
        metadata_uri: 'entry.json',
        commit_message: 'Benchling v2.canvas.created',
      }),
    )
    return (await this.packager.build())[0]!
  }

  /** Works at what is due, and no further. */
  async now(): Promise<void> {
    await this.worker.idle()
  }

  /** Time passes, and what becomes due is worked at. */
  async later(ms: number): Promise<void> {
    await this.world.clock.advance(ms)
    await this.now()
  }

  async state(): Promise<EntryState> {
    return (await this.jobs.subjects.get(this.key))!.state as unknown as EntryState
  }

  /** In how many ms the entry is looked at again; null when nothing is wanted of it. */
  async looksIn(): Promise<number | null> {
    const subject = (await this.jobs.subjects.get(this.key))!
    if (subject.wanted === subject.done) return null
    return (subject.dueAt ?? this.world.clock.now()) - this.world.clock.now()
  }

  async statuses(): Promise<unknown[]> {
    return (await this.runs()).map((run) => run.code ?? run.summary.status)
  }
}
