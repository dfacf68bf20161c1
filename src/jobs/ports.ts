import type { Fault } from '../base/fault.ts'
import type { Json, JsonObject } from '../base/json.ts'
import type { Logger } from '../base/log.ts'

/** What work is about. One run at a time for each key. */
export type Key = `${Kind}:${string}`
/** What a subject is: an entry to package, a canvas to draw, a place that asked for a canvas, a tenant to look over. */
export type Kind = 'entry' | 'canvas' | 'place' | 'tenant'

/**
 * Something subjects can watch: a key, a package anywhere (`package:<bucket>/<name>`), or what a search for packages that
 * name a display id comes to (`search:<display id>`).
 */
export type Topic = Key | `package:${string}` | `search:${string}`

/** Why a generation is wanted: kept with the run, for the commit message and the audit trail. */
export type Cause = {
  /** webhook-id of the delivery; a retry by an operator has `retry:<run id>`. */
  readonly delivery: string
  /** `message.type`, or `retry`. */
  readonly type: string
  /** When the event happened (its `createdAt`), else when the delivery arrived; ms since the epoch. */
  readonly at: number
  /** Benchling user id of the person who pressed, where known. */
  readonly by: string | null
}

/** One delivery as it is kept: parsed, at most `DELIVERY_MAX_BYTES` of JSON, never the raw body. */
export type Delivery = {
  readonly id: string
  readonly receivedAt: number
  readonly type: string
  /** `accepted` asks for work, `noted` is acknowledged only (lifecycle), `ignored` is not understood or not for us. */
  readonly outcome: 'accepted' | 'noted' | 'ignored'
  /** The parts of the envelope worth keeping (ids, user, update paths), already cut to size. */
  readonly facts: JsonObject
}

/** Most bytes of JSON that the record of one delivery may have. */
export const DELIVERY_MAX_BYTES = 4096

/**
 * A subject counts what is wanted; a run fixes which generation it covers when it is claimed; finishing sets done.
 * Every transition is a pure function in `subject.ts`.
 */
export type Subject<S extends Json = Json> = {
  readonly key: Key
  /** Generations asked for so far. Work is open while `wanted > done`. */
  readonly wanted: number
  /** The newest generation that a person asked for; a run that covers it is forced. */
  readonly pressed: number
  readonly done: number
  /** Open work is not claimed before this time (back-off, throttle); null: at once. */
  readonly dueAt: number | null
  readonly run: Run | null
  /** Grows at every claim; conditions every write of a run. */
  readonly fence: number
  /** Causes of the generations not yet done, oldest first, at most 8 (the newest are kept). */
  readonly causes: readonly Cause[]
  /** When the last run ended; null before the first. */
  readonly finishedAt: number | null
  readonly state: S
}

/** Work on one subject under one lease. Times in ms since the epoch. */
export type Run = {
  readonly id: string
  readonly covers: number
  readonly forced: boolean
  /** Failures of this run so far. A crash, a drain or an abort counts none. */
  readonly attempt: number
  /** How often this run asked for a new export (`renew`). */
  readonly renewals: number
  readonly fence: number
  /** Who holds the lease; null between attempts. */
  readonly owner: string | null
  readonly leaseUntil: number | null
  readonly startedAt: number
  readonly causes: readonly Cause[]
  /** Runs that were given up for this one, oldest first, at most 8: what they made is this one's to remove. */
  readonly replaces?: readonly Pick<Run, 'id' | 'renewals'>[]
}

/** One change a delivery asks for. `change` is pure: it may be run more than once. `initial` is the state of a new subject. */
export type Touch<S extends Json = Json> = {
  readonly key: Key
  readonly initial: S
  readonly change: (subject: Subject<S>) => Subject<S>
  /** Topics the subject watches from now on, recorded in the same transaction. */
  readonly watch?: readonly Topic[]
}

/** What else goes into the transaction of a change. */
export type ChangeOptions = {
  /** Every subject that watches one of these at commit time is touched in the same transaction. */
  readonly announce?: readonly Topic[]
  /** The run's end, kept as history in the same transaction. */
  readonly ended?: RunRecord
  /** Further subjects touched in the same transaction. */
  readonly touches?: readonly Touch[]
}

