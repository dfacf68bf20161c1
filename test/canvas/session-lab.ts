import { pino } from 'pino'
import type { Fault } from '../../src/base/fault.ts'
import { type BenchlingClient, createBenchling } from '../../src/benchling/client.ts'
import type { Benchling } from '../../src/benchling/ports.ts'
import { canvasJob } from '../../src/canvas/canvas-job.ts'
import { type CanvasState, NEW_CANVAS } from '../../src/canvas/canvas-state.ts'
import { NO_LINKS } from '../../src/canvas/links.ts'
import type { CanvasSession } from '../../src/canvas/session-state.ts'
import type { Cause, JobKind, Subject, Subjects } from '../../src/jobs/ports.ts'
import { press, touchOf } from '../../src/jobs/subject.ts'
import { createWorker, type Worker } from '../../src/jobs/worker.ts'
import { localBell } from '../../src/local/bell.ts'
import { openSqliteJobs, type SqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { failedEntry, startedEntry } from '../../src/packaging/entry-record.ts'
import { type EntryState, NEW_ENTRY, type Progress } from '../../src/packaging/entry-state.ts'
import { createRunProgress } from '../../src/packaging/run-progress.ts'
import type { Exchange } from '../../src/simulator/api/exchanges.ts'
import { startTenant, type Tenant } from '../../src/simulator/tenant.ts'
import { LeapingClock } from '../main-path/support/leaping-clock.ts'

export const ENTRY = 'etr_8Qk2RmZa'

type Order = Progress['phase'] | Fault | { readonly ends: Partial<EntryState> }

/** What a process may do otherwise than it should: lose calls, or die. */
export type Meddle = (process: { benchling: Benchling; subjects: Subjects }) => {
  benchling?: Partial<Benchling>
  subjects?: Partial<Subjects>
}

/** A simulated tenant, records, and workers that draw its canvases; runs of the entry do what a test orders. */
export class SessionLab implements AsyncDisposable {
  readonly tenant: Tenant
  readonly clock: LeapingClock
  readonly jobs: SqliteJobs
  /** Calls about sessions, in order: what was done, and the status of the answer. */
  readonly calls: string[]
  /** When each of them was answered, ms. */
  readonly times: number[]
  readonly #orders: Order[] = []
  readonly #workers: Worker[] = []
  readonly #clients: BenchlingClient[] = []
  #wake = () => {}
  #presses = 0

  private constructor(its: Pick<SessionLab, 'tenant' | 'clock' | 'jobs' | 'calls' | 'times'>) {
    this.tenant = its.tenant
    this.clock = its.clock
    this.jobs = its.jobs
    this.calls = its.calls
    this.times = its.times
  }

  static async start(): Promise<SessionLab> {
    const clock = new LeapingClock()
    const calls: string[] = []
    const times: number[] = []
    const onExchange = (exchange: Exchange) => {
      const call = callOf(exchange)
      if (call === null) return
      calls.push(call)
      times.push(clock.now())
    }
    const tenant = await startTenant({ clock, page: false, onExchange })
    return new SessionLab({ tenant, clock, jobs: openSqliteJobs(':memory:', { clock }), calls, times })
  }

  /** A process on the same records; its lease ends soon when it dies. */
  process(owner: string, meddle: Meddle = () => ({})): Worker {
    const { clientId, clientSecret } = this.tenant.credentials
    const log = pino({ level: 'silent' })
    const benchling = createBenchling({
      apiBase: this.tenant.url,
      credentials: async () => ({ clientId, clientSecret }),
      downloads: { hosts: [], allowOrigins: [this.tenant.url] },
      clock: this.clock,
      log,
    })
    const own = { benchling, subjects: this.jobs.subjects }
    const other = meddle(own)
    const subjects = { ...own.subjects, ...other.subjects }
    const canvas = canvasJob({
      benchling: { ...benchling, ...other.benchling },
      subjects,
      clock: this.clock,
      links: NO_LINKS,
      footer: 'test',
      reader: async () => null,
      bucket: null,
    })
    const worker = createWorker({
      subjects,
      journal: this.jobs.journal,
      bell: localBell(),
      kinds: { entry: this.#entryKind, canvas },
      clock: this.clock,
      log,
      owner,
      concurrency: 4,
      version: '1.0.0',
      random: () => 0.5,
    })
    worker.start()
    this.#workers.push(worker)
    this.#clients.push(benchling)
    return worker
  }

  /** A canvas in the entry that the app has drawn once. */
  async insert(): Promise<string> {
    const { appId } = this.tenant.credentials
    const of = { appId, featureId: 'quilt_entry', resourceId: ENTRY, enabled: true }
    const { id } = this.tenant.canvases.create(of)
    await this.press(id)
    await this.until(() => this.shows(id) !== '[]')
    return id
  }

  /** Somebody presses a button that shows the canvas again, perhaps on a page that is a moment old. */
  async press(id: string): Promise<void> {
    const at = this.clock.now()
    const { appId } = this.tenant.credentials
    const change = (subject: Subject<CanvasState>): Subject<CanvasState> => ({
      ...press(subject, this.#cause(at)),
      state: { ...subject.state, appId, entryId: ENTRY, clickedAt: at },
    })
    const watch = [`entry:${ENTRY}`] as const
    this.tenant.canvases.change(id, { enabled: false })
    const touch = touchOf<CanvasState>({ key: `canvas:${id}`, initial: NEW_CANVAS, change, watch })
    await this.jobs.subjects.touch([touch])
  }

  /** Somebody wants the entry packaged; its run waits for orders. */
  async ask(): Promise<void> {
    const change = (subject: Subject<EntryState>) => press(subject, this.#cause(this.clock.now()))
    const initial = { ...NEW_ENTRY, displayId: 'EXP1', packageName: 'benchling/EXP1' }
    await this.jobs.subjects.touch([touchOf<EntryState>({ key: `entry:${ENTRY}`, initial, change })])
  }

  /** Resolves when a process has taken over the run of the entry. */
  worksOn(owner: string): Promise<void> {
    return this.until(async () => (await this.jobs.subjects.get(`entry:${ENTRY}`))?.run?.owner === owner)
  }

  /** When the run of the entry failed last. */
  async failedAt(): Promise<number | null> {
    const subject = await this.jobs.subjects.get(`entry:${ENTRY}`)
    return (subject?.state as EntryState | undefined)?.failure?.at ?? null
  }

  order(...orders: Order[]): void {
    this.#orders.push(...orders)
    this.#wake()
  }

  /** Resolves when it is so, after something that happened in the tenant. */
  until(so: () => boolean | Promise<boolean>): Promise<void> {
    const { events } = this.tenant
    return new Promise((resolve, reject) => {
      const look = () => {
        Promise.resolve(so()).then((now) => {
          if (!now) return
          events.off('activity', look)
          clearInterval(timer)
          resolve()
        }, reject)
      }
      events.on('activity', look)
      // What only the records tell of.
      const timer = setInterval(look, 5)
      look()
    })
  }

  shows(id: string): string {
    return JSON.stringify(this.tenant.canvases.get(id).blocks)
  }

  /** The session on a canvas as a person sees it. */
  banner(id: string): { status: string; says: string[] } | null {
    const { sessionId } = this.tenant.canvases.get(id)
    if (sessionId === null) return null
    const { status, messages } = this.tenant.sessions.get(sessionId)
    const says = (messages ?? []).map(
      ({ content, style }) => `${style} ${content.replace(/^\d\d:\d\d UTC /, '')}`,
    )
    return { status, says }
  }

  async session(id: string): Promise<CanvasSession | null> {
    const subject = await this.jobs.subjects.get(`canvas:${id}`)
    return (subject?.state as CanvasState | undefined)?.session ?? null
  }

  /** Resolves when nothing is wanted of the canvas any more, apart from what has its time. */
  rests(id: string): Promise<void> {
    return this.until(async () => {
      const subject = await this.jobs.subjects.get(`canvas:${id}`)
      return subject !== null && subject.run === null && subject.wanted === subject.done
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.#workers) await worker.drain(0)
    for (const client of this.#clients) await client.close()
    await this.jobs.close()
    await this.tenant.close()
    this.clock[Symbol.dispose]()
  }

  readonly #entryKind: JobKind<EntryState> = {
    deadlineMs: 1_000 * 3_600_000,
    started: startedEntry,
    failed: failedEntry,
    run: async (job) => {
      const progress = createRunProgress(job, this.clock)
      for (;;) {
        const order = await this.#order(job.signal)
        if (typeof order === 'string') await progress.phase(order)
        else if (order instanceof Error) throw order
        else {
          const change = (state: EntryState) => ({ ...state, progress: null, failure: null, ...order.ends })
          return { change, summary: {} }
        }
      }
    },
  }

  async #order(signal: AbortSignal): Promise<Order> {
    for (;;) {
      signal.throwIfAborted()
      const order = this.#orders.shift()
      if (order) return order
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  #cause(at: number): Cause {
    return { delivery: `press-${++this.#presses}`, type: 'v2.canvas.userInteracted', at, by: null }
  }
}

/** What was done about sessions, and the status of the answer; null for every other exchange. */
const callOf = ({ method, path, body, status }: Exchange): string | null => {
  const { sessionId, status: as } = (body ?? {}) as { sessionId?: string | null; status?: string }
  if (path === '/app-sessions') return `create ${status}`
  if (path.startsWith('/app-sessions/')) return `${as ? `end ${as}` : 'tell'} ${status}`
  if (method !== 'PATCH' || sessionId === undefined) return null
  return `${sessionId === null ? 'detach' : 'attach'} ${status}`
}
