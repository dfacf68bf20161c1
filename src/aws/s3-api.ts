import type { S3Client } from '@aws-sdk/client-s3'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { S3Operation } from '../base/metric-names.ts'
import { type Metrics, NO_METRICS } from '../base/metrics.ts'
import { retry } from '../base/retry.ts'
import { isPassing } from './aws-problem.ts'
import { isRefusedCondition, s3Fault } from './s3-faults.ts'

/** How long a call that should end may go on after its work was given up. */
const GRACE_MS = 5_000

/** About three seconds of trying within a call; an outage longer than that is the job's to wait for. */
const RETRY = { attempts: 5, baseMs: 200, capMs: 5_000 }

export type Call = {
  readonly operation: S3Operation
  readonly key?: string
  /** Without one, a call runs to its end: for what must not be left half done. */
  readonly signal?: AbortSignal
  /**
   * True for what makes an object: what is on the wire when the signal is aborted has five seconds to end, because an
   * object whose version nobody was told could never be removed. When it goes through, `call` resolves.
   */
  readonly ends?: boolean
}

/** Calls to one bucket: retried while that can help, every failure a `store.*` fault. */
export class S3Api {
  readonly client: S3Client
  readonly bucket: string
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  /** Encryption parameters for whatever creates an object. */
  readonly encryption: { ServerSideEncryption: 'aws:kms'; SSEKMSKeyId: string } | Record<string, never>

  constructor(parts: {
    client: S3Client
    bucket: string
    clock: Clock
    log: Logger
    kmsKeyId?: string
    metrics?: Metrics
  }) {
    this.client = parts.client
    this.bucket = parts.bucket
    this.clock = parts.clock
    this.log = parts.log
    this.metrics = parts.metrics ?? NO_METRICS
    this.encryption =
      parts.kmsKeyId === undefined ? {} : { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: parts.kmsKeyId }
  }

  /**
   * Runs `work` until it goes through. Facts of the fault: `error` (S3's code), `status`, `attempts`. When the signal
   * is aborted its reason is thrown, never a fault.
   */
  async call<T>(call: Call, work: (options: { abortSignal?: AbortSignal }) => Promise<T>): Promise<T> {
    const { signal, operation, key } = call
    let attempts = 0
    try {
      signal?.throwIfAborted()
      using sent = call.ends === true && signal ? delayedAbort(signal, this.clock) : null
      const abortSignal = sent?.signal ?? signal
      return await retry(this.clock, { ...RETRY, signal, when: isPassing }, (attempt) => {
        attempts = attempt
        if (attempt > 1) this.metrics.count('s3_retries', 1, { operation })
        return work(abortSignal ? { abortSignal } : {})
      })
    } catch (thrown) {
      if (signal?.aborted) throw signal.reason
      const fault = s3Fault(thrown, { operation, bucket: this.bucket, key, attempts })
      if (fault.code !== 'store.object_missing' && !isRefusedCondition(fault))
        this.metrics.count('s3_failures', 1, { operation })
      throw fault
    }
  }
}

/** A signal that follows another after `GRACE_MS`. */
const delayedAbort = (signal: AbortSignal, clock: Clock): { signal: AbortSignal } & Disposable => {
  const late = new AbortController()
  const over = new AbortController()
  const follow = () =>
    void clock.sleep(GRACE_MS, over.signal).then(
      () => late.abort(signal.reason),
      () => {},
    )
  signal.addEventListener('abort', follow, { once: true, signal: over.signal })
  return { signal: late.signal, [Symbol.dispose]: () => over.abort() }
}
