import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/fault.ts'
import { retry } from '../base/retry.ts'
import { asleep } from '../jobs/asleep.ts'
import { createSqsClient, isFifo, type QueueAddress } from './sqs-client.ts'
import { isPassingForSqs, sqsFault } from './sqs-faults.ts'

/** Tries of one call. All of them together, waits included, have the time that the caller gives. */
const RETRY = { attempts: 5, baseMs: 100, capMs: 2_000 }
/** A message that could not be settled for so long is left to its visibility time-out. */
const SETTLE_WITHIN_MS = 2_000
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html */
const POLL_SECONDS = 20

/** One received message. Times in ms since the epoch. */
export type Message = {
  readonly id: string
  readonly body: string
  readonly receipt: string
  /** When it was sent, by the clock of SQS; null when SQS does not say. */
  readonly sentAt: number | null
  /** How often it was received, this time included. */
  readonly receiveCount: number
}

export type Receive = {
  /** At most 10. */
  readonly most: number
  readonly visibilitySeconds: number
  /** The same again after a broken answer: a FIFO queue gives the same messages again. */
  readonly attempt: string
}

/** Calls to one queue, every failure a `queue.*` fault; `internal` for what SQS has no right to say. */
export class SqsApi {
  readonly fifo: boolean
  readonly clock: Clock
  readonly #queueUrl: string
  readonly #client: SQSClient

  constructor(address: QueueAddress, clock: Clock) {
    this.fifo = isFifo(address.queueUrl)
    this.clock = clock
    this.#queueUrl = address.queueUrl
    this.#client = createSqsClient(address)
  }

  /** Sends, with tries for `withinMs` in all. Returns SQS's id of the message. */
  async send(message: Omit<SendMessageCommandInput, 'QueueUrl'>, withinMs: number): Promise<string> {
    const command = new SendMessageCommand({ ...message, QueueUrl: this.#queueUrl })
    const sent = await this.#within('SendMessage', withinMs, (abortSignal) =>
      this.#client.send(command, { abortSignal }),
    )
    return sent.MessageId ?? ''
  }

  /** Waits up to 20 seconds for messages. One try: who listens tries again anyway. Throws the signal's reason. */
  async receive({ most, visibilitySeconds, attempt }: Receive, signal: AbortSignal): Promise<Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.#queueUrl,
      MaxNumberOfMessages: most,
      VisibilityTimeout: visibilitySeconds,
      WaitTimeSeconds: POLL_SECONDS,
      MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
      ...(this.fifo ? { ReceiveRequestAttemptId: attempt } : {}),
    })
    try {
      const { Messages = [] } = await this.#client.send(command, { abortSignal: signal })
      return Messages.map(messageOf)
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      throw sqsFault(thrown, { operation: 'ReceiveMessage' })
    }
  }

  async remove(receipt: string): Promise<void> {
    const command = new DeleteMessageCommand({ QueueUrl: this.#queueUrl, ReceiptHandle: receipt })
    await this.#within('DeleteMessage', SETTLE_WITHIN_MS, (abortSignal) =>
      this.#client.send(command, { abortSignal }),
    )
  }

  /** Hides a received message for so many seconds from now; 0: others may have it at once. */
  async hide(receipt: string, seconds: number): Promise<void> {
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl: this.#queueUrl,
      ReceiptHandle: receipt,
      VisibilityTimeout: seconds,
    })
    await this.#within('ChangeMessageVisibility', SETTLE_WITHIN_MS, (abortSignal) =>
      this.#client.send(command, { abortSignal }),
    )
  }

  /** Throws when the queue is not there or may not be used. One try. */
  async check(signal: AbortSignal): Promise<void> {
    const command = new GetQueueAttributesCommand({
      QueueUrl: this.#queueUrl,
      AttributeNames: ['QueueArn'],
    })
    try {
      await this.#client.send(command, { abortSignal: signal })
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      throw sqsFault(thrown, { operation: 'GetQueueAttributes' })
    }
  }

  async #within<T>(operation: string, ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController()
    const over = new AbortController()
    void asleep(this.clock, ms, over.signal).then((due) => {
      if (due) late.abort()
    })
    try {
      return await retry(this.clock, { ...RETRY, signal: late.signal, when: isPassingForSqs }, () =>
        work(late.signal),
      )
    } catch (thrown) {
      if (late.signal.aborted)
        throw new Fault('queue.unavailable', { operation, error: 'timeout' }, { cause: thrown })
      throw sqsFault(thrown, { operation })
    } finally {
      over.abort()
    }
  }
}

const messageOf = (message: {
  MessageId?: string | undefined
  Body?: string | undefined
  ReceiptHandle?: string | undefined
  Attributes?: Partial<Record<string, string>> | undefined
}): Message => {
  const { SentTimestamp, ApproximateReceiveCount } = message.Attributes ?? {}
  return {
    id: message.MessageId ?? '',
    body: message.Body ?? '',
    receipt: message.ReceiptHandle ?? '',
    sentAt: SentTimestamp === undefined ? null : Number(SentTimestamp),
    receiveCount: Number(ApproximateReceiveCount ?? 1),
  }
}
