import type { Clock } from '../base/clock.ts'
import type { Json } from '../base/json.ts'
import { kindOf } from '../jobs/lanes.ts'
import type { DeadLetters, RunRecord } from '../jobs/ports.ts'
import { isFifo, type QueueAddress } from './sqs-client.ts'
import { createSender } from './sqs-sender.ts'
import { toBody, toFifoId } from './sqs-text.ts'

/** What every SQS queue takes, attributes included. */
const MESSAGE_MAX_BYTES = 262_144
/** For the attributes. */
const SPARE_BYTES = 1_024

/**
 * Sends buried runs to a queue for whoever watches it: `{version, key, run, code, detail, attempt, causes, endedAt,
 * software}`, with the attributes `code` and `kind`. On a FIFO queue the subject is the group, and a run is sent once.
 */
export const createSqsDeadLetters = (o: QueueAddress & { readonly clock: Clock }): DeadLetters => {
  const sender = createSender(o)
  const fifo = isFifo(o.queueUrl)
  return {
    bury: async (record) => {
      const attributes = { code: record.code ?? 'internal', kind: kindOf(record.key) }
      const order = { group: toFifoId(record.key), once: toFifoId(`${record.id}-${record.attempt}`) }
      await sender.send(letterOf(record), attributes, fifo ? order : undefined)
    },
  }
}

/** Whole where it fits, else with less of what is for people: the history has all of it. */
const letterOf = (record: RunRecord): string => {
  const letter = (detail: string | null, causes: RunRecord['causes']): string =>
    toBody({
      version: 1,
      key: record.key,
      run: record.id,
      code: record.code,
      detail,
      attempt: record.attempt,
      causes: causes as Json,
      endedAt: record.endedAt,
      software: record.version,
    })
  const fits = (body: string): boolean => Buffer.byteLength(body) <= MESSAGE_MAX_BYTES - SPARE_BYTES
  let { detail } = record
  while (detail && !fits(letter(detail, record.causes))) detail = detail.slice(0, detail.length >> 1)
  const whole = letter(detail, record.causes)
  return fits(whole) ? whole : letter(detail, [])
}
