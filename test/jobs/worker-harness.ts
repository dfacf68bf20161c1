import { Fault } from '../../src/base/fault.ts'
import type { JsonObject } from '../../src/base/json.ts'
import { createLog } from '../../src/base/log.ts'
import type { Activity } from '../../src/jobs/activity.ts'
import type { Bell, Ended, Job, JobKind, Journal, Key, Kind, Run, Subjects } from '../../src/jobs/ports.ts'
import { createWorker, type Worker, type WorkerOptions } from '../../src/jobs/worker.ts'
import type { FakeClock } from '../support/clock.ts'
import { ask, type JobsStore, observed, pressing } from './support.ts'

export type ToyState = {
  readonly phase: string | null
  readonly failure: { code: string; attempt: number; retryAt: number | null } | null
}

export type ToyJob = Job<ToyState>
export type ToyRun = (job: ToyJob) => Promise<Ended<ToyState> | undefined>

const finished: Ended<ToyState> = {
  change: (state) => ({ ...state, phase: 'packaged' }),
  summary: { ok: true },
}

export const toyKind = (run: ToyRun, deadlineMs = 3_600_000): JobKind<ToyState> => ({
  deadlineMs,
  run: async (job) => (await run(job)) ?? finished,
  started: (state) => ({ ...state, phase: 'started', failure: null }),
  failed: (state, { fault, run: failedRun, retryAt }) => ({
    ...state,
    phase: null,
    failure: { code: fault.code, attempt: failedRun.attempt, retryAt },
  }),
})

/** Turns without anything under way after which what was woken, or everything, is taken to rest. */
const AWAKE_TURNS = 3
const REST_TURNS = 30

/** Subjects, one worker at least, and what they do; time moves only when a test says so. */
export class Stage {
  readonly clock: FakeClock
  readonly store: JobsStore
  readonly bell: Bell
  readonly runs: Run[] = []
  readonly activities: Activity[] = []
  readonly workers: Worker[] = []
  readonly #rest: (turns: number) => Promise<void>

  constructor(clock: FakeClock, store: JobsStore, bell: Bell) {
    const { store: seen, rest } = observed(store)
    this.clock = clock
    this.store = seen
    this.bell = bell
    this.#rest = rest
    clock.settle = () => rest(AWAKE_TURNS)
  }

  worker(
    run: Partial<Record<Kind, ToyRun>>,
    more: Partial<WorkerOptions> & { deadlineMs?: number } = {},
  ): Worker {
    const kind = (name: Kind) =>
      toyKind(async (job) => {
        this.runs.push(job.run)
        return run[name]?.(job)
      }, more.deadlineMs)
    const worker = createWorker({
      subjects: this.store.subjects,
      journal: this.store.journal,
      bell: this.bell,
      kinds: { entry: kind('entry'), canvas: kind('canvas'), place: kind('place') },
      clock: this.clock,
      log: createLog('silent'),
      owner: `worker-${this.workers.length}`,
      concurrency: 4,
      version: '1.2.3',
      random: () => 1,
      onActivity: (activity) => this.activities.push(activity),
      ...more,
    })
    this.workers.push(worker)
    worker.start()
    return worker
  }

  /** An event for a key, recorded and rung as the door does it. */
  async event(key: Key, id: string): Promise<void> {
    await ask(this.store.subjects, key, id, this.clock.now())
    await this.bell.ring(key, id)
  }

  async press(key: Key, id: string): Promise<void> {
    await ask(this.store.subjects, key, id, this.clock.now(), pressing)
    await this.bell.ring(key, id)
  }

  /** Moves time in small steps, everything coming to rest after each. */
  async pass(ms: number, stepMs = 500): Promise<void> {
    await this.#rest(REST_TURNS)
    for (let passed = 0; passed < ms; passed += stepMs) {
      await this.clock.advance(Math.min(stepMs, ms - passed))
      await this.#rest(REST_TURNS)
    }
  }

  async state(key: Key): Promise<ToyState> {
    return (await this.store.subjects.get(key))?.state as unknown as ToyState
  }

  kinds(key: Key): string[] {
    return this.activities.filter((a) => a.key === key).map((a) => a.kind)
  }

  /** Ends all workers; what still runs is abandoned after its time. */
  async close(): Promise<void> {
    const drained = Promise.all(this.workers.map((worker) => worker.drain(0)))
    let over = false
    void drained.then(() => {
      over = true
    })
    while (!over) await this.pass(2_000, 2_000)
    await this.store.close()
  }
}

/** A gate that runs wait at. */
export const gate = () => {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

/** A wait that heeds the signal, as every request of a real run does. */
export const heeding = <T>(job: { signal: AbortSignal }, wait: Promise<T>): Promise<T> =>
  Promise.race([
    wait,
    new Promise<never>((_, reject) => {
      if (job.signal.aborted) reject(job.signal.reason)
      job.signal.addEventListener('abort', () => reject(job.signal.reason))
    }),
  ])

export const never = new Promise<never>(() => {})

/** The stores as a process sees them whose machine can be switched off: from then on no call ever comes back. */
export const mortal = (store: JobsStore) => {
  let dead = false
  const cut = <T extends object>(of: T): T =>
    new Proxy(of, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>
        return async (...args: unknown[]) => {
          if (dead) return never
          const answer = await member.apply(target, args)
          return dead ? never : answer
        }
      },
    })
  return {
    subjects: cut<Subjects>(store.subjects),
    journal: cut<Journal>(store.journal),
    kill: () => {
      dead = true
    },
  }
}

/** The same subjects, with a store that cannot be reached while `down()`. */
export const unreachableWhile = (subjects: Subjects, down: () => boolean): Subjects => ({
  ...subjects,
  change: async (...args) => {
    if (down()) throw new Fault('jobs.store_unavailable')
    return subjects.change(...args)
  },
})

export const summaryOf = (summary: JsonObject): Ended<ToyState> => ({ ...finished, summary })
