import type { Json } from '../base/json.ts'
import type { Job } from '../jobs/ports.ts'
import type { Finding } from './examine.ts'
import type { ReconcilePorts } from './ports.ts'
import type { RequestPace } from './request-pace.ts'
import type { TenantState } from './tenant-state.ts'

/** A run goes on for about this long, then gives its lane back and goes on from its mark: a drain never waits for it. */
const RUN_MS = 120_000

/** One run of the reconciler: its marks, what it asks with, and what it found. */
export class Look {
  readonly job: Job<TenantState>
  readonly ports: ReconcilePorts
  readonly found: Record<Finding | 'notUnderstood', number> = {
    touched: 0,
    unchanged: 0,
    known: 0,
    waiting: 0,
    unreadable: 0,
    notUnderstood: 0,
  }
  readonly #pace: RequestPace
  readonly #endsAt: number
  #marks: TenantState

  constructor(job: Job<TenantState>, ports: ReconcilePorts, pace: RequestPace) {
    this.job = job
    this.ports = ports
    this.#pace = pace
    this.#marks = job.state
    this.#endsAt = ports.clock.now() + RUN_MS
  }

  get marks(): TenantState {
    return this.#marks
  }

  get timeIsUp(): boolean {
    return this.ports.clock.now() >= this.#endsAt
  }

  /** Asks Benchling when it is the reconciler's turn. */
  async ask<T>(
    question: (benchling: ReconcilePorts['benchling'], signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    await this.#pace.turn(this.job.signal)
    return question(this.ports.benchling, this.job.signal)
  }

  /** Moves marks, into the record, too: who takes over after a crash repeats little. What they cover is touched already. */
  async mark(change: Partial<TenantState>): Promise<void> {
    this.#marks = { ...this.#marks, ...change }
    const marks = this.#marks
    await this.job.progress(() => marks)
  }

  count(finding: Finding | 'notUnderstood', by = 1): void {
    this.found[finding] += by
  }

  summary(more: Record<string, Json>): Record<string, Json> {
    return { ...this.found, ...more }
  }
}
