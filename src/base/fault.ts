import { ERRORS, type ErrorCode, type ErrorEntry } from './errors.ts'

export type Facts = Readonly<Record<string, string | number | boolean | null | undefined | readonly string[]>>

/**
 * The one error type that crosses rooms. `facts` go to logs only; `detail` is shown to people beside the catalogue's
 * sentence, so it must be free of secrets, addresses and stack traces (Benchling's own message, a file name).
 */
export class Fault extends Error {
  readonly code: ErrorCode
  readonly facts: Facts
  readonly detail: string | undefined

  constructor(code: ErrorCode, facts: Facts = {}, more: { detail?: string; cause?: unknown } = {}) {
    super(`${code}: ${ERRORS[code].people}${more.detail ? ` ${more.detail}` : ''}`, { cause: more.cause })
    this.name = 'Fault'
    this.code = code
    this.facts = facts
    this.detail = more.detail
  }

  get entry(): ErrorEntry {
    return ERRORS[this.code]
  }

  /** What a person reads: the catalogue's sentence and, where there is one, the detail. */
  get people(): string {
    return this.detail ? `${this.entry.people} ${this.detail}` : this.entry.people
  }
}

/** Any throw as a Fault: a Fault stays itself, everything else becomes `internal` with its cause kept. */
export const asFault = (thrown: unknown): Fault =>
  thrown instanceof Fault
    ? thrown
    : new Fault(
        'internal',
        { error: thrown instanceof Error ? thrown.name : typeof thrown },
        { cause: thrown },
      )

/** True when work ended because its signal was aborted (drain, lost lease, deadline): never an error. */
export const isAbort = (thrown: unknown, signal?: AbortSignal): boolean =>
  signal?.aborted === true || (thrown instanceof Error && thrown.name === 'AbortError')
