import { randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { asFault } from '../base/fault.ts'
import type { Json } from '../base/json.ts'
import { faultFields, type Logger } from '../base/log.ts'
import { AbandonedRuns } from './abandoned.ts'
import { ActivityFeed, type ActivityListener } from './activity.ts'
import { asleep } from './asleep.ts'
import { Background } from './background.ts'
import { HeldRings } from './held-rings.ts'
import { type Concurrency, KINDS, kindOf, lanesFor } from './lanes.ts'
import { LEASE_MS } from './lease.ts'
import { performRun, type RunEnd } from './perform-run.ts'
import type { Bell, DeadLetters, JobKind, Journal, Key, Kind, Ring, Run, Subject, Subjects } from './ports.ts'
import { announceChange, type WorkerContext } from './run-context.ts'
import { RunStop } from './run-stop.ts'
import { claim, readyAt } from './subject.ts'
import { Wakeups } from './wakeups.ts'

/** How often the records are searched for work that no ring told of. */
export const SWEEP_MS = 2_000
const SWEEP_LIMIT = 100

export type WorkerOptions = {
  readonly subjects: Subjects
  readonly journal: Journal
  readonly bell: Bell
  /** Default: buried runs are told of in the history only. */
  readonly deadLetters?: DeadLetters
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a state of its own, and the records tell them apart by key.
  readonly kinds: Readonly<Partial<Record<Kind, JobKind<any>>>>
  readonly clock: Clock
  readonly log: Logger
  /** Who holds the leases: unique for each process, for people. */
  readonly owner: string
  /** Entries at a time (see `lanesFor`), or every kind by itself. */
  readonly concurrency: number | Concurrency
  /** Version of this software, kept with every run. */
  readonly version: string
  /** ARN of the role that the registry is used with, kept with every run; default: none. */
  readonly role?: string | null
  readonly onActivity?: ActivityListener
  readonly leaseMs?: number
  readonly sweepMs?: number
  readonly random?: () => number
}

export type Worker = {
  /** Begins to listen and to sweep. A worker starts once. */
  start(): void
  /**
   * Claims nothing more, lets runs go on for `graceMs`, then stops and releases them without counting an attempt; rings
   * that are still open are given back. Resolves when nothing of this worker runs.
   */
  drain(graceMs: number): Promise<void>
  /** For tests and `--once`: resolves when nothing is due and nothing runs. Work that waits for its time is not due. */
  idle(): Promise<void>
  /** Subscribes to what this worker does; returns the function that ends the subscription. */
  readonly activity: (listener: ActivityListener) => () => void
}

/** Works on subjects: looks where the bell, the sweep or an ended wait points, claims, runs, and writes every end. */
export const createWorker = (options: WorkerOptions): Worker => {
  const worker = new SubjectWorker(options)
  return {
    start: () => worker.start(),
    drain: (graceMs) => worker.drain(graceMs),
    idle: () => worker.idle(),
    activity: worker.feed.subscribe,
  }
}

type Active = { readonly stop: RunStop; readonly ended: Promise<void>; lookAgain: boolean }

class SubjectWorker {
  readonly feed = new ActivityFeed()
  readonly #o: WorkerOptions
  readonly #context: WorkerContext
  readonly #concurrency: Concurrency
  /** The kinds this worker knows: others are left to whoever knows them. */
  readonly #kinds: readonly Kind[]
  readonly #active = new Map<Key, Active>()
  readonly #queue = new Set<Key>()
  readonly #wakeups: Wakeups
  readonly #stopping = new AbortController()
  readonly #background: Background
  readonly #rings: HeldRings
  readonly #abandoned: AbandonedRuns
  #listening: Promise<void> | null = null

  constructor(o: WorkerOptions) {
    this.#o = o
    this.#kinds = KINDS.filter((kind) => o.kinds[kind])
    this.#concurrency = typeof o.concurrency === 'number' ? lanesFor(o.concurrency) : o.concurrency
    this.#wakeups = new Wakeups(o.clock, (key) => this.#look(key))
    this.#background = new Background(o.log)
    this.#rings = new HeldRings(this.#background)
    this.#context = {
      subjects: o.subjects,
      journal: o.journal,
      clock: o.clock,
      log: o.log,
      version: o.version,
      owner: o.owner,
      role: o.role ?? null,
      leaseMs: o.leaseMs ?? LEASE_MS,
      random: o.random ?? Math.random,
      feed: this.feed,
      look: (key) => this.#look(key),
      buried: (record) => {
        const { deadLetters } = o
        const facts = { key: record.key, run: record.id }
        if (deadLetters)
          this.#background.begin(() => deadLetters.bury(record), 'no dead letter was sent', facts)
      },
    }
    this.#abandoned = new AbandonedRuns(this.#context)
    if (o.onActivity) this.feed.subscribe(o.onActivity)
  }

  start(): void {
    if (this.#listening) return
    this.#listening = this.#listen()
    void this.#sweepOften()
  }

  async drain(graceMs: number): Promise<void> {
    this.#stopping.abort()
    this.#queue.clear()
    this.#wakeups.clear()
    const ended = Promise.all([...this.#active.values()].map((active) => active.ended))
    if (graceMs > 0 && this.#active.size > 0) {
      const over = new AbortController()
      await Promise.race([ended, asleep(this.#o.clock, graceMs, over.signal)])
      over.abort()
    }
    for (const { stop } of this.#active.values()) stop.stop('drain')
    await ended
    await this.#listening
    await this.#background.rest()
  }

  async idle(): Promise<void> {
    for (;;) {
      while (this.#active.size > 0)
        await Promise.all([...this.#active.values()].map((active) => active.ended))
      if (this.#stopping.signal.aborted) return
      let found = 0
      for (const kind of this.#kinds) {
        const due = await this.#o.subjects.due(this.#o.clock.now(), SWEEP_LIMIT, kind)
        for (const key of due) this.#look(key)
        found += due.length
      }
      if (found === 0 && this.#active.size === 0) return
    }
  }

  async #listen(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        for await (const ring of this.#o.bell.rings(this.#stopping.signal)) this.#hear(ring)
      } catch (thrown) {
        this.#o.log.warn(faultFields(asFault(thrown)), 'the bell is out of order')
      }
      await asleep(this.#o.clock, this.#sweepMs, this.#stopping.signal)
    }
  }

  /**
   * Only a ring that begins work at once is kept. One that has to wait is settled: the key is remembered here, the sweep
   * of every process finds it in the records, and what is kept from others is never more than there are lanes.
   */
  #hear({ key, hold }: Ring): void {
    const before = this.#active.get(key)
    this.#look(key)
    if (!hold) return
    const active = this.#active.get(key)
    if (active && active !== before) this.#rings.keep(key, hold)
    else this.#rings.settle(key, hold, this.#stopping.signal.aborted)
  }

  async #sweepOften(): Promise<void> {
    do await this.#sweep()
    while (await asleep(this.#o.clock, this.#sweepMs, this.#stopping.signal))
  }

  get #sweepMs(): number {
    return this.#o.sweepMs ?? SWEEP_MS
  }

  /** Each kind by itself, so that a long backlog of entries hides no canvas. */
  async #sweep(): Promise<void> {
    for (const kind of this.#kinds) {
      try {
        const due = await this.#o.subjects.due(this.#o.clock.now(), SWEEP_LIMIT, kind)
        for (const key of due) this.#look(key)
        const waiting = due.filter((key) => this.#queue.has(key))
        this.#background.begin(() => this.#abandoned.among(kind, waiting), 'runs were not given back')
      } catch (thrown) {
        this.#o.log.warn(faultFields(asFault(thrown)), 'the records could not be searched for work')
      }
    }
  }

  #look(key: Key): void {
    if (this.#stopping.signal.aborted || !this.#kinds.includes(kindOf(key))) return
    const active = this.#active.get(key)
    if (active) active.lookAgain = true
    else this.#queue.add(key)
    this.#fillLanes()
  }

  #fillLanes(): void {
    const free: Record<Kind, number> = { ...this.#concurrency }
    for (const key of this.#active.keys()) free[kindOf(key)]--
    for (const key of this.#queue) {
      const kind = kindOf(key)
      if (!(free[kind] > 0)) continue
      free[kind]--
      this.#queue.delete(key)
      this.#begin(key, kind)
    }
  }

  #begin(key: Key, kind: Kind): void {
    const stop = new RunStop()
    const ended = this.#work(key, this.#o.kinds[kind] as JobKind, stop)
      .catch((thrown) => {
        this.#o.log.warn({ key, ...faultFields(asFault(thrown)) }, 'the subject could not be claimed')
      })
      .finally(() => this.#ended(key))
    this.#active.set(key, { stop, ended, lookAgain: false })
  }

  #ended(key: Key): void {
    const active = this.#active.get(key)
    this.#active.delete(key)
    if (active?.lookAgain) this.#look(key)
    else this.#fillLanes()
  }

  async #work(key: Key, kind: JobKind, stop: RunStop): Promise<void> {
    const newRunId = randomUUID()
    let end: RunEnd | null = null
    try {
      const claimed = await this.#claim(key, kind, newRunId)
      if (!claimed?.run) return
      end = await this.#perform(key, kind, stop, { run: claimed.run, state: claimed.state, newRunId })
    } finally {
      // An open run is this worker's to look at again, unless it stops.
      this.#rings.end(key, this.#stopping.signal.aborted && end !== 'recorded')
    }
    await this.#lookLater(key)
  }

  #perform(
    key: Key,
    kind: JobKind,
    stop: RunStop,
    claimed: { run: Run; state: Json; newRunId: string },
  ): Promise<RunEnd> {
    const { run, state } = claimed
    const claimedAt = this.#o.clock.now()
    const log = this.#o.log.child({ key, run: run.id, delivery: run.causes.at(-1)?.delivery })
    const first = run.id === claimed.newRunId
    this.feed.emit({
      at: claimedAt,
      key,
      run: run.id,
      kind: 'claimed',
      ...(first && { waitedMs: waitedMs(run) }),
    })
    if (this.#stopping.signal.aborted) stop.stop('drain')
    const leaseMs = this.#leaseOf(kind)
    const renewed = () => this.#rings.extend(key, leaseMs)
    return performRun({ ...this.#context, leaseMs, log, key, run, claimedAt, stop, renewed }, kind, state)
  }

  #leaseOf({ leaseMs = Number.POSITIVE_INFINITY }: JobKind): number {
    return Math.min(leaseMs, this.#context.leaseMs)
  }

  /** The subject with its run, or null when there is nothing to do now: then it is looked at again when there is. */
  async #claim(key: Key, kind: JobKind, newRunId: string): Promise<Subject | null> {
    const by = {
      now: this.#o.clock.now(),
      owner: this.#o.owner,
      leaseMs: this.#leaseOf(kind),
      newRunId,
    }
    let seen: Subject | null = null
    const claimed = await announceChange(this.#context, key, (subject) => {
      seen = subject
      const taken = claim<Json>(subject, by)
      return taken?.run ? { ...taken, state: kind.started(taken.state, taken.run) } : null
    })
    if (!claimed && seen) this.#wakeWhenReady(seen)
    return claimed
  }

  async #lookLater(key: Key): Promise<void> {
    const subject = await this.#o.subjects.get(key)
    if (subject) this.#wakeWhenReady(subject)
  }

  #wakeWhenReady(subject: Subject): void {
    const at = readyAt(subject)
    if (at === null || this.#stopping.signal.aborted) return
    if (at <= this.#o.clock.now()) this.#look(subject.key)
    else this.#wakeups.at(subject.key, at)
  }
}

/** Clocks of others may be ahead of ours: nothing waits for less than no time. */
const waitedMs = ({ startedAt, causes }: Run): number =>
  startedAt - Math.min(startedAt, ...causes.map(({ at }) => at))
