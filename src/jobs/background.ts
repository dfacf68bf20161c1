import { asFault, type Facts } from '../base/fault.ts'
import { faultFields, type Logger } from '../base/log.ts'

/** What nobody waits for but the end of the process, and what harms nobody when it fails: then it is logged. */
export class Background {
  readonly #log: Logger
  readonly #under = new Set<Promise<void>>()

  constructor(log: Logger) {
    this.#log = log
  }

  begin(work: () => Promise<void>, complaint: string, facts: Facts = {}): void {
    const ended = Promise.resolve()
      .then(work)
      .catch((thrown) => this.#log.warn({ ...facts, ...faultFields(asFault(thrown)) }, complaint))
      .finally(() => this.#under.delete(ended))
    this.#under.add(ended)
  }

  /** Resolves when nothing is under way any more. */
  async rest(): Promise<void> {
    while (this.#under.size > 0) await Promise.all(this.#under)
  }
}
