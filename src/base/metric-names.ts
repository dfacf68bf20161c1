import { ERRORS, type ErrorCode } from './errors.ts'
import type { Unit } from './metrics.ts'

/**
 * The catalogue of every figure the service keeps, one entry a stable name. CloudWatch has them under these names, the
 * internal endpoint with a prefix (`metrics-text.ts`). Names and values are public: alarms and dashboards lean on them.
 *
 * Dimensions have closed sets of values, because every combination is a series of its own, and a metric to be paid for:
 * never an id, a name or anything that people wrote.
 */
export type MetricEntry = {
  /** `counter` only grows; `observed` is a distribution; `gauge` is so much now. */
  readonly kind: 'counter' | 'observed' | 'gauge'
  readonly unit: Unit
  readonly meaning: string
  readonly dimensions: Readonly<Record<string, readonly string[]>>
  /** Upper bounds of what the endpoint tells observations apart by, growing; one without a bound follows. */
  readonly buckets: readonly number[]
}

const counter = <const D extends MetricEntry['dimensions'], const U extends Unit = 'Count'>(
  meaning: string,
  dimensions: D,
  ...[unit]: U extends 'Count' ? [] : [unit: U]
) => ({ kind: 'counter', unit: (unit ?? 'Count') as U, meaning, dimensions, buckets: [] }) as const

const gauge = <const U extends Unit>(unit: U, meaning: string) =>
  ({ kind: 'gauge', unit, meaning, dimensions: {}, buckets: [] }) as const

/** From a call that is answered at once to work that takes the longest time a run may have. */
const SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 21_600]
/** From a text with a table to the largest export that is accepted by default. */
const BYTES = [2 ** 16, 2 ** 20, 2 ** 24, 2 ** 27, 2 ** 30, 2 ** 33, 2 ** 36, 2 ** 38]

const seconds = <const D extends MetricEntry['dimensions']>(meaning: string, dimensions: D) =>
  ({ kind: 'observed', unit: 'Seconds', meaning, dimensions, buckets: SECONDS }) as const

const bytes = <const D extends MetricEntry['dimensions']>(meaning: string, dimensions: D) =>
  ({ kind: 'observed', unit: 'Bytes', meaning, dimensions, buckets: BYTES }) as const

/** Every code of `errors.ts`. */
export const ERROR_CODES = Object.keys(ERRORS) as readonly ErrorCode[]

/** Every step that a run can have; what stands behind `export` and `hand over` to tell contents apart is left out. */
export const STEP_NAMES = [
  'base',
  'compare attachments',
  'create',
  'discard replaced',
  'export',
  'hand over',
  'name links',
  'older canvas',
  'open archive',
  'publish',
  'read entry',
  'store attachments',
  'store documents',
  'store members',
  'wait for export',
] as const
export type StepName = (typeof STEP_NAMES)[number]

/** Queues that are listened to: the bell of the workers, and the package events of the stack. */
export const QUEUE_NAMES = ['bell', 'events'] as const
export type QueueName = (typeof QUEUE_NAMES)[number]

const KINDS = ['entry', 'canvas', 'place', 'tenant'] as const

/** Calls of S3's API. */
export const S3_OPERATIONS = [
  'AbortMultipartUpload',
  'CompleteMultipartUpload',
  'CreateMultipartUpload',
  'DeleteObject',
  'DeleteObjects',
  'GetBucketVersioning',
  'GetObject',
  'HeadObject',
  'ListObjectVersions',
  'ListObjectsV2',
  'PutObject',
  'UploadPart',
] as const
export type S3Operation = (typeof S3_OPERATIONS)[number]

export const METRICS = {
  // the door
  deliveries: counter(
    'Deliveries that were acknowledged. repeated: Benchling sent it before, and nothing was done.',
    {
      kind: ['entry', 'canvas', 'place', 'click', 'lifecycle', 'other'],
      outcome: ['accepted', 'noted', 'ignored', 'repeated'],
    },
  ),
  deliveries_refused: counter('Deliveries that were not taken, by the reason.', { code: ERROR_CODES }),

  // work
  open_work: gauge(
    'Count',
    'Entries, canvases and other work that nobody has begun though it is due, up to 1000.',
  ),
  queue_age_seconds: gauge(
    'Seconds',
    'How long ago the event happened behind the work that is due and waits longest; 0 when none waits.',
  ),
  work_wait_seconds: seconds('From the oldest event behind a run to its begin.', { kind: KINDS }),
  runs_begun: counter('Runs that were taken up, each attempt counted.', { kind: KINDS }),
  runs_ended: counter(
    'How attempts ended. failed: it is tried again by itself; buried: given up with its reason; released: given back, to be resumed.',
    { kind: KINDS, outcome: ['done', 'failed', 'buried', 'released'] },
  ),
  run_faults: counter('Faults that ended an attempt, whatever became of the run.', {
    kind: KINDS,
    code: ERROR_CODES,
  }),
  run_seconds: seconds('Duration of attempts that ended, whatever their outcome.', { kind: KINDS }),
  step_seconds: seconds('Duration of the steps of runs.', { step: STEP_NAMES }),

  // queues
  queue_messages: counter('Messages received.', { queue: QUEUE_NAMES }),
  queue_message_age_seconds: seconds(
    'How long the oldest of the messages that came together had been waiting.',
    {
      queue: QUEUE_NAMES,
    },
  ),
  queue_receive_errors: counter('Calls for messages that failed; the next follows after a pause.', {
    queue: QUEUE_NAMES,
  }),

  package_events: counter('Package events of the stack, by what became of them.', {
    outcome: ['applied', 'dropped'],
    reason: ['entry', 'adopted', 'watched', 'not-understood', 'foreign', 'known', 'stale', 'missing'],
  }),

  // what comes out
  packages: counter('Runs of entries that were done, by what became of the package.', {
    status: ['published', 'unchanged', 'handedOver', 'waiting', 'confirmed', 'no-bucket'],
  }),
  published_files: counter('Files of the revisions that were published, or that Quilt was asked for.', {}),
  published_bytes: counter(
    'Size of the revisions that were published, or that Quilt was asked for.',
    {},
    'Bytes',
  ),
  archive_bytes: bytes('Packed size of the exports that runs were done with.', {}),

  // Benchling's API
  benchling_requests: counter('Requests to Benchling’s API, by their answer; none: no whole answer came.', {
    answer: ['2xx', '3xx', '4xx', '429', '5xx', 'none'],
  }),
  benchling_retries: counter('Requests to Benchling’s API that were made again, by what happened before.', {
    why: ['429', '5xx', 'connection', 'timeout'],
  }),
  benchling_token_fetches: counter('Requests for an access token.', {}),
  benchling_rate_wait_seconds: seconds(
    'How long requests waited so that the app stays within its request budget; those that went at once are not counted.',
    {},
  ),

  // the keys that deliveries are verified with
  jwks_age_seconds: gauge('Seconds', 'Age of the keys in use; absent while there are none.'),
  jwks_fetches: counter('Fetches of the keys.', { outcome: ['fetched', 'failed'] }),
  jwks_forced_renewals: counter('Fetches of the keys because no key in use matched a delivery.', {}),

  // the registry
  s3_retries: counter('Calls of S3 that were made again.', { operation: S3_OPERATIONS }),
  s3_failures: counter(
    'Calls of S3 that were given up. That an object is not there, or a condition does not hold, is an answer.',
    { operation: S3_OPERATIONS },
  ),
} as const satisfies Readonly<Record<string, MetricEntry>>

export type MetricName = keyof typeof METRICS
