import { randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { asFault, type Fault } from '../base/fault.ts'
import { faultFields, type Logger } from '../base/log.ts'
import type { QueueName } from '../base/metric-names.ts'
import type { Metrics } from '../base/metrics.ts'
import { backoffMs } from '../base/retry.ts'
import { asleep } from '../jobs/asleep.ts'
import type { Message, SqsApi } from './sqs-api.ts'

/** SQS gives at most so many messages at once. */
export const RECEIVE_MAX = 10
const BACKOFF_BASE_MS = 1_000
const BACKOFF_CAP_MS = 30_000

export type ReceiverOptions = {
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  /** What the queue is for: in log lines, and the dimension `queue` of its figures. */
  readonly name: QueueName
  readonly visibilitySeconds: number
  readonly random?: () => number
}

/**
 * Listens to one queue for ever: after an error it waits, from one second to thirty, and tries again. Said once in the
 * log when a trouble begins or changes, and once when it is over.
 */
export class SqsReceiver {
  readonly #api: SqsApi
  readonly #o: ReceiverOptions
  #attempt = randomUUID()
  #failures = 0
  #trouble: string | null = null

  constructor(api: SqsApi, options: ReceiverOptions) {
    this.#api = api
    this.#o = options
  }

  /** Waits for messages, at most `most` of them. Never throws; nothing at all means that the signal was aborted. */
  async next(most: number, signal: AbortSignal): Promise<Message[]> {
    while (!signal.aborted) {
      try {
        const messages = await this.#receive(most, signal)
        if (messages.length > 0) return messages
      } catch (thrown) {
        if (signal.aborted) break
        this.#failed(asFault(thrown))
        const wait = backoffMs(this.#failures, BACKOFF_BASE_MS, BACKOFF_CAP_MS, this.#o.random)
        await asleep(this.#o.clock, wait, signal)
      }
    }
    return []
  }

  async #receive(most: number, signal: AbortSignal): Promise<Message[]> {
    const { visibilitySeconds, clock, metrics, name } = this.#o
    const messages = await this.#api.receive({ most, visibilitySeconds, attempt: this.#attempt }, signal)
    this.#attempt = randomUUID()
    this.#worked()
    const times = messages.flatMap(({ sentAt }) => sentAt ?? [])
    if (messages.length > 0) metrics.count('queue_messages', messages.length, { queue: name })
    if (times.length > 0) {
      const age = Math.max(0, clock.now() - Math.min(...times)) / 1_000
      metrics.observe('queue_message_age_seconds', age, 'Seconds', { queue: name })
    }
    return messages
  }

  #failed(fault: Fault): void {
    const { log, metrics, name } = this.#o
    this.#failures++
    metrics.count('queue_receive_errors', 1, { queue: name })
    const trouble = `${fault.code} ${fault.facts.error}`
    if (trouble === this.#trouble) return
    this.#trouble = trouble
    const level = fault.entry.class === 'operator' ? 'error' : 'warn'
    log[level]({ queue: name, ...faultFields(fault) }, `the queue cannot be read: ${fault.entry.hint}`)
  }

  #worked(): void {
    this.#failures = 0
    if (this.#trouble === null) return
    this.#trouble = null
    this.#o.log.info({ queue: this.#o.name }, 'the queue can be read again')
  }
}
