import { SqsError } from './sqs-server-error.ts'

/**
 * What can go wrong on the way, each once unless `times` says more: `internal-error` 500, `throttled`, `denied`,
 * `missing`: answered before anything is done; `reset`: the connection breaks before anything is done; `lost-answer`: it
 * is done, then the connection breaks; `hang`: no answer until the other side gives up; `held`: it is done, and answered
 * after `release`.
 */
export type SqsFaultKind =
  | 'internal-error'
  | 'throttled'
  | 'denied'
  | 'missing'
  | 'reset'
  | 'lost-answer'
  | 'hang'
  | 'held'

export const EARLY: Partial<Record<SqsFaultKind, () => SqsError>> = {
  'internal-error': () => new SqsError('InternalFailure', 'We are sorry.', 500),
  throttled: () => new SqsError('RequestThrottled', 'Rate exceeded'),
  denied: () => new SqsError('AccessDeniedException', 'User is not authorized to perform: sqs', 403),
  missing: () => new SqsError('QueueDoesNotExist', 'The specified queue does not exist.'),
}

export class SqsFaults {
  #gate = Promise.withResolvers<void>()
  #planned: { action: string; kind: SqsFaultKind; left: number }[] = []
  #down = false

  /** The next `times` calls of this action (`*` for any) meet this fault. */
  plan(action: string, kind: SqsFaultKind, times = 1): void {
    this.#planned.push({ action, kind, left: times })
  }

  /** From now on every connection breaks, until `up`. */
  down(): void {
    this.#down = true
  }

  up(): void {
    this.#down = false
    this.#planned = []
  }

  /** Lets what is `held` be answered. */
  release(): void {
    this.#gate.resolve()
    this.#gate = Promise.withResolvers<void>()
  }

  get released(): Promise<void> {
    return this.#gate.promise
  }

  take(action: string): SqsFaultKind | undefined {
    if (this.#down) return 'reset'
    const fault = this.#planned.find((f) => f.left > 0 && (f.action === '*' || f.action === action))
    if (!fault) return undefined
    fault.left--
    return fault.kind
  }
}
