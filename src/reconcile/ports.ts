import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Benchling, BenchlingChanges } from '../benchling/ports.ts'
import type { RateStatus } from '../benchling/rate-gate.ts'
import type { Subjects } from '../jobs/ports.ts'

/** What looking over a tenant needs. */
export type ReconcilePorts = {
  readonly benchling: BenchlingChanges & Pick<Benchling, 'entry'> & { readonly rate: RateStatus }
  readonly subjects: Pick<Subjects, 'get' | 'change' | 'touch'>
  readonly clock: Clock
  readonly log: Logger
  /** From the start of one look to the start of the next, ms. */
  readonly everyMs: number
  /** Most of the app's requests to use, above 0 and up to 1. */
  readonly rateShare: number
}
