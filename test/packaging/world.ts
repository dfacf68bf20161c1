import { ByteBudget } from '../../src/base/byte-budget.ts'
import type { Download } from '../../src/base/download.ts'
import { createLog } from '../../src/base/log.ts'
import type { Entry } from '../../src/benchling/entry.ts'
import { createAdoptCanvas } from '../../src/canvas/adopt-canvas.ts'
import type { Archive } from '../../src/export/archive.ts'
import type { Cause, Job, Journal, Run, StepRecord } from '../../src/jobs/ports.ts'
import { RunSteps } from '../../src/jobs/steps.ts'
import { type EntryState, NEW_ENTRY } from '../../src/packaging/entry-state.ts'
import type { PackagingPorts } from '../../src/packaging/ports.ts'
import { nativePublisher } from '../../src/registry/native-publisher.ts'
import type { Registry } from '../../src/registry/ports.ts'
import { FakeClock } from '../support/clock.ts'
import { FakeBenchling, inMemory } from './fake-benchling.ts'
import { memoryArchive } from './memory-archive.ts'
import { MemoryRegistry } from './memory-registry.ts'

export const LIMITS = { maxMembers: 100_000, maxBytes: 1 << 30, maxRatio: 250, maxBufferBytes: 1 << 20 }
const BUDGET = 8 << 20

/** The journal of one run, as durable as the test. */
export class MemoryJournal implements Journal {
  readonly records: StepRecord[] = []
  async steps(): Promise<StepRecord[]> {
    return [...this.records]
  }
  async append(_key: unknown, _run: unknown, steps: readonly StepRecord[]): Promise<void> {
    this.records.push(...structuredClone(steps))
  }
}

export const UPDATED: Cause = {
  delivery: 'wh_1',
  type: 'v2.entry.updated.fields',
  at: Date.parse('2026-04-15T14:25:03Z'),
  by: null,
}

/** One tenant with one entry, and a place for packages. */
export class World {
  readonly clock = new FakeClock()
  readonly memory = new MemoryRegistry()
  readonly budget = new ByteBudget(BUDGET)
  readonly benchling: FakeBenchling
  readonly states: EntryState[] = []
  readonly #archives = new Map<Download, Archive>()
  ports: PackagingPorts
  #runs = 0

  constructor(entry: Entry) {
    this.benchling = new FakeBenchling(entry, inMemory(Buffer.alloc(0)))
    this.ports = {
      benchling: this.benchling.port(),
      ...onRegistry(this.memory.port()),
      adoptCanvas: createAdoptCanvas(this.clock),
      openArchive: async (download) => this.#archives.get(download)!,
      limits: LIMITS,
      budget: this.budget,
      clock: this.clock,
      config: { prefix: 'benchling', pkgKey: 'experiment_id', tenantHost: 'acme.benchling.com' },
    }
    this.exporting({})
  }

  /** What exports started from now on hold. */
  exporting(files: Readonly<Record<string, string>>): void {
    this.exportingArchive(memoryArchive(files))
  }

  exportingArchive(archive: Archive): void {
    this.benchling.exportNow = inMemory(Buffer.alloc(0))
    this.#archives.set(this.benchling.exportNow, archive)
  }

  run(more: Partial<Run> = {}): Run {
    return {
      id: `run-${++this.#runs}`,
      covers: 1,
      forced: false,
      attempt: 0,
      renewals: 0,
      fence: 1,
      owner: 'worker',
      leaseUntil: null,
      startedAt: this.clock.now(),
      causes: [UPDATED],
      ...more,
    }
  }

  /** A job with the real steps over a journal in memory; its states are kept in `states`. */
  async job(
    run: Run = this.run(),
    journal: Journal = new MemoryJournal(),
    state = NEW_ENTRY,
  ): Promise<Job<EntryState>> {
    const key = `entry:${this.benchling.entryNow.id}` as const
    let now: EntryState = state
    return {
      key,
      run,
      state,
      signal: new AbortController().signal,
      log: createLog('silent'),
      steps: await RunSteps.open({
        journal,
        key,
        run,
        clock: this.clock,
        hooks: { onStep: () => {}, onFenced: () => {} },
      }),
      progress: async (change) => {
        now = change(now)
        this.states.push(now)
      },
    }
  }
}

/** A registry, and publishing to it. */
export const onRegistry = (registry: Registry): Pick<PackagingPorts, 'registry' | 'publisher'> => ({
  registry,
  publisher: nativePublisher(registry),
})

/** The text of every file of what is current under a name. */
export const filesOf = async (registry: Registry, name: string): Promise<Record<string, string>> => {
  const { signal } = new AbortController()
  const revision = await registry.current(name as never, signal)
  const files: Record<string, string> = {}
  for (const { logicalKey, physicalKey } of revision?.entries ?? []) {
    const chunks: Uint8Array[] = []
    for await (const chunk of registry.open(physicalKey, signal)) chunks.push(chunk)
    files[logicalKey] = Buffer.concat(chunks).toString()
  }
  return files
}
