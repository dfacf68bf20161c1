import type { Clock } from '../../src/base/clock.ts'
import { Fault } from '../../src/base/fault.ts'
import { createLog } from '../../src/base/log.ts'
import type { Entry } from '../../src/benchling/entry.ts'
import type { EntryEvent } from '../../src/benchling/ports.ts'
import type { RateStatus } from '../../src/benchling/rate-gate.ts'
import type { Job, Key, Run, Subject, Touch } from '../../src/jobs/ports.ts'
import { claim, finish } from '../../src/jobs/subject.ts'
import { openSqliteJobs, type SqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { contentDigest } from '../../src/packaging/content-digest.ts'
import { entryJob } from '../../src/packaging/entry-job.ts'
import type { EntryState } from '../../src/packaging/entry-state.ts'
import type { PackagingPorts } from '../../src/packaging/ports.ts'
import { microseconds } from '../../src/reconcile/instant.ts'
import type { ReconcilePorts } from '../../src/reconcile/ports.ts'
import { reconcileJob } from '../../src/reconcile/reconcile-job.ts'
import { NEW_TENANT, type TenantState } from '../../src/reconcile/tenant-state.ts'

/** Nobody waits: a sleep moves time to its end at once. */
export class SkippingClock implements Clock {
  #now: number

  constructor(now = Date.UTC(2026, 10, 23, 12)) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  advance(ms: number): void {
    this.#now += ms
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.#now += ms
  }
}

type Stored = { text: string; modifiedAt: string; shownAt: number; archived: boolean }

export const TENANT: Key = 'tenant:acme.benchling.com'

/**
 * A tenant and our records of it. Its lists are paged by offset, the worst way: what changes between two pages moves the
 * others. Changes can be shown late. `packaged` is what runs read, which is all that counts in the end.
 */
export class Notebook {
  readonly clock = new SkippingClock()
  readonly entries = new Map<string, Stored>()
  readonly events: (EntryEvent & { readonly shownAt: number })[] = []
  readonly packaged = new Map<string, string>()
  readonly jobs: SqliteJobs
  readonly asked: string[] = []
  readonly hidden = new Set<string>()
  readonly rate: { -readonly [K in keyof RateStatus]: RateStatus[K] } = {
    limit: null,
    remaining: null,
    resetAt: null,
    inFlight: 0,
    requests: 0,
    throttled: 0,
    waitedMs: 0,
  }
  /** The whole list of which a page was answered last, and where that page ended. */
  lastList: { readonly ids: readonly string[]; readonly end: number } = { ids: [], end: 0 }
  pageSize = 3
  /** Called after every answer: people go on editing while we read. */
  meanwhile: () => void | Promise<void> = () => {}
  /** Thrown in the place of an answer. */
  refuse: (operation: string) => Fault | null = () => null
  state: TenantState = NEW_TENANT
  next: Touch | null = null
  summary: Record<string, unknown> = {}
  #runs = 0

  constructor() {
    this.jobs = openSqliteJobs(':memory:', { clock: this.clock })
  }

  /** Benchling's time, to the microsecond. */
  time(micro = 0): string {
    const iso = new Date(this.clock.now()).toISOString()
    return iso.replace('Z', `${String(micro).padStart(3, '0')}+00:00`)
  }

  /** A person writes something. `lateMs`: so long lists do not show it yet. */
  edit(id: string, text: string, more: { lateMs?: number; micro?: number; modifiedAt?: string } = {}): void {
    const archived = this.entries.get(id)?.archived ?? false
    const modifiedAt = more.modifiedAt ?? this.time(more.micro)
    this.entries.set(id, { text, modifiedAt, shownAt: this.clock.now() + (more.lateMs ?? 0), archived })
  }

  /** Something that moves the entry's time and nothing else. */
  bump(id: string): void {
    const entry = this.entries.get(id)
    if (entry) this.edit(id, entry.text)
  }

  event(id: string, type = 'v2.entry.updated.fields'): EntryEvent {
    const event = {
      id: `evt_${this.events.length}`,
      type,
      createdAt: this.time(),
      entryId: id,
      archived: false,
    }
    this.events.push({ ...event, shownAt: this.clock.now() })
    return event
  }

  /** One look of the reconciler, by itself. */
  async look(more: Partial<ReconcilePorts> = {}): Promise<void> {
    const kind = reconcileJob({ ...this.ports(), ...more })
    const ended = await kind.run(this.job())
    this.state = ended.change(this.state)
    this.next = ended.touches?.[0] ?? null
    this.summary = ended.summary
  }

  /** When the next look is due, ms from now. */
  nextIn(): number {
    return (this.planned().dueAt ?? 0) - this.clock.now()
  }

  /** The record of the tenant as the last look left it. */
  planned(): Subject {
    const idle: Subject = {
      ...{ key: TENANT, wanted: 1, pressed: 0, done: 1, dueAt: null, run: null, fence: 1, causes: [] },
      finishedAt: null,
      state: this.state,
    }
    return this.next!.change(idle)
  }

  ports(): ReconcilePorts {
    return {
      benchling: this.benchling(),
      subjects: this.jobs.subjects,
      clock: this.clock,
      log: createLog('silent'),
      everyMs: 300_000,
      rateShare: 1,
    }
  }

  /** What an entry's worker does with everything that was touched: reads, keeps what it read, ends. */
  async work(): Promise<void> {
    for (const key of await this.jobs.subjects.due(this.clock.now(), 1_000, 'entry'))
      await this.packageOne(key)
  }

  async packageOne(key: Key): Promise<void> {
    const kind = entryJob({} as PackagingPorts)
    const by = { now: this.clock.now(), owner: 'test', leaseMs: 30_000, newRunId: `run-${++this.#runs}` }
    const taken = await this.jobs.subjects.change(key, (subject) => {
      const claimed = claim(subject, by)
      if (!claimed?.run) return null
      const state = kind.started(claimed.state as unknown as EntryState, claimed.run)
      return { ...claimed, state: state as unknown as Subject['state'] }
    })
    if (!taken?.run) return
    const id = key.slice('entry:'.length)
    const entry = this.entry(id)
    this.packaged.set(id, this.entries.get(id)!.text)
    const { run } = taken
    await this.jobs.subjects.change(key, (subject) =>
      finish(subject, run, {
        now: this.clock.now(),
        state: {
          ...(subject.state as object),
          seenModifiedAt: entry.modifiedAt,
          seenDigest: contentDigest(entry),
        },
      }),
    )
  }

  async subject(id: string): Promise<Subject<EntryState> | null> {
    return (await this.jobs.subjects.get(`entry:${id}`)) as unknown as Subject<EntryState> | null
  }

  entry(id: string): Entry {
    const stored = this.entries.get(id)
    if (!stored) throw new Fault('benchling.not_found', { id })
    if (this.hidden.has(id)) throw new Fault('benchling.forbidden', { id })
    return {
      id,
      displayId: id,
      name: stored.text,
      webURL: '',
      createdAt: '2020-01-01T00:00:00.000000+00:00',
      modifiedAt: stored.modifiedAt,
      archiveRecord: stored.archived ? { reason: 'Retired' } : null,
    }
  }

  private job(): Job<TenantState> {
    const run: Run = {
      ...{
        id: `look-${++this.#runs}`,
        covers: 1,
        forced: false,
        attempt: 0,
        renewals: 0,
        fence: 1,
        owner: 'test',
      },
      leaseUntil: null,
      startedAt: this.clock.now(),
      causes: [],
    }
    return {
      key: TENANT,
      run,
      state: this.state,
      signal: new AbortController().signal,
      log: createLog('silent'),
      steps: null as never,
      progress: async (change) => {
        this.state = change(this.state)
      },
    }
  }

  private benchling(): ReconcilePorts['benchling'] {
    const answered = async <T>(operation: string, answer: () => T): Promise<T> => {
      this.asked.push(operation)
      const refused = this.refuse(operation)
      if (refused) throw refused
      const value = answer()
      await this.meanwhile()
      return value
    }
    const shown = () => {
      const all = [...this.entries].filter(
        ([id, { shownAt, archived }]) => shownAt <= this.clock.now() && !archived && !this.hidden.has(id),
      )
      const order = (a: (typeof all)[number], b: (typeof all)[number]) =>
        microseconds(a[1].modifiedAt) - microseconds(b[1].modifiedAt) || (a[0] < b[0] ? -1 : 1)
      return all.sort(order).map(([id, { modifiedAt }]) => ({ id, modifiedAt }))
    }
    return {
      rate: this.rate,
      newestModification: () => answered('newest', () => shown().at(-1)?.modifiedAt ?? null),
      entriesModifiedSince: ({ since, token }) =>
        answered('list', () => {
          const all = shown().filter(({ modifiedAt }) => microseconds(modifiedAt) > since * 1e6)
          const end = Number(token ?? 0) + this.pageSize
          const items = all.slice(Number(token ?? 0), end)
          this.lastList = { ids: all.map(({ id }) => id), end }
          return { items, left: 0, next: end < all.length ? String(end) : null }
        }),
      events: ({ from, types, pageSize }) =>
        answered(`events ${'after' in from ? from.after : 'since'} ${pageSize}`, () => {
          const at = 'after' in from ? this.events.findIndex(({ id }) => id === from.after) : -1
          if ('after' in from && at < 0) throw new Fault('benchling.rejected')
          const all = this.events
            .slice(at + 1)
            .filter((event) => 'after' in from || Date.parse(event.createdAt) >= from.since * 1000)
            .filter(({ type }) => types.includes(type))
          const items = all.slice(0, pageSize)
          return { items, left: 0, last: items.at(-1) ?? null, more: all.length > pageSize }
        }),
      entry: (id) => answered('entry', () => this.entry(id)),
    }
  }
}