/** The truth about all work. Contract: `test/jobs/subjects-contract.ts`. Throws `jobs.store_unavailable`. */
export interface Subjects {
  /**
   * Delivery and touches in one durable transaction, or nothing. `seen`: this webhook-id was recorded before, and nothing
   * was done. Everything that watches a touched subject is touched too, here and in `change`.
   */
  record(delivery: Delivery, touches: readonly Touch[]): Promise<'new' | 'seen'>
  /**
   * Touches in one transaction without a delivery, each creating its subject where there is none; then touches what
   * watches them or one of `announce`. Returns every key that was touched.
   */
  touch(touches: readonly Touch[], announce?: readonly Topic[]): Promise<Key[]>
  get(key: Key): Promise<Subject | null>
  /** Applies a pure change atomically; `null` from `f` leaves everything as it is. Returns the subject after, or null. */
  change(key: Key, f: (subject: Subject) => Subject | null, options?: ChangeOptions): Promise<Subject | null>
  /** Keys that can be claimed now: new work, crashed leases, ended back-offs; the longest waiting first. */
  due(now: number, limit: number, kind?: Kind): Promise<Key[]>
  watch(key: Key, topics: readonly Topic[]): Promise<void>
  unwatch(key: Key, topics: readonly Topic[]): Promise<void>
  watching(topic: Topic): Promise<Key[]>
  /**
   * At most so many entries by when their run under way began, or else the last one ended: the newest first. One bounded
   * read, which may be behind by moments.
   */
  recentEntries(limit: number): Promise<Subject[]>
}

/** One finished step of a run. `result` is small JSON that a resumed run reads back. */
export type StepRecord = {
  readonly name: string
  /** Start, ms since the epoch. */
  readonly at: number
  /** Duration in ms. */
  readonly ms: number
  readonly result: Json
}

/** Steps of runs, durable; in the order they were written. A write by a run whose fence is outdated throws `jobs.fenced`. */
export interface Journal {
  steps(runId: string): Promise<StepRecord[]>
  append(key: Key, run: Run, steps: readonly StepRecord[]): Promise<void>
}

/** A run that is over, as it is kept. Times in ms since the epoch. */
export type RunRecord = {
  readonly id: string
  readonly key: Key
  readonly covers: number
  readonly forced: boolean
  readonly causes: readonly Cause[]
  readonly startedAt: number
  readonly endedAt: number
  readonly attempt: number
  /** `done`, or `buried` with the code of its fault. */
  readonly outcome: 'done' | 'buried'
  readonly code: string | null
  readonly detail: string | null
  /** What the run achieved, for people: status, top hash, files, bytes. */
  readonly summary: JsonObject
  /** Version of this software. */
  readonly version: string
  /** The process that ended it. */
  readonly owner: string
  /** ARN of the role it read and wrote the registry with; null for the process' own credentials. */
  readonly role: string | null
}

/** Older than `before` (ms). What shares the time of the last one on a page is on that page, even above `limit`. */
export type Page = { readonly limit: number; readonly before?: number; readonly key?: Key }

/** What happened, newest first. */
export interface History {
  deliveries(page: Page): Promise<(Delivery & { readonly keys: readonly Key[] })[]>
  runs(page: Page): Promise<RunRecord[]>
  run(id: string): Promise<(RunRecord & { readonly steps: readonly StepRecord[] }) | null>
  /** Presses the subject of a run again. Throws `jobs.unknown_run`. */
  retry(runId: string, at: number): Promise<Key>
}

/** `id` is the delivery that rang. `hold`: the ring is kept from other listeners until it is settled. */
export type Ring = { readonly key: Key; readonly id: string; readonly hold?: Hold }

/**
 * A ring that is kept from other listeners while one heeds it: a message of a queue. Nothing depends on it: what fails is
 * logged, and who holds it too long loses it to another listener, who looks and finds the subject taken.
 */
