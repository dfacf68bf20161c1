import type { AthenaClient } from '@aws-sdk/client-athena'
import type { Clock } from '../base/clock.ts'
import type { Facts } from '../base/fault.ts'
import type { Logger } from '../base/log.ts'
import { retry } from '../base/retry.ts'
import { athenaFault } from './athena-faults.ts'
import { isPassing } from './aws-problem.ts'

/** Glue's own catalog, the one in which Quilt keeps its databases. */
export const CATALOG = 'AwsDataCatalog'

/** About a second of trying: a search that fails is repeated later. */
const RETRY = { attempts: 4, baseMs: 200, capMs: 1_000 }

type Call = Facts & { readonly operation: string }

/** Calls to Athena: retried while that can help, every failure a `query.*` fault. */
export class AthenaApi {
  readonly client: AthenaClient
  readonly clock: Clock
  readonly log: Logger

  constructor(parts: { client: AthenaClient; clock: Clock; log: Logger }) {
    this.client = parts.client
    this.clock = parts.clock
    this.log = parts.log
  }

  /** Runs `work` until it goes through. When the signal is aborted its reason is thrown, never a fault. */
  async call<T>(
    call: Call,
    work: (options: { abortSignal?: AbortSignal }) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    let attempts = 0
    try {
      signal?.throwIfAborted()
      return await retry(this.clock, { ...RETRY, signal, when: isPassing }, (attempt) => {
        attempts = attempt
        return work(signal ? { abortSignal: signal } : {})
      })
    } catch (thrown) {
      if (signal?.aborted) throw signal.reason
      throw athenaFault(thrown, { ...call, attempts })
    }
  }
}
