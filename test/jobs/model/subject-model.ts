import type { Cause } from '../../../src/jobs/ports.ts'

export const LEASE_MS = 50
/** A subject touched by what it watches runs at most this often. */
const THROTTLE_MS = 1000
const CAUSES_KEPT = 8
const REPLACED_KEPT = 8

type Asked = {
  readonly cause: Cause
  readonly forced: boolean
  /** Alone, it asks for work from this time on. */
  from: number
}

/** A run that is not over: held under a lease, or waiting to be claimed again. */
export type OpenRun = {
  readonly id: string
  readonly covers: number
  readonly forced: boolean
  readonly causes: readonly Cause[]
  readonly replaces: readonly string[]
  attempt: number
  renewals: number
  /** How often it was claimed so far, over all runs: a claim is worth something while it is the last one. */
  claim: number
  held: { until: number } | null
  /** Not claimed before this, where it is not held. */
  backOffUntil: number
  readonly steps: string[]
}

/**
 * What a subject is, told anew and as simply as can be: a list of everything that was asked for, how many of it are done,
 * and at most one run. It knows nothing of `subject.ts`.
 */
export class SubjectModel {
  now = 1_000_000
  readonly asked: Asked[] = []
  done = 0
  run: OpenRun | null = null
  finishedAt: number | null = null
  claims = 0
  readonly ended: { covers: number; forced: boolean }[] = []
  /** webhook-ids seen so far. */
  readonly deliveries = new Set<string>()

  get wanted(): number {
    return this.asked.length
  }

  get pressed(): number {
    return this.asked.findLastIndex(({ forced }) => forced) + 1
  }

  touch(cause: Cause): void {
    this.asked.push({ cause, forced: false, from: Number.NEGATIVE_INFINITY })
  }

  press(cause: Cause): void {
    this.asked.push({ cause, forced: true, from: Number.NEGATIVE_INFINITY })
    if (this.run) this.run.backOffUntil = Number.NEGATIVE_INFINITY
  }

  watched(cause: Cause): void {
    const after =
      this.finishedAt === null ? Number.NEGATIVE_INFINITY : Math.min(this.finishedAt, this.now) + THROTTLE_MS
    this.asked.push({ cause, forced: false, from: after })
  }

  /** From when on the subject can be claimed: always, at a time, or never while nothing is asked for. */
  get claimableFrom(): number {
    if (this.wanted === this.done) return Number.POSITIVE_INFINITY
    if (this.run?.held) return this.run.held.until
    if (this.run) return this.run.backOffUntil
    return Math.min(...this.asked.slice(this.done).map(({ from }) => from))
  }

  get claimable(): boolean {
    return this.now >= this.claimableFrom
  }

  claimed(newRunId: string): OpenRun {
    const before = this.run
    const held = { until: this.now + LEASE_MS }
    this.claims++
    this.run =
      before?.covers === this.wanted
        ? { ...before, held, claim: this.claims, backOffUntil: Number.NEGATIVE_INFINITY }
        : this.#freshRun(newRunId, held, before)
    return this.run
  }

  /** The run that the claim of this number may still write for. */
  holds(claim: number): boolean {
    return this.run?.held != null && this.run.claim === claim
  }

  renewLease(): void {
    if (this.run?.held) this.run.held.until = this.now + LEASE_MS
  }

  release(): void {
    this.#giveBack(Number.NEGATIVE_INFINITY)
  }

  postpone(dueAt: number, counts: boolean, renews: boolean): void {
    if (!this.run) return
    const pressed = this.pressed > this.run.covers
    this.#giveBack(pressed ? Number.NEGATIVE_INFINITY : dueAt)
    if (counts) this.run.attempt++
    if (renews) this.run.renewals++
  }

  /** Done, or buried: the run is over. */
  end(): void {
    if (!this.run) return
    const { covers, forced } = this.run
    this.ended.push({ covers, forced })
    this.done = covers
    this.run = null
    this.finishedAt = this.now
    for (const one of this.asked.slice(covers))
      if (Number.isFinite(one.from)) one.from = Math.max(one.from, this.now + THROTTLE_MS)
  }

  #freshRun(id: string, held: { until: number }, before: OpenRun | null): OpenRun {
    const open = this.asked.slice(this.done)
    return {
      id,
      covers: this.wanted,
      forced: open.some(({ forced }) => forced),
      causes: lastOfEach(open.map(({ cause }) => cause)).slice(-CAUSES_KEPT),
      replaces: before ? [...before.replaces, before.id].slice(-REPLACED_KEPT) : [],
      attempt: 0,
      renewals: 0,
      claim: this.claims,
      held,
      backOffUntil: Number.NEGATIVE_INFINITY,
      steps: [],
    }
  }

  #giveBack(until: number): void {
    if (!this.run) return
    this.run.held = null
    this.run.backOffUntil = until
  }
}

const lastOfEach = (causes: readonly Cause[]): Cause[] =>
  causes.filter(
    ({ delivery, type }, at) =>
      !causes.slice(at + 1).some((later) => later.delivery === delivery && later.type === type),
  )
