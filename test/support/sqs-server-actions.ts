import type { SqsInput } from './sqs-server.ts'
import { SqsError } from './sqs-server-error.ts'
import { md5, type SqsAttribute, type SqsMessage, type SqsQueue } from './sqs-server-queue.ts'

const MESSAGES_MAX = 10
const VISIBILITY_MAX_S = 43_200
const WAIT_MAX_S = 20

/** Refuses what it does not know: a parameter that is not looked at would pass by luck. */
const only = (input: SqsInput, ...names: string[]): void => {
  const unknown = Object.keys(input).filter((name) => name !== 'QueueUrl' && !names.includes(name))
  if (unknown.length > 0) throw new SqsError('InvalidParameterValue', `What is ${unknown.join(', ')}?`)
}

const text = (input: SqsInput, name: string): string => {
  const value = input[name]
  if (typeof value !== 'string' || value === '') throw new SqsError('MissingParameter', name)
  return value
}

const whole = (input: SqsInput, name: string, least: number, most: number): number => {
  const value = Number(input[name])
  if (!Number.isInteger(value) || value < least || value > most)
    throw new SqsError('InvalidParameterValue', `Value ${input[name]} for parameter ${name} is invalid`)
  return value
}

const systemAttributes = (message: SqsMessage, wanted: readonly string[]): Record<string, string> => {
  const all: Record<string, string> = {
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ...(message.group === null ? {} : { MessageGroupId: message.group }),
  }
  return Object.fromEntries(Object.entries(all).filter(([name]) => wanted.includes(name)))
}

type Act = (queue: SqsQueue, input: SqsInput, hungUp: AbortSignal) => object | Promise<object>

export const ACTIONS = {
  SendMessage: (queue, input) => {
    only(input, 'MessageBody', 'MessageAttributes', 'MessageGroupId', 'MessageDeduplicationId')
    const body = text(input, 'MessageBody')
    const id = queue.send(body, {
      ...(input.MessageAttributes
        ? { attributes: input.MessageAttributes as Record<string, SqsAttribute> }
        : {}),
      ...(input.MessageGroupId ? { group: text(input, 'MessageGroupId') } : {}),
      ...(input.MessageDeduplicationId ? { deduplicationId: text(input, 'MessageDeduplicationId') } : {}),
    })
    return { MessageId: id, MD5OfMessageBody: md5(body) }
  },

  ReceiveMessage: async (queue, input, hungUp) => {
    only(
      input,
      'MaxNumberOfMessages',
      'VisibilityTimeout',
      'WaitTimeSeconds',
      'MessageSystemAttributeNames',
      'ReceiveRequestAttemptId',
    )
    const wanted = (input.MessageSystemAttributeNames ?? []) as string[]
    const messages = await queue.receive(
      {
        most: whole(input, 'MaxNumberOfMessages', 1, MESSAGES_MAX),
        visibilityMs: whole(input, 'VisibilityTimeout', 0, VISIBILITY_MAX_S) * 1_000,
        waitMs: whole(input, 'WaitTimeSeconds', 0, WAIT_MAX_S) * 1_000,
        attempt: input.ReceiveRequestAttemptId ? text(input, 'ReceiveRequestAttemptId') : null,
      },
      hungUp,
    )
    if (messages.length === 0) return {}
    return {
      Messages: messages.map((message) => ({
        MessageId: message.id,
        ReceiptHandle: message.receipt,
        Body: message.body,
        MD5OfBody: md5(message.body),
        Attributes: systemAttributes(message, wanted),
      })),
    }
  },

  DeleteMessage: (queue, input) => {
    only(input, 'ReceiptHandle')
    queue.remove(text(input, 'ReceiptHandle'))
    return {}
  },

  ChangeMessageVisibility: (queue, input) => {
    only(input, 'ReceiptHandle', 'VisibilityTimeout')
    queue.hide(text(input, 'ReceiptHandle'), whole(input, 'VisibilityTimeout', 0, VISIBILITY_MAX_S) * 1_000)
    return {}
  },

  GetQueueAttributes: (_queue, input) => {
    only(input, 'AttributeNames')
    return { Attributes: { QueueArn: `arn:aws:sqs:eu-test-1:000000000000:${text(input, 'QueueUrl')}` } }
  },
} as const satisfies Record<string, Act>

export type SqsAction = keyof typeof ACTIONS
