import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isFifo, regionOfQueue } from '../../src/aws/sqs-client.ts'
import { createSqsDeadLetters } from '../../src/aws/sqs-dead-letters.ts'
import { sqsFault } from '../../src/aws/sqs-faults.ts'
import { createSender } from '../../src/aws/sqs-sender.ts'
import { Fault } from '../../src/base/fault.ts'
import type { RunRecord } from '../../src/jobs/ports.ts'
import { until } from '../jobs/support.ts'
import { openSqsLab, type SqsLab } from './sqs-lab.ts'

let lab: SqsLab
afterEach(() => lab.server.close())

const attributesOf = (n: number) =>
  Object.fromEntries(
    Object.entries(lab.queue.messages[n]!.attributes).map(([name, { StringValue }]) => [name, StringValue]),
  )

/** Moves time until the work is over. */
const passing = async <T>(work: Promise<T>): Promise<T> => {
  let over = false
  const settled = work.finally(() => {
    over = true
  })
  settled.catch(() => {})
  await until(async () => {
    if (!over) await lab.clock.advance(100)
    return over
  })
  return settled
}

describe('the sender of a queue', () => {
  beforeEach(async () => {
    lab = await openSqsLab('packager')
  })

  it('sends a body with its attributes, and says the id that SQS gave it', async () => {
    const sender = createSender(lab.address)
    const ids = [await sender.send('{"a":1}'), await sender.send('{"b":2}', { kind: 'entry' })]
    expect(lab.queue.messages.map((message) => [message.id, message.body])).toEqual([
      [ids[0], '{"a":1}'],
      [ids[1], '{"b":2}'],
    ])
    expect([attributesOf(0), attributesOf(1)]).toEqual([{}, { kind: 'entry' }])
  })

  it.each(['internal-error', 'throttled', 'reset'] as const)('sends again after a %s', async (fault) => {
    lab.server.faults.plan('SendMessage', fault, 3)
    await passing(createSender(lab.address).send('x'))
    expect(lab.queue.messages).toHaveLength(1)
  })

  it.each([
    ['hang', 'queue.unavailable', 10_100],
    ['denied', 'queue.refused', 0],
    ['missing', 'queue.refused', 0],
  ] as const)('gives up when the answer is %s', async (fault, code, within) => {
    lab.server.faults.plan('SendMessage', fault, 99)
    const began = lab.clock.now()
    await expect(passing(createSender(lab.address).send('x'))).rejects.toMatchObject({ code })
    expect(lab.clock.now() - began).toBeLessThanOrEqual(within + 100)
  })

  it('does not send what no queue takes', async () => {
    const sent = createSender(lab.address).send('x'.repeat(262_145))
    await expect(passing(sent)).rejects.toMatchObject({
      code: 'internal',
      facts: { operation: 'SendMessage', error: 'InvalidParameterValue' },
    })
  })
})

