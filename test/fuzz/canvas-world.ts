import { pino } from 'pino'
import type { Fault } from '../../src/base/fault.ts'
import { createAdoptCanvas } from '../../src/canvas/adopt-canvas.ts'
import { readButton } from '../../src/canvas/buttons.ts'
import { canvasJob } from '../../src/canvas/canvas-job.ts'
import { type CanvasState, NEW_CANVAS } from '../../src/canvas/canvas-state.ts'
import { placeJob } from '../../src/canvas/place-job.ts'
import type { Delivery, JobKind, Key, Subject } from '../../src/jobs/ports.ts'
import { createWorker, type Worker } from '../../src/jobs/worker.ts'
import { localBell } from '../../src/local/bell.ts'
import { openSqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { failedEntry, startedEntry } from '../../src/packaging/entry-record.ts'
import type { EntryState } from '../../src/packaging/entry-state.ts'
import { createFindPackage } from '../../src/packaging/find-package.ts'
import { createPackageEvents } from '../../src/packaging/package-events.ts'
import { packageName } from '../../src/quilt/names.ts'
import type { LogicalKey, TopHash } from '../../src/quilt/types.ts'
import { packageLinks } from '../../src/service/package-links.ts'
import { plan } from '../../src/webhook/routing.ts'
import { never } from '../jobs/worker-harness.ts'
import { bare } from '../packaging/entries.ts'
import { MemoryRegistry } from '../packaging/memory-registry.ts'
import { Canvases } from '../support/canvases.ts'
import { FakeClock } from '../support/clock.ts'

/** Two canvases of one entry: of the second no delivery says where it is. */
export const CANVAS_IDS = ['cnvs_1', 'cnvs_2'] as const
export type CanvasId = (typeof CANVAS_IDS)[number]
export const ENTRY_ID = 'etr_Bare1'
const NAME = packageName('benchling/EXP1')

/** A process of the service. `callsLeft`: it dies at its last call, which comes to pass or not; null: it lives on. */
type Process = { worker: Worker; dead: boolean; callsLeft: number | null; lastComesToPass: boolean }

const MOST_PROCESSES = 2

/** Two canvases in one entry, with a registry, faults to come, and processes that can be killed. */
export class CanvasWorld {
  readonly clock = new FakeClock()
  readonly jobs = openSqliteJobs(':memory:', { clock: this.clock })
  readonly canvases = new Canvases()
  readonly registry = new MemoryRegistry()
  readonly #bell = localBell()
  /** Thrown by the next reads of the registry, in order. */
  readonly registryFaults: Fault[] = []
  /** What the next runs of the entry come to, in order; then a revision each time. */
  readonly entryFaults: Fault[] = []
  /** Thrown by the next calls of processes for records, in order. */
  readonly storeFaults: Fault[] = []
  readonly #events = createPackageEvents({
    subjects: this.jobs.subjects,
    registry: this.registry.port(),
    adoptCanvas: createAdoptCanvas(this.clock),
    clock: this.clock,
    log: pino({ level: 'silent' }),
    place: () => ({ bucket: 'memory', prefix: 'benchling' }),
    onTouched: (keys) => {
      for (const key of keys) void this.#bell.ring(key, 'event')
    },
  })
  readonly #told: string[] = []
  #deliveries = 0
  #revisions = 0
  readonly #processes: Process[] = [this.#start()]

  constructor() {
    for (const id of CANVAS_IDS) this.canvases.insert(id, ENTRY_ID)
  }

  /** A process dies without a word: now, or at its `inCalls`th call. Another one starts. */
  crash(inCalls = 0, lastComesToPass = false): void {
    const [oldest] = this.#processes
    if (!oldest) return
    if (inCalls === 0) kill(oldest)
    else Object.assign(oldest, { callsLeft: inCalls, lastComesToPass })
    this.#replaceTheDead()
  }

  /** One process more, beside the one that there is. */
  scale(): void {
    this.#replaceTheDead()
    if (this.#processes.length < MOST_PROCESSES) this.#processes.push(this.#start())
  }

  async close(): Promise<void> {
    this.#replaceTheDead()
    await Promise.all(this.#processes.map(({ worker }) => worker.drain(0)))
    await this.jobs.close()
  }

  /** Somebody inserts the canvases: they are locked until the app has drawn them. */
  async insert(): Promise<void> {
    for (const canvasId of CANVAS_IDS) {
      this.canvases.click(canvasId)
      const entryId = canvasId === 'cnvs_1' ? ENTRY_ID : null
      await this.#deliver({ kind: 'canvas', canvasId, featureId: 'f', entryId })
    }
  }

  /** A press: Benchling locks the canvas, whatever the button. `ago`: how long the delivery took, ms. */
  press(canvasId: CanvasId, buttonId: string, { ago = 0, twice = false } = {}): Promise<void> {
    this.canvases.click(canvasId)
    const button = readButton(buttonId)
    return this.#deliver({ kind: 'click', canvasId, featureId: 'f', button }, { ago, twice })
  }

  /** The records are lost: a canvas outlives them, with what its `data` says. */
  async forget(canvasId: CanvasId): Promise<void> {
    await this.jobs.subjects.change(`canvas:${canvasId}`, (subject) => ({ ...subject, state: NEW_CANVAS }))
  }

  /** Events go missing, come late and come again. */
  async tell(which: number): Promise<void> {
    const body = this.#told[which % Math.max(1, this.#told.length)]
    if (body) await this.#events.handle(body).catch(() => {})
    await this.clock.settle()
  }

  save(): Promise<void> {
    return this.#deliver({ kind: 'entry', entryId: ENTRY_ID })
  }

  /** Somebody pushes a revision with quilt3; nobody tells the service yet. */
  push(): void {
    const revision = this.#revision()
    this.registry.published.push(revision)
    const detail = { type: 'created', bucket: 'memory', handle: NAME, topHash: revision.topHash }
    const time = new Date(this.clock.now()).toISOString()
    this.#told.push(
      JSON.stringify({ source: 'com.quiltdata', 'detail-type': 'package-revision', time, detail }),
    )
  }

  async canvas(canvasId: CanvasId): Promise<Subject<CanvasState> | null> {
    return (await this.jobs.subjects.get(`canvas:${canvasId}`)) as Subject<CanvasState> | null
  }

  async entry(): Promise<Subject<EntryState> | null> {
    return (await this.jobs.subjects.get(`entry:${ENTRY_ID}`)) as Subject<EntryState> | null
  }

  /** Lets time pass until nothing is asked for any more. */
  async rest(): Promise<void> {
    const keys = [...CANVAS_IDS.map((id): Key => `canvas:${id}`), `entry:${ENTRY_ID}` as const]
    for (let steps = 0; steps < 400; steps++) {
      this.#replaceTheDead()
      await this.clock.advance(1_000)
      const open = await Promise.all(keys.map((key) => this.jobs.subjects.get(key)))
      if (steps > 2 && open.every((one) => one === null || one.wanted <= one.done)) return
    }
    throw new Error('it never came to rest')
  }

  async #deliver(
    request: Parameters<typeof plan>[0],
    { ago = 0, twice = false }: { ago?: number; twice?: boolean } = {},
  ): Promise<void> {
    const id = `msg_${++this.#deliveries}`
    const type = TYPES[request.kind as keyof typeof TYPES]
    const cause = { delivery: id, type, at: this.clock.now() - ago, by: 'ent_1' }
    const key: Key | null = 'canvasId' in request ? `canvas:${request.canvasId}` : null
    const record = key && (await this.jobs.subjects.get(key))
    const { outcome, touches } = plan(request, { appId: 'app_1', cause, record })
    const delivery: Delivery = { id, receivedAt: this.clock.now(), type, outcome, facts: {} }
    for (let time = 0; time < (twice ? 2 : 1); time++) await this.jobs.subjects.record(delivery, touches)
    for (const { key } of touches) await this.#bell.ring(key, id)
    await this.clock.settle()
  }

  #revision() {
    const n = ++this.#revisions
    const topHash = n.toString(16).padStart(8, '0').repeat(8) as TopHash
    const files = Array.from({ length: 20 }, (_, at) => ({
      logicalKey: `${at % 3 === 0 ? 'plates/' : ''}well-${at}.csv` as LogicalKey,
      physicalKey: `memory:${at}`,
      size: at,
      hash: { type: 'SHA256' as const, value: 'a'.repeat(64) },
      meta: {},
    }))
    const user_meta = { entry_id: ENTRY_ID, display_id: 'EXP1', nested: { text: 'long '.repeat(200), n } }
    const header = { version: 'v0', message: `revision ${n}`, user_meta }
    return {
      name: NAME,
      topHash,
      header,
      entries: files,
    } as never as (typeof this.registry.published)[number]
  }

  #replaceTheDead(): void {
    const living = this.#processes.filter(({ dead }) => !dead)
    this.#processes.splice(0, this.#processes.length, ...(living.length > 0 ? living : [this.#start()]))
  }

  #start(): Process {
    const process = { dead: false, callsLeft: null, lastComesToPass: false } as unknown as Process
    const living = <T extends object>(target: T): T => mortal(target, process)
    const subjects = living(failing(this.jobs.subjects, this.storeFaults))
    const benchling = living(this.canvases.benchling)
    const registry = living(failing(this.registry.port(), this.registryFaults))
    const ports = {
      benchling,
      subjects,
      clock: this.clock,
      links: packageLinks('catalog.test', 'memory'),
      footer: 'test Rev 1',
      reader: async () => registry,
      bucket: 'memory',
      findPackage: createFindPackage({
        benchling: { entry: async () => bare({ id: ENTRY_ID, displayId: 'EXP1' }) },
        registry,
        clock: this.clock,
        prefix: 'benchling',
      }),
    }
    process.worker = createWorker({
      subjects,
      journal: living(this.jobs.journal),
      bell: this.#bell,
      kinds: { entry: this.#entryKind(process), canvas: canvasJob(ports), place: placeJob(ports) },
      clock: this.clock,
      log: pino({ level: 'silent' }),
      owner: 'test',
      concurrency: 2,
      version: '1',
      random: () => 0.5,
    })
    process.worker.start()
    return process
  }

  #entryKind(process: Process): JobKind<EntryState> {
    return {
      deadlineMs: 60_000,
      started: startedEntry,
      failed: failedEntry,
      run: async (job) => {
        await job.progress((state) => ({ ...state, displayId: 'EXP1', packageName: NAME }), { now: true })
        await this.clock.sleep(1_500, job.signal)
        const fault = this.entryFaults.shift()
        if (fault) throw fault
        if (process.dead) return never
        const revision = this.#revision()
        this.registry.published.push(revision)
        const { topHash } = revision
        const summary = {
          topHash,
          files: 20,
          bytes: 190,
          publishedAt: this.clock.now(),
          unchangedAt: null,
        }
        return {
          change: (state) => ({
            ...state,
            progress: null,
            failure: null,
            adopted: NAME,
            displayId: 'EXP1',
            packageName: NAME,
            revision: summary,
          }),
          summary: {},
        }
      },
    }
  }
}

