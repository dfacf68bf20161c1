import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ConsumerOptions, consumeQueue, type MessageFacts } from '../../src/aws/sqs-consumer.ts'
import { NO_METRICS } from '../../src/base/metrics.ts'
import { Figures } from '../../src/base/metrics-figures.ts'
import { settle, until } from '../jobs/support.ts'
import { gate } from '../jobs/worker-harness.ts'
import { figureOf } from '../support/figures.ts'
import { openSqsLab, readableLog, type SqsLab } from './sqs-lab.ts'

describe('the consumer of a queue', () => {
  let lab: SqsLab
  let consumers: { stop: AbortController; ended: Promise<void> }[]
  const consume = (handle: ConsumerOptions['handle'], more: Partial<ConsumerOptions> = {}) => {
    const stop = new AbortController()
    const ended = consumeQueue({
      ...lab.address,
      name: 'events',
      concurrency: 4,
      visibilitySeconds: 30,
      random: () => 1,
      handle,
      signal: stop.signal,
      ...more,
    })
    consumers.push({ stop, ended })
    return { stop: () => stop.abort(), ended }
  }
  /** In steps shorter than any time-out: calls that begin within one have to get through before it. */
  const pass = async (ms: number, stepMs = 1_000) => {
    await settle()
    for (let passed = 0; passed < ms; passed += stepMs) {
      await lab.clock.advance(Math.min(stepMs, ms - passed))
      await settle()
    }
  }

  beforeEach(async () => {
    consumers = []
    lab = await openSqsLab('events')
  })
  afterEach(async () => {
    for (const { stop } of consumers) stop.abort()
    await Promise.all(consumers.map(({ ended }) => ended))
    await lab.server.close()
  })

  it('hands over each message with what is known of it, and deletes it when it is done', async () => {
    const seen: [string, MessageFacts][] = []
    const sentAt = lab.clock.now()
    const messageId = lab.queue.send('{"a":1}')
    consume(async (body, facts) => {
      seen.push([body, facts])
      return 'done'
    })
    await until(() => lab.queue.messages.length === 0)
    expect(seen).toMatchObject([['{"a":1}', { messageId, receiveCount: 1, sentAt }]])
  })

  it.each([
    ['wants it again', async () => 'retry' as const],
    ['throws', async () => Promise.reject(new TypeError('x is not a function'))],
  ])(
    'brings a message back when the handler %s: later each time, after 15 minutes at most',
    async (_, handle) => {
      const at: number[] = []
      const counts: number[] = []
      lab.queue.send('poison')
      consume((_body, { receiveCount }) => {
        at.push(lab.clock.now())
        counts.push(receiveCount)
        return handle()
      })
      await until(() => at.length === 1)
      await pass(2_200_000)
      const waits = at.slice(1).map((time, i) => (time - at[i]!) / 1_000)
      expect(waits).toEqual([10, 20, 40, 80, 160, 320, 640, 900])
      expect(counts).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    },
  )

  it('works on no more at once than allowed, and leaves the rest to others', async () => {
    const { open, opened } = gate()
    let under = 0
    let most = 0
    for (let i = 0; i < 9; i++) lab.queue.send(`message ${i}`)
    const handle = async () => {
      most = Math.max(most, ++under)
      await opened
      under--
      return 'done' as const
    }
    consume(handle, { concurrency: 2 })
    await until(() => under === 2)
    await settle()
    expect(lab.queue.visible).toHaveLength(7)
    open()
    await until(() => lab.queue.messages.length === 0)
    expect(most).toBe(2)
  })

  it('keeps a message hidden for as long as it is worked on', async () => {
    const { open, opened } = gate()
    let begun = 0
    const handle = async () => {
      begun++
      await opened
      return 'done' as const
    }
    lab.queue.send('long')
    consume(handle)
    consume(handle)
    await until(() => begun === 1)
    await pass(600_000, 5_000)
    expect(begun).toBe(1)
    lab.server.faults.plan('ChangeMessageVisibility', 'denied')
    await pass(15_000, 5_000)
    open()
    await until(() => lab.queue.messages.length === 0)
    expect(begun).toBe(1)
  })

  it('goes on after errors of the queue, and says each trouble once', async () => {
    const { log, lines } = readableLog()
    const figures = new Figures()
    lab.server.faults.plan('ReceiveMessage', 'internal-error', 2)
    lab.server.faults.plan('ReceiveMessage', 'missing', 1)
    lab.queue.send('late')
    consume(async () => 'done', { log, metrics: figures })
    await pass(10_000, 500)
    await until(() => lab.queue.messages.length === 0)
    expect(lines.map((line) => [line.level, line.queue, line.code ?? line.msg])).toEqual([
      ['warn', 'events', 'queue.unavailable'],
      ['error', 'events', 'queue.refused'],
      ['info', 'events', 'the queue can be read again'],
    ])
    const dimensions = { queue: 'events' }
    expect(figureOf(figures, 'queue_receive_errors', dimensions)).toBe(3)
    expect(figureOf(figures, 'queue_messages', dimensions)).toBe(1)
    expect(figureOf(figures, 'queue_message_age_seconds', dimensions)).toEqual({ sum: 7, count: 1 })
  })

  it('does a message again that could not be deleted', async () => {
    let done = 0
    lab.queue.send('again')
    lab.server.faults.plan('DeleteMessage', 'hang')
    consume(async () => {
      done++
      return 'done'
    })
    await lab.server.arrived('DeleteMessage', 1)
    await pass(30_000, 2_000)
    await until(() => lab.queue.messages.length === 0)
    expect(done).toBe(2)
  })

  it('gives back at once what it received and did not begin when it stops', async () => {
    lab.queue.send('too late')
    let begun = 0
    const handle = async () => {
      begun++
      return 'done' as const
    }
    // figures are told in the moment in which messages came in
    const consumer = consume(handle, { metrics: { ...NO_METRICS, observe: () => consumer.stop() } })
    await consumer.ended
    expect(begun).toBe(0)
    expect(lab.queue.visible).toHaveLength(1)
    expect(lab.queue.messages[0]?.receiveCount).toBe(1)
  })

  it('tells what it began that it stops, waits for its end, and gives it back at once', async () => {
    lab.queue.send('long')
    let told = false
    const { open, opened } = gate()
    const consumer = consume(async (_body, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      told = true
      await opened
      throw signal.reason
    })
    await until(() => lab.queue.hidden.length === 1)
    await settle()
    consumer.stop()
    await until(() => told)
    expect(lab.queue.hidden).toHaveLength(1)
    open()
    await consumer.ended
    expect(lab.queue.visible).toHaveLength(1)
    expect(lab.queue.messages[0]?.receiveCount).toBe(1)
  })
})