describe('dead letters', () => {
  const record: RunRecord = {
    id: '0b0e1c1e-1111-4222-8333-123456789abc',
    key: 'entry:etr_1',
    covers: 3,
    forced: false,
    causes: [{ delivery: 'msg_1', type: 'v2.entry.updated.fields', at: 1, by: 'ent_1' }],
    startedAt: 10,
    endedAt: 20,
    attempt: 2,
    outcome: 'buried',
    code: 'benchling.not_found',
    detail: 'No entry etr_1.',
    summary: {},
    version: '1.2.3',
    owner: 'host-1',
    role: 'arn:aws:iam::000000000000:role/writer',
  }
  const letter = (n: number) => JSON.parse(lab.queue.messages[n]!.body)

  it('say which run was buried, and why, to whoever watches the queue', async () => {
    lab = await openSqsLab('dead')
    await createSqsDeadLetters(lab.address).bury(record)
    expect(letter(0)).toEqual({
      version: 1,
      key: 'entry:etr_1',
      run: record.id,
      code: 'benchling.not_found',
      detail: 'No entry etr_1.',
      attempt: 2,
      causes: record.causes,
      endedAt: 20,
      software: '1.2.3',
    })
    expect(attributesOf(0)).toEqual({ code: 'benchling.not_found', kind: 'entry' })
    expect(lab.queue.messages[0]).toMatchObject({ group: null, deduplicationId: null })
  })

  it('are in the order of their subject on a FIFO queue, and each run is told of once', async () => {
    lab = await openSqsLab('dead.fifo')
    const letters = createSqsDeadLetters(lab.address)
    lab.server.faults.plan('SendMessage', 'lost-answer')
    await passing(letters.bury(record))
    await letters.bury(record)
    await letters.bury({ ...record, attempt: 3 })
    expect(lab.queue.messages.map((message) => [message.group, message.deduplicationId])).toEqual([
      ['entry:etr_1', `${record.id}-2`],
      ['entry:etr_1', `${record.id}-3`],
    ])
  })

  it('fit into a message, whatever Benchling said, and hold no character that SQS refuses', async () => {
    lab = await openSqsLab('dead')
    const letters = createSqsDeadLetters(lab.address)
    await letters.bury({ ...record, detail: `\uffff\ud800\u0000${'🧬'.repeat(200_000)}` })
    expect(letter(0).detail).toMatch(/^\uffff\ud800\0🧬+/)
    expect(letter(0).causes).toEqual(record.causes)
    const causes = Array(8).fill({ ...record.causes[0]!, delivery: 'x'.repeat(40_000) })
    await letters.bury({ ...record, causes })
    expect(letter(1)).toMatchObject({ causes: [], code: 'benchling.not_found' })
  })

  it('say that they could not be sent', async () => {
    lab = await openSqsLab('dead')
    lab.server.faults.down()
    await expect(passing(createSqsDeadLetters(lab.address).bury(record))).rejects.toMatchObject({
      code: 'queue.unavailable',
    })
  })
})

describe('an answer of SQS', () => {
  beforeEach(async () => {
    lab = await openSqsLab()
  })

  it.each([
    ['KmsThrottled', 400, 'queue.unavailable'],
    ['OverLimit', 400, 'queue.unavailable'],
    ['InternalFailure', 500, 'queue.unavailable'],
    ['KmsAccessDenied', 400, 'queue.refused'],
    ['AWS.SimpleQueueService.NonExistentQueue', 400, 'queue.refused'],
    ['SomethingNew', 403, 'queue.refused'],
    ['InvalidMessageContents', 400, 'internal'],
  ])('%s (%i) is %s', (name, httpStatusCode, code) => {
    const fault = sqsFault(Object.assign(new Error(), { name, $metadata: { httpStatusCode } }), { a: 1 })
    expect(fault).toMatchObject({ code, facts: { a: 1, error: name, status: httpStatusCode } })
    expect(sqsFault(fault, {})).toBe(fault)
  })

  it('that never came because the name is unknown, is no answer', () => {
    expect(sqsFault(Object.assign(new Error(), { code: 'EWHATEVER' }), {}).code).toBe('queue.unavailable')
    expect(sqsFault(new Fault('jobs.fenced'), {}).code).toBe('jobs.fenced')
  })
})

describe('the URL of a queue', () => {
  beforeEach(async () => {
    lab = await openSqsLab()
  })

  it.each([
    ['https://sqs.eu-central-1.amazonaws.com/1/q', 'eu-central-1'],
    ['https://sqs.cn-north-1.amazonaws.com.cn/1/q', 'cn-north-1'],
    ['https://sqs.us-gov-west-1.amazonaws.com/1/q', 'us-gov-west-1'],
    ['https://sqs-fips.us-east-1.amazonaws.com/1/q', 'us-east-1'],
    ['https://vpce-1-2.sqs.us-west-2.vpce.amazonaws.com/1/q', 'us-west-2'],
    ['https://eu-west-1.queue.amazonaws.com/1/q', 'eu-west-1'],
    ['http://127.0.0.1:4566/1/q', undefined],
    ['no URL', undefined],
  ])('%s names the region %s', (url, region) => {
    expect(regionOfQueue(url)).toBe(region)
  })

  it('tells whether it keeps an order', () => {
    expect([isFifo('https://h/1/q.fifo'), isFifo('https://h/1/q')]).toEqual([true, false])
  })
})
