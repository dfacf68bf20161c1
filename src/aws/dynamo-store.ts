import type { Clock } from '../base/clock.ts'
import { asFault, Fault } from '../base/fault.ts'
import { faultFields } from '../base/log.ts'
import { finishPending } from './dynamo-announce.ts'
import type { DynamoApi } from './dynamo-api.ts'
import type { Draft } from './dynamo-draft.ts'
import type { RowKey } from './dynamo-table.ts'
import { inTransaction } from './dynamo-transaction.ts'
import type { Tries } from './dynamo-tries.ts'
import { Turns } from './dynamo-turns.ts'

/** One open table: takes turns, and ends when it is closed. */
export class DynamoStore {
  readonly api: DynamoApi
  readonly clock: Clock
  readonly #turns = new Turns()
  readonly #underWay = new Set<Promise<unknown>>()
  #closed = false

  constructor(api: DynamoApi, clock: Clock) {
    this.api = api
    this.clock = clock
  }

  /** A transaction; `names` are the subjects and topics known to be in it, for which work of this process waits. */
  write<T>(names: readonly string[], work: (draft: Draft) => Promise<T>): Promise<T> {
    return this.inTurn(names, async (tries) => {
      const { result, draft } = await inTransaction(this.api, tries, work)
      for (const row of draft.left) await this.finish(row)
      return result
    })
  }

  inTurn<T>(names: readonly string[], work: (tries: Tries) => Promise<T>): Promise<T> {
    return this.use(() => {
      const tries = this.api.tries()
      return this.#turns.take(names, () => {
        tries.begin()
        return work(tries)
      })
    })
  }

  /** What fails here is found again by the next search for work. */
  async finish(row: RowKey): Promise<void> {
    try {
      await finishPending(this.api, row)
    } catch (thrown) {
      this.api.log.warn(faultFields(asFault(thrown)), 'watchers are touched later')
    }
  }

  /** Throws `jobs.store_unavailable` after `close`. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new Fault('jobs.store_unavailable', { reason: 'closed' })
    const working = work()
    this.#underWay.add(working)
    try {
      return await working
    } finally {
      this.#underWay.delete(working)
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.allSettled(this.#underWay)
    this.api.close()
  }
}
