import { asFault } from '../base/fault.ts'
import { faultFields } from '../base/log.ts'
import type { Key, Kind } from './ports.ts'
import { announceChange, type WorkerContext } from './run-context.ts'
import { giveBack } from './subject.ts'

/**
 * Gives back runs whose worker is gone and that nobody can go on with yet, because every lane is taken: until somebody
 * does, the record and whoever watches it would tell of work that is not under way. Looks at each subject once while it
 * waits.
 */
export class AbandonedRuns {
  readonly #context: WorkerContext
  readonly #seen = new Map<Kind, ReadonlySet<Key>>()

  constructor(context: WorkerContext) {
    this.#context = context
  }

  /** `waiting`: all of this kind that are due and wait for a lane. Never throws. */
  async among(kind: Kind, waiting: readonly Key[]): Promise<void> {
    const before = this.#seen.get(kind)
    this.#seen.set(kind, new Set(waiting))
    try {
      for (const key of waiting) if (!before?.has(key)) await this.#giveBack(key)
    } catch (thrown) {
      this.#seen.delete(kind)
      this.#context.log.warn(faultFields(asFault(thrown)), 'abandoned runs could not be given back')
    }
  }

  async #giveBack(key: Key): Promise<void> {
    const { clock, log } = this.#context
    if (await announceChange(this.#context, key, (subject) => giveBack(subject, clock.now())))
      log.info({ key }, 'the run of a worker that is gone waits for a lane')
  }
}
