import type { Clock } from '../base/clock.ts'
import { asFault } from '../base/fault.ts'
import { faultFields, type Logger } from '../base/log.ts'
import type { QueueName } from '../base/metric-names.ts'
import { type Metrics, NO_METRICS } from '../base/metrics.ts'
import { backoffMs } from '../base/retry.ts'
import { asleep } from '../jobs/asleep.ts'
import { type Message, SqsApi } from './sqs-api.ts'
import type { QueueAddress } from './sqs-client.ts'
import { HeldMessage } from './sqs-hold.ts'
import { RECEIVE_MAX, SqsReceiver } from './sqs-receiver.ts'

/** A message that could not be dealt with comes back after so long, doubled each time. */
const RETRY_BASE_MS = 10_000
const RETRY_CAP_MS = 900_000

/** What is known of a message beside its body. `signal` is aborted when the consumer stops. */
export type MessageFacts = {
  readonly messageId: string
  /** How often it was received, this time included. */
  readonly receiveCount: number
  /** When it was sent, ms since the epoch; null when unknown. */
  readonly sentAt: number | null
  readonly signal: AbortSignal
}

export type ConsumerOptions = QueueAddress & {
  /** What the queue is for: in log lines, and the dimension `queue` of its figures. */
  readonly name: QueueName
  readonly clock: Clock
  readonly log: Logger
  /** The `queue_…` figures. */
  readonly metrics?: Metrics
  /** Messages worked on at once; no more are taken from the queue. */
  readonly concurrency: number
  /** How long a message stays hidden after this process died. It is hidden for as long as it is worked on. */
  readonly visibilitySeconds: number
  /** `done` deletes the message. `retry`, and any throw, brings it back later. It may be called twice for one message. */
  readonly handle: (body: string, facts: MessageFacts) => Promise<'done' | 'retry'>
  readonly signal: AbortSignal
  readonly random?: () => number
}

/**
 * Works off a queue until the signal is aborted, whatever the queue answers meanwhile; never throws. Then what was
 * received and not begun is given back at once, and it resolves when what was begun has ended.
 */
export const consumeQueue = async (o: ConsumerOptions): Promise<void> => {
  const { metrics = NO_METRICS, signal } = o
  const api = new SqsApi(o, o.clock)
  const receiver = new SqsReceiver(api, { ...o, metrics })
  const under = new Set<Promise<void>>()
  while (!signal.aborted) {
    if (under.size >= o.concurrency) {
      await Promise.race(under)
      continue
    }
    const messages = await receiver.next(Math.min(RECEIVE_MAX, o.concurrency - under.size), signal)
    for (const message of messages) {
      const work = workOn(o, message, new HeldMessage(api, message.receipt)).finally(() => under.delete(work))
      under.add(work)
    }
  }
  await Promise.all(under)
}

const workOn = async (o: ConsumerOptions, message: Message, held: HeldMessage): Promise<void> => {
  const facts = { queue: o.name, message: message.id, receiveCount: message.receiveCount }
  const outcome = o.signal.aborted ? 'retry' : await outcomeOf(o, message, held, facts)
  const wait = backoffMs(message.receiveCount, RETRY_BASE_MS, RETRY_CAP_MS, o.random)
  try {
    if (outcome === 'done') await held.done()
    else await held.release(o.signal.aborted ? 0 : wait)
  } catch (thrown) {
    o.log.warn({ ...facts, ...faultFields(asFault(thrown)) }, 'a message was not settled')
  }
}

const outcomeOf = async (
  o: ConsumerOptions,
  message: Message,
  held: HeldMessage,
  facts: Record<string, unknown>,
): Promise<'done' | 'retry'> => {
  const ended = new AbortController()
  const beat = async (): Promise<void> => {
    const every = Math.floor((o.visibilitySeconds * 1_000) / 3)
    while (await asleep(o.clock, every, ended.signal))
      await held.extend(o.visibilitySeconds * 1_000).catch((thrown) => {
        o.log.warn({ ...facts, ...faultFields(asFault(thrown)) }, 'a message was not kept')
      })
  }
  void beat()
  try {
    const { id: messageId, receiveCount, sentAt } = message
    return await o.handle(message.body, { messageId, receiveCount, sentAt, signal: o.signal })
  } catch (thrown) {
    if (!o.signal.aborted)
      o.log.warn({ ...facts, ...faultFields(asFault(thrown)) }, 'a message failed, it comes back')
    return 'retry'
  } finally {
    ended.abort()
  }
}
