import type { Clock } from '../base/clock.ts'
import { asFault, Fault } from '../base/fault.ts'
import { faultFields, type Logger } from '../base/log.ts'
import { type Metrics, NO_METRICS } from '../base/metrics.ts'
import type { Bell, Key, Ring } from '../jobs/ports.ts'
import { type Message, SqsApi } from './sqs-api.ts'
import { isFifo, type QueueAddress } from './sqs-client.ts'
import { HeldMessage } from './sqs-hold.ts'
import { RECEIVE_MAX, SqsReceiver } from './sqs-receiver.ts'
import { ringBody, ringOf } from './sqs-ring.ts'
import { sha256Hex, toFifoId } from './sqs-text.ts'

/** Nobody waits for a ring but the sweep, which is about as fast. */
const RING_WITHIN_MS = 2_000
/** A ring is kept from others for as long as a lease, but not for less. */
const VISIBILITY_MIN_MS = 30_000

export type SqsBellOptions = QueueAddress & {
  readonly clock: Clock
  readonly log: Logger
  /** How long a lease lasts without being renewed, as the worker has it. */
  readonly leaseMs: number
  /** The `queue_…` figures. */
  readonly metrics?: Metrics
  readonly random?: () => number
}

export type SqsBell = Bell & {
  /** Throws `queue.unavailable` or `queue.refused` while the queue cannot be used: for the health check. */
  check(signal: AbortSignal): Promise<void>
}

/**
 * The bell of all processes on one SQS FIFO queue. Each ring is heard by one listener; while it is held, no other ring of
 * its subject is heard by anybody. Listening never ends but by the signal, whatever the queue answers.
 * Throws `config.invalid` for a queue that is not FIFO.
 */
export const createSqsBell = (o: SqsBellOptions): SqsBell => {
  if (!isFifo(o.queueUrl))
    throw new Fault(
      'config.invalid',
      {},
      { detail: 'The queue of the bell is not FIFO: its name ends in .fifo.' },
    )
  const api = new SqsApi(o, o.clock)
  return {
    ring: async (key, id) => {
      const message = {
        MessageBody: ringBody(key, id),
        MessageGroupId: toFifoId(key),
        MessageDeduplicationId: sha256Hex(JSON.stringify([id, key])),
      }
      await api.send(message, RING_WITHIN_MS)
    },
    rings: (signal) => listen(api, o, signal),
    check: (signal) => api.check(signal),
  }
}

type Heard = Ring & { readonly hold: HeldMessage }

async function* listen(api: SqsApi, o: SqsBellOptions, signal: AbortSignal): AsyncGenerator<Ring> {
  const { metrics = NO_METRICS } = o
  const visibilityMs = Math.max(VISIBILITY_MIN_MS, o.leaseMs)
  const receiver = new SqsReceiver(api, {
    ...o,
    metrics,
    name: 'bell',
    visibilitySeconds: Math.ceil(visibilityMs / 1_000),
  })
  while (!signal.aborted) {
    const messages = await receiver.next(RECEIVE_MAX, signal)
    const waiting = onePerKey(
      messages.flatMap((message) => readRing(api, o, message) ?? []),
      o,
    )
    try {
      for (let ring = waiting.shift(); ring; ring = waiting.shift()) {
        if (signal.aborted) {
          waiting.unshift(ring)
          break
        }
        yield ring
      }
    } finally {
      await Promise.all(waiting.map(({ hold }) => quietly(o, hold.release())))
    }
  }
}

/** What is no ring is deleted: it would come back for ever, and be in the way of others. */
const readRing = (api: SqsApi, o: SqsBellOptions, message: Message): Heard | null => {
  const hold = new HeldMessage(api, message.receipt, VISIBILITY_MIN_MS)
  const ring = ringOf(message.body)
  if (ring) return { ...ring, hold }
  o.log.warn({ queue: 'bell', message: message.id }, 'a message that is no ring was deleted')
  void quietly(o, hold.done())
  return null
}

/** Of rings of one subject that came together one is enough: whoever looks now sees what all of them tell of. */
const onePerKey = (rings: readonly Heard[], o: SqsBellOptions): Heard[] => {
  const first = new Map<Key, Heard>()
  for (const ring of rings) {
    if (first.has(ring.key)) void quietly(o, ring.hold.done())
    else first.set(ring.key, ring)
  }
  return [...first.values()]
}

const quietly = (o: SqsBellOptions, settled: Promise<void>): Promise<void> =>
  settled.catch((thrown) => o.log.warn(faultFields(asFault(thrown)), 'a ring was not settled'))
