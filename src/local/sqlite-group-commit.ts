import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { systemClock } from '../base/clock.ts'
import { Fault } from '../base/fault.ts'
import { isBusy, storeFault } from './sqlite-errors.ts'

/** Operations in one transaction at most: bounds how long one commit keeps the event loop from other work. */
const MAX_GROUP = 512

/** How long another process may hold the file before operations fail; the answer to Benchling waits for this. */
export const BUSY_LIMIT_MS = 2_000
const BUSY_PAUSE_MS = 20

type Waiting = {
  readonly work: () => unknown
  readonly resolve: (value: never) => void
  readonly reject: (thrown: unknown) => void
}

type Settled = {
  readonly op: Waiting
  readonly value?: unknown
  readonly failed?: { readonly thrown: unknown }
}

/**
 * Puts operations that arrive together into one durable transaction, because the cost is the wait for the disk, not the
 * rows. Each operation has a savepoint of its own, so one that throws takes nothing of the others with it. An operation
 * is synchronous, sees what those before it in the group wrote, and is acknowledged after the commit.
 */
export class GroupCommit {
  readonly #db: DatabaseSync
  readonly #busyLimitMs: number
  readonly #savepoint: StatementSync
  readonly #keep: StatementSync
  readonly #undo: StatementSync
  #queue: Waiting[] = []
  #flushing: Promise<void> | null = null
  #closed = false

  constructor(db: DatabaseSync, busyLimitMs = BUSY_LIMIT_MS) {
    this.#db = db
    this.#busyLimitMs = busyLimitMs
    this.#savepoint = db.prepare('SAVEPOINT operation')
    this.#keep = db.prepare('RELEASE operation')
    this.#undo = db.prepare('ROLLBACK TO operation')
  }

  /** Throws what `work` throws, or `jobs.store_unavailable`; then nothing of it was written. */
  run<T>(work: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new Fault('jobs.store_unavailable', { reason: 'closed' }))
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve, reject })
      this.#flushing ??= this.#flush()
    })
  }

  /** Refuses what comes later and waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#flushing
  }

  async #flush(): Promise<void> {
    while (this.#queue.length > 0) {
      await new Promise((resolve) => setImmediate(resolve))
      const group = this.#queue.splice(0, MAX_GROUP)
      try {
        await this.#begin()
        this.#settle(group)
      } catch (thrown) {
        const fault = storeFault(thrown)
        for (const op of group) op.reject(fault)
      }
    }
    this.#flushing = null
  }

  /** Waits between tries without holding the event loop, in real time: the other side is another process. */
  async #begin(): Promise<void> {
    const giveUpAt = performance.now() + this.#busyLimitMs
    for (;;) {
      try {
        this.#db.exec('BEGIN IMMEDIATE')
        return
      } catch (thrown) {
        if (!isBusy(thrown) || performance.now() >= giveUpAt) throw thrown
        await systemClock.sleep(BUSY_PAUSE_MS)
      }
    }
  }

  #settle(group: readonly Waiting[]): void {
    let settled: Settled[]
    try {
      settled = group.map((op) => this.#attempt(op))
      this.#db.exec('COMMIT')
    } catch (thrown) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw thrown
    }
    for (const { op, value, failed } of settled) {
      if (failed) op.reject(storeFault(failed.thrown))
      else op.resolve(value as never)
    }
  }

  #attempt(op: Waiting): Settled {
    this.#savepoint.run()
    try {
      const value = op.work()
      this.#keep.run()
      return { op, value }
    } catch (thrown) {
      // A full disk or a broken file ends the whole transaction: nobody in the group may be told that it was kept.
      if (!this.#db.isTransaction) throw thrown
      this.#undo.run()
      this.#keep.run()
      return { op, failed: { thrown } }
    }
  }
}
