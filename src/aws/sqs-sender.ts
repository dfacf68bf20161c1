import type { Clock } from '../base/clock.ts'
import { SqsApi } from './sqs-api.ts'
import type { QueueAddress } from './sqs-client.ts'

/** Longer than a hiccup of SQS; an outage is for the caller to wait for. */
const SEND_WITHIN_MS = 10_000

/** For FIFO queues: messages of a group keep their order, and what has the same `once` within 5 minutes is sent once. */
export type Order = { readonly group: string; readonly once: string }

export type Sender = {
  /**
   * Sends one message, tries again for up to ten seconds, and returns SQS's id of it. Where the answer got lost it may be
   * sent twice, except on a FIFO queue. Attributes are texts that may not be empty. Throws `queue.unavailable`,
   * `queue.refused`, and `internal` for a body that SQS does not take (256 KiB with its attributes at most).
   */
  send(body: string, attributes?: Readonly<Record<string, string>>, order?: Order): Promise<string>
}

/** Sends to one queue. */
export const createSender = (o: QueueAddress & { readonly clock: Clock }): Sender => {
  const api = new SqsApi(o, o.clock)
  return {
    send: (body, attributes = {}, order) => {
      const named = Object.entries(attributes).map(
        ([name, value]) => [name, { DataType: 'String', StringValue: value }] as const,
      )
      const message = {
        MessageBody: body,
        ...(named.length > 0 ? { MessageAttributes: Object.fromEntries(named) } : {}),
        ...(order ? { MessageGroupId: order.group, MessageDeduplicationId: order.once } : {}),
      }
      return api.send(message, SEND_WITHIN_MS)
    },
  }
}