export interface Hold {
  /** Keeps it from others for so many ms from now. */
  extend(ms: number): Promise<void>
  /** Nobody has to hear it again. */
  done(): Promise<void>
  /** Somebody else should hear it, at once. */
  release(): Promise<void>
}

/**
 * Says only "look now". May lose, repeat or delay rings: the sweep finds what it lost. A listener who stops is given no
 * more, and what waited for him is given back. Throws `queue.unavailable`, `queue.refused`.
 */
export interface Bell {
  ring(key: Key, id: string): Promise<void>
  rings(signal: AbortSignal): AsyncIterable<Ring>
}

/** Where buried runs are told of, beside the history. Tries again by itself for a few seconds; then throws. */
export interface DeadLetters {
  bury(record: RunRecord): Promise<void>
}

/** What a run works with. */
export interface Job<S extends Json = Json> {
  readonly key: Key
  readonly run: Run
  readonly state: S
  readonly signal: AbortSignal
  readonly log: Logger
  readonly steps: Steps
  /** Writes progress into the record (fenced, at most once a second unless `now`), which announces it to watchers. */
  progress(change: (state: S) => S, options?: { now?: boolean }): Promise<void>
}

/** The journal as a run sees it. Names are per run; after `renew` the steps of the old export no longer count. */
export interface Steps {
  /** The recorded result of this step, or the result of `work`, recorded durably before it is returned. */
  once<T extends Json>(name: string, work: () => Promise<T>): Promise<T>
  /** Runs `work` and records its time and result as history only: it runs again after a crash. */
  timed<T>(name: string, work: () => Promise<T>, result?: (value: T) => Json): Promise<T>
  /** Marks recorded under this name by this run before a crash, by id. */
  marks(name: string): ReadonlyMap<string, Json>
  /** Adds a mark; written in batches, durable at the latest when `flush` resolves. */
  mark(name: string, id: string, value: Json): void
  flush(): Promise<void>
}

/**
 * What a run leaves behind. `change` is applied to the state as it is when the run ends, because deliveries may have
 * folded clicks into it while the run was under way; it must not bring back what it read at the start.
 */
export type Ended<S extends Json> = {
  readonly change: (state: S) => S
  readonly summary: JsonObject
  readonly touches?: readonly Touch[]
  /** Topics beside the subject's own whose watchers are touched, too. */
  readonly announce?: readonly Topic[]
}

/** A run that came to nothing. `steps` hold what it recorded. */
export type Leftover = {
  readonly run: string
  readonly steps: Steps
  /** Whether marks can be written: false for a run that another one replaced, which nobody will resume. */
  readonly held: boolean
  readonly signal: AbortSignal
  readonly log: Logger
}

/** How one kind of subject is worked on. All but `run` and `discard` are pure. */
export interface JobKind<S extends Json = Json> {
  /**
   * An attempt is stopped after this many ms. When it came further than the one before (recorded a step or a mark) it is
   * released and goes on, else it failed with `jobs.deadline`.
   */
  readonly deadlineMs: number
  /**
   * True: only class `never` buries a run. Everything else, what nobody foresaw included (`internal`, `jobs.deadline`), is
   * tried again every few minutes until it succeeds. For work that is cheap and owed, such as enabling a canvas.
   */
  readonly endless?: boolean
  /**
   * How long a run is held without a sign of life, where that is shorter than the worker's own lease (ms): for work that
   * people wait for, and that another process should take over soon.
   */
  readonly leaseMs?: number
  run(job: Job<S>): Promise<Ended<S>>
  /**
   * Removes what a run made and nobody will need: before it is buried or exported anew, and when another run took its
   * place. May be called more than once. What it throws is logged only.
   */
  discard?(leftover: Leftover): Promise<void>
  /** The state while a run is under way. */
  started(state: S, run: Run): S
  /** The state after a failed attempt, which `run.attempt` already counts: `retryAt` is null when the run is buried. */
  failed(state: S, failure: { fault: Fault; run: Run; at: number; retryAt: number | null }): S
}
