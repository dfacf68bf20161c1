import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createSqsBell } from '../../src/aws/sqs-bell.ts'
import { consumeQueue } from '../../src/aws/sqs-consumer.ts'
import { createSqsDeadLetters } from '../../src/aws/sqs-dead-letters.ts'
import { createSender } from '../../src/aws/sqs-sender.ts'
import { systemClock } from '../../src/base/clock.ts'
import { createLog } from '../../src/base/log.ts'
import type { Key, Ring, RunRecord } from '../../src/jobs/ports.ts'
import { createWorker } from '../../src/jobs/worker.ts'
import { openSqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { ask } from '../jobs/support.ts'
import { toyKind } from '../jobs/worker-harness.ts'
import { type Emulator, startMoto } from './emulators.ts'

const LEASE_MS = 30_000
const signal = new AbortController().signal

/** moto keeps polls of those who hung up and gives them messages, so who stops here is never polling. */
describe('SQS of moto', () => {
  let emulator: Emulator
  let client: SQSClient
  beforeAll(async () => {
    emulator = await startMoto()
    client = new SQSClient(addressOf(emulator))
  })
  afterAll(() => emulator?.close())

  const addressOf = ({ env }: Emulator) => ({
    endpoint: env.AWS_ENDPOINT_URL_S3!,
    region: env.AWS_DEFAULT_REGION!,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID!, secretAccessKey: env.AWS_SECRET_ACCESS_KEY! },
  })
  const queue = async (name: string) => {
    const Attributes = name.endsWith('.fifo') ? { FifoQueue: 'true' } : undefined
    const { QueueUrl } = await client.send(
      new CreateQueueCommand({ QueueName: name, ...(Attributes ? { Attributes } : {}) }),
    )
    const options = {
      ...addressOf(emulator),
      queueUrl: QueueUrl!,
      clock: systemClock,
      log: createLog('silent'),
    }
    const counts = async () => {
      const { Attributes: found } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
      )
      return {
        visible: Number(found?.ApproximateNumberOfMessages),
        hidden: Number(found?.ApproximateNumberOfMessagesNotVisible),
      }
    }
    return { options, counts, bell: () => createSqsBell({ ...options, leaseMs: LEASE_MS }) }
  }
  const next = async (rings: AsyncIterator<Ring>) => (await rings.next()).value as Ring

  it('carries rings: in the order of a subject, once for a delivery, held until they are settled', async () => {
    const { bell, counts } = await queue('order.fifo')
    const rung = bell()
    await rung.check(signal)
    await rung.ring('entry:etr_1', 'msg_1')
    await rung.ring('entry:etr_1', 'msg_1')
    const rings = bell().rings(signal)[Symbol.asyncIterator]()
    const first = await next(rings)
    expect(first).toMatchObject({ key: 'entry:etr_1', id: 'msg_1' })
    await rung.ring('entry:etr_1', 'msg_2')
    await rung.ring('canvas:cnvs_1', 'msg_2')
    const other = await next(rings)
    expect(other.key).toBe('canvas:cnvs_1')
    await first.hold!.extend(LEASE_MS)
    await first.hold!.done()
    await first.hold!.extend(LEASE_MS)
    const second = await next(rings)
    expect(second).toMatchObject({ key: 'entry:etr_1', id: 'msg_2' })
    await Promise.all([second.hold!.done(), other.hold!.done()])
    expect(await counts()).toEqual({ visible: 0, hidden: 0 })
    await rings.return?.()
  })

  it('gives back what a listener leaves, to another one at once', async () => {
    const { bell } = await queue('release.fifo')
    const keys: Key[] = ['entry:a', 'entry:b', 'entry:c']
    for (const key of keys) await bell().ring(key, 'msg_1')
    const leaving = bell().rings(signal)[Symbol.asyncIterator]()
    const held = await next(leaving)
    await leaving.return?.()
    await held.hold!.release()
    const began = Date.now()
    const rings = bell().rings(signal)[Symbol.asyncIterator]()
    const heard = [await next(rings), await next(rings), await next(rings)]
    expect(heard.map((ring) => ring.key).sort()).toEqual(keys)
    expect(Date.now() - began).toBeLessThan(LEASE_MS / 2)
    await rings.return?.()
  })

  it('tells that a queue is not there', async () => {
    const { options } = await queue('known.fifo')
    const queueUrl = options.queueUrl.replace('known', 'unknown')
    const bell = createSqsBell({ ...options, queueUrl, leaseMs: LEASE_MS })
    await expect(bell.check(signal)).rejects.toMatchObject({ code: 'queue.refused' })
    await expect(bell.ring('entry:a', 'msg_1')).rejects.toMatchObject({ code: 'queue.refused' })
  })

  it('wakes two workers, which do each entry once and leave no message', async () => {
    const { bell, counts } = await queue('workers.fifo')
    const store = openSqliteJobs(':memory:', { clock: systemClock })
    const done: Key[] = []
    const workers = ['one', 'two'].map((owner) =>
      createWorker({
        ...store,
        bell: bell(),
        clock: systemClock,
        log: createLog('silent'),
        owner,
        concurrency: 2,
        version: '1.2.3',
        sweepMs: 3_600_000,
        kinds: { entry: toyKind(async (job) => void done.push(job.key)) },
      }),
    )
    for (const worker of workers) worker.start()
    const keys = Array.from({ length: 8 }, (_, i): Key => `entry:etr_${i}`)
    const door = bell()
    for (const key of keys) {
      await ask(store.subjects, key, `msg of ${key}`, Date.now())
      await door.ring(key, `msg of ${key}`)
    }
    await vi.waitFor(() => expect([...done].sort()).toEqual(keys), { timeout: 60_000 })
    await vi.waitFor(async () => expect(await counts()).toEqual({ visible: 0, hidden: 0 }), {
      timeout: 60_000,
    })
    await Promise.all(workers.map((worker) => worker.drain(0)))
    await store.close()
  })

  it('takes dead letters, on either kind of queue, and gives them to a consumer', async () => {
    const record: RunRecord = {
      id: 'run-1',
      key: 'entry:etr_1',
      covers: 1,
      forced: false,
      causes: [],
      startedAt: 1,
      endedAt: 2,
      attempt: 1,
      outcome: 'buried',
      code: 'benchling.not_found',
      detail: 'Größe \uffff',
      summary: {},
      version: '1.2.3',
      owner: 'one',
      role: null,
    }
    for (const name of ['dead', 'dead.fifo']) {
      const { options, counts } = await queue(name)
      await createSqsDeadLetters(options).bury(record)
      await createSqsDeadLetters(options).bury(name.endsWith('.fifo') ? record : { ...record, attempt: 2 })
      const bodies: string[] = []
      const stop = new AbortController()
      const ended = consumeQueue({
        ...options,
        name: 'events',
        concurrency: 1,
        visibilitySeconds: 30,
        signal: stop.signal,
        handle: async (body) => {
          bodies.push(body)
          return 'done'
        },
      })
      await vi.waitFor(() => expect(bodies.length).toBeGreaterThan(name === 'dead' ? 1 : 0), {
        timeout: 30_000,
      })
      await vi.waitFor(async () => expect(await counts()).toEqual({ visible: 0, hidden: 0 }), {
        timeout: 30_000,
      })
      stop.abort()
      await ended
      expect(bodies.map((body) => JSON.parse(body))).toMatchObject(
        (name === 'dead' ? [1, 2] : [1]).map((attempt) => ({ run: 'run-1', attempt, detail: record.detail })),
      )
    }
  })

  it('says the id of what was sent', async () => {
    const { options } = await queue('sent')
    expect(await createSender(options).send('{"a":1}', { kind: 'entry' })).toMatch(/^[0-9a-f-]{36}$/)
  })
})