const TYPES = {
  canvas: 'v2.canvas.created',
  click: 'v2.canvas.userInteracted',
  entry: 'v2.entry.updated.fields',
} as const

const kill = (process: Process): void => {
  process.dead = true
  void process.worker.drain(0)
}

/** What a dead process asks for never comes to pass, and it learns nothing any more. */
const mortal = <T extends object>(target: T, process: Process): T =>
  new Proxy(target, {
    get: (of, name) => {
      const value = Reflect.get(of, name) as unknown
      if (typeof value !== 'function') return value
      return async (...given: unknown[]) => {
        if (process.dead) return never
        if (process.callsLeft !== null && --process.callsLeft <= 0) {
          const last = process.lastComesToPass ? value.apply(of, given) : null
          kill(process)
          await Promise.resolve(last).catch(() => {})
          return never
        }
        const answer = await value.apply(of, given)
        return process.dead ? never : answer
      }
    },
  })

const failing = <T extends object>(target: T, faults: Fault[]): T =>
  new Proxy(target, {
    get: (of, name) => {
      const value = Reflect.get(of, name) as unknown
      if (typeof value !== 'function') return value
      return async (...given: unknown[]) => {
        const fault = faults.shift()
        if (fault) throw fault
        return value.apply(of, given)
      }
    },
  })
