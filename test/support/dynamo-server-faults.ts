/**
 * What can go wrong on the way, each once unless `times` says more:
 * `throttled` 400, `internal-error` 500, `denied` 400: answered before anything is done; `conflict`, `throttled-item`,
 * `in-progress`: what TransactWriteItems answers when it did nothing; `unprocessed`: BatchGetItem leaves all but one out;
 * `reset`: the connection breaks before anything is done; `lost-answer`: it is done, then the connection breaks;
 * `done-but-500`: it is done, then 500; `held`: answered (and done) after `release`; `hang`: no answer.
 */
export type DynamoFaultKind =
  | 'throttled'
  | 'internal-error'
  | 'denied'
  | 'conflict'
  | 'throttled-item'
  | 'in-progress'
  | 'unprocessed'
  | 'reset'
  | 'lost-answer'
  | 'done-but-500'
  | 'held'
  | 'hang'

export class DynamoFaults {
  #gate = Promise.withResolvers<void>()
  #planned: { operation: string; kind: DynamoFaultKind; left: number }[] = []

  /** The next `times` requests of this operation (`*` for any) meet this fault. */
  plan(operation: string, kind: DynamoFaultKind, times = 1): void {
    this.#planned.push({ operation, kind, left: times })
  }

  release(): void {
    this.#gate.resolve()
    this.#gate = Promise.withResolvers<void>()
  }

  get released(): Promise<void> {
    return this.#gate.promise
  }

  clear(): void {
    this.#planned = []
  }

  take(operation: string): DynamoFaultKind | undefined {
    const fault = this.#planned.find((f) => f.left > 0 && (f.operation === '*' || f.operation === operation))
    if (!fault) return undefined
    fault.left--
    return fault.kind
  }
}
