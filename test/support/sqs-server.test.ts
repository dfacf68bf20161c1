import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { settle, until } from '../jobs/support.ts'
import { FakeClock } from './clock.ts'
import { type SqsServer, startSqsServer } from './sqs-server.ts'

/** What SQS documents, asked of our stand-in with plain requests: https://docs.aws.amazon.com/AWSSimpleQueueService/ */
describe('the stand-in for SQS', () => {
  const clock = new FakeClock()
  let server: SqsServer
  let url: string
  beforeEach(async () => {
    server = await startSqsServer(clock)
    url = server.queue('q').url
  })
  afterEach(() => server.close())

  const headersOf = (action: string) => ({
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `AmazonSQS.${action}`,
    authorization: `AWS4-HMAC-SHA256 Credential=${server.credentials.accessKeyId}/20260101/${server.region}/sqs/aws4_request, SignedHeaders=host, Signature=0`,
  })
  const call = async (
    action: string,
    input: object,
    queueUrl = url,
    headers: Record<string, string> = {},
  ) => {
    const answer = await fetch(server.url, {
      method: 'POST',
      headers: { ...headersOf(action), ...headers },
      body: JSON.stringify({ QueueUrl: queueUrl, ...input }),
    })
    // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, looked at by expectations
    const body = (await answer.json()) as any
    return { status: answer.status, body, type: body.__type?.replace('com.amazonaws.sqs#', '') }
  }
  const receive = async (more: object = {}, queueUrl = url) => {
    const input = { MaxNumberOfMessages: 10, VisibilityTimeout: 30, WaitTimeSeconds: 0, ...more }
    const { body } = await call('ReceiveMessage', input, queueUrl)
    return (body.Messages ?? []) as { Body: string; ReceiptHandle: string; Attributes: object }[]
  }
  const bodies = async (more: object = {}, queueUrl = url) =>
    (await receive(more, queueUrl)).map((message) => message.Body)

  it('hides what was received until its time-out, counts, and forgets what is deleted', async () => {
    await call('SendMessage', { MessageBody: 'a' })
    const names = ['SentTimestamp', 'ApproximateReceiveCount']
    const [first] = await receive({ MessageSystemAttributeNames: names })
    expect(first?.Attributes).toEqual({
      SentTimestamp: String(clock.now()),
      ApproximateReceiveCount: '1',
    })
    expect(await bodies()).toEqual([])
    await clock.advance(30_000)
    const [again] = await receive({ MessageSystemAttributeNames: names })
    expect(again?.Attributes).toMatchObject({ ApproximateReceiveCount: '2' })
    await call('DeleteMessage', { ReceiptHandle: first!.ReceiptHandle })
    expect(server.calls).toHaveLength(5)
    await call('DeleteMessage', { ReceiptHandle: again!.ReceiptHandle })
    await clock.advance(30_000)
    expect(await bodies()).toEqual([])
  })

  it('lets visibility be changed by whoever received last, for 12 hours in all', async () => {
    await call('SendMessage', { MessageBody: 'a' })
    const [message] = await receive()
    const change = (seconds: number, receipt = message!.ReceiptHandle) =>
      call('ChangeMessageVisibility', { ReceiptHandle: receipt, VisibilityTimeout: seconds })
    expect((await change(43_200)).status).toBe(200)
    await clock.advance(1_000)
    expect((await change(43_200)).type).toBe('InvalidParameterValue')
    expect((await change(0)).status).toBe(200)
    expect((await change(10)).type).toBe('MessageNotInflight')
    expect((await change(10, 'made up')).type).toBe('ReceiptHandleIsInvalid')
    expect(await bodies()).toEqual(['a'])
  })

  it('waits for a message as long as it is asked to', async () => {
    const waiting = bodies({ WaitTimeSeconds: 20 })
    await server.arrived('ReceiveMessage', 1)
    await call('SendMessage', { MessageBody: 'a' })
    expect(await waiting).toEqual(['a'])
    let over = false
    const empty = bodies({ WaitTimeSeconds: 20, VisibilityTimeout: 5 }).finally(() => {
      over = true
    })
    await server.arrived('ReceiveMessage', 2)
    await settle()
    await clock.advance(19_000)
    await settle()
    expect(over).toBe(false)
    await clock.advance(1_000)
    expect(await empty).toEqual([])
    const timedOut = bodies({ WaitTimeSeconds: 20 })
    await server.arrived('ReceiveMessage', 3)
    await settle()
    await clock.advance(10_000)
    expect(await timedOut).toEqual(['a'])
  })

  describe('as a FIFO queue', () => {
    let fifo: string
    beforeEach(() => {
      fifo = server.queue('q.fifo').url
    })
    const send = (body: string, group: string, once = body) =>
      call('SendMessage', { MessageBody: body, MessageGroupId: group, MessageDeduplicationId: once }, fifo)

    it('keeps the order of a group, one receiver at a time', async () => {
      for (const [body, group] of [
        ['a1', 'a'],
        ['b1', 'b'],
        ['a2', 'a'],
      ] as const)
        await send(body, group)
      const [a1] = await receive({ MaxNumberOfMessages: 1 }, fifo)
      expect(a1?.Body).toBe('a1')
      expect(await bodies({}, fifo)).toEqual(['b1'])
      await call('DeleteMessage', { ReceiptHandle: a1!.ReceiptHandle }, fifo)
      expect(await bodies({}, fifo)).toEqual(['a2'])
    })

    it('drops what is sent twice within five minutes', async () => {
      const first = await send('a', 'g', 'x')
      const second = await send('b', 'h', 'x')
      expect(second.body.MessageId).toBe(first.body.MessageId)
      await clock.advance(300_000)
      await send('c', 'g', 'x')
      expect(await bodies({}, fifo)).toEqual(['a', 'c'])
    })

    it('gives the messages of an attempt again, unless they were settled', async () => {
      await send('a', 'g')
      const attempt = { ReceiveRequestAttemptId: 'one' }
      expect(await bodies(attempt, fifo)).toEqual(['a'])
      const [message] = await receive(attempt, fifo)
      expect(message?.Body).toBe('a')
      expect(await bodies({ ReceiveRequestAttemptId: 'two' }, fifo)).toEqual([])
      await call('DeleteMessage', { ReceiptHandle: message!.ReceiptHandle }, fifo)
      expect(await bodies(attempt, fifo)).toEqual([])
    })

    it('refuses receipts that are outdated', async () => {
      await send('a', 'g')
      const [message] = await receive({}, fifo)
      await clock.advance(30_000)
      const answer = await call('DeleteMessage', { ReceiptHandle: message!.ReceiptHandle }, fifo)
      expect(answer.type).toBe('InvalidParameterValue')
    })

    it('wants a group and a deduplication id, of characters it knows', async () => {
      expect((await call('SendMessage', { MessageBody: 'a' }, fifo)).type).toBe('MissingParameter')
      expect((await call('SendMessage', { MessageBody: 'a', MessageGroupId: 'g' }, fifo)).type).toBe(
        'InvalidParameterValue',
      )
      expect((await send('a', 'with space')).type).toBe('InvalidParameterValue')
      expect((await send('a', 'g'.repeat(129))).type).toBe('InvalidParameterValue')
    })
  })

  it.each([
    ['an action', 'ListQueues', {}, 'InvalidAction'],
    ['a parameter', 'SendMessage', { MessageBody: 'a', DelaySeconds: 3 }, 'InvalidParameterValue'],
    ['a body of nothing', 'SendMessage', { MessageBody: '' }, 'MissingParameter'],
    ['a character', 'SendMessage', { MessageBody: 'a\0' }, 'InvalidMessageContents'],
    ['a size', 'SendMessage', { MessageBody: 'a'.repeat(262_145) }, 'InvalidParameterValue'],
    [
      'a deduplication id',
      'SendMessage',
      { MessageBody: 'a', MessageDeduplicationId: 'x' },
      'InvalidParameterValue',
    ],
    ['a number', 'ReceiveMessage', { MaxNumberOfMessages: 11 }, 'InvalidParameterValue'],
  ])('refuses %s that it does not know', async (_, action, input, type) => {
    expect((await call(action, input)).type).toBe(type)
  })

  it('refuses queues that are not there, and requests of another service or protocol', async () => {
    expect((await call('SendMessage', { MessageBody: 'a' }, `${url}-2`)).type).toBe('QueueDoesNotExist')
    const query = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await call('SendMessage', { MessageBody: 'a' }, url, query)).type).toBe('InvalidAction')
    const unsigned = await call('SendMessage', { MessageBody: 'a' }, url, { authorization: '' })
    expect([unsigned.status, unsigned.type]).toEqual([403, 'IncompleteSignature'])
  })

  it('does not give messages to who hung up', async () => {
    const hangUp = new AbortController()
    const body = JSON.stringify({
      QueueUrl: url,
      MaxNumberOfMessages: 1,
      VisibilityTimeout: 30,
      WaitTimeSeconds: 20,
    })
    const poll = fetch(server.url, {
      method: 'POST',
      body,
      headers: headersOf('ReceiveMessage'),
      signal: hangUp.signal,
    })
    await server.arrived('ReceiveMessage', 1)
    hangUp.abort()
    await expect(poll).rejects.toThrow()
    await until(() => clock.sleeping === 0)
    await call('SendMessage', { MessageBody: 'a' })
    expect(await bodies()).toEqual(['a'])
  })
})
