/**
 * What can go wrong on the way, each once unless `times` says more:
 * `slow-down` 503, `internal-error` 500, `forbidden` 403, `conflict` 409: answered before anything is done;
 * `expired-token` 400, `kms-denied` 403, `kms-disabled` 400, `kms-throttled` 400: the same, about the session or the key;
 * `reset`: the connection breaks before anything is done; `lost-answer`: it is done, then the connection breaks;
 * `cut-body`: half of the answer's body, then the connection breaks; `spoil-body`: a byte of the request changes on the
 * way; `wrong-checksum`: the answer names another checksum; `no-checksum`: the answer names none; `held`: it is
 * done, and answered after `release`; `hang`: no answer until the other side gives up.
 */
export type S3FaultKind =
  | 'slow-down'
  | 'internal-error'
  | 'forbidden'
  | 'conflict'
  | 'expired-token'
  | 'kms-denied'
  | 'kms-disabled'
  | 'kms-throttled'
  | 'reset'
  | 'lost-answer'
  | 'cut-body'
  | 'spoil-body'
  | 'wrong-checksum'
  | 'no-checksum'
  | 'held'
  | 'hang'

export class S3Faults {
  #gate = Promise.withResolvers<void>()
  #planned: { operation: string; kind: S3FaultKind; left: number }[] = []

  /** The next `times` requests of this operation (`*` for any) meet this fault. */
  plan(operation: string, kind: S3FaultKind, times = 1): void {
    this.#planned.push({ operation, kind, left: times })
  }

  /** Lets what is `held` be answered. */
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

  take(operation: string): S3FaultKind | undefined {
    const fault = this.#planned.find((f) => f.left > 0 && (f.operation === '*' || f.operation === operation))
    if (!fault) return undefined
    fault.left--
    return fault.kind
  }
}
