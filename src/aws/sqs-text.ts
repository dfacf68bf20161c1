import { createHash } from 'node:crypto'
import type { Json } from '../base/json.ts'

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const GROUP = /^[!-~]{1,128}$/

/** A value as the body of a message: JSON without the two characters of UTF-16 that JSON may have and SQS refuses. */
export const toBody = (value: Json): string =>
  JSON.stringify(value).replace(/[\ufffe\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`)

export const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex')

/** A text as a message group or a deduplication id: itself, or its SHA-256 where SQS would not take it. */
export const toFifoId = (text: string): string => (GROUP.test(text) ? text : sha256Hex(text))
