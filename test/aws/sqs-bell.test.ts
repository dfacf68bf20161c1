import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SqsBell } from '../../src/aws/sqs-bell.ts'
import type { Hold, Ring } from '../../src/jobs/ports.ts'
import { settle, until } from '../jobs/support.ts'
import { openSqsLab, readableLog, readableMetrics, type SqsLab } from './sqs-lab.ts'

const HOUR = 3_600_000

const listenTo = (bell: SqsBell) => {
  const heard: Ring[] = []
  const stop = new AbortController()
  const ended = (async () => {
    for await (const ring of bell.rings(stop.signal)) heard.push(ring)
  })()
  return {
    heard,
    keys: () => heard.map((ring) => ring.key),
    hold: (n: number): Hold => heard[n]!.hold!,
    stop: async () => {
      stop.abort()
      await ended
    },
  }
}

describe('the bell on SQS', () => {
  let lab: SqsLab
  let listeners: ReturnType<typeof listenTo>[]
  const listen = (bell = lab.bell()) => {
    const listener = listenTo(bell)
    listeners.push(listener)
    return listener
  }
  const pass = async (ms: number, stepMs = 1_000) => {
    await settle()
    for (let passed = 0; passed < ms; passed += stepMs) {
      await lab.clock.advance(Math.min(stepMs, ms - passed))
      await settle()
    }
  }
  const receives = () => lab.server.calls.filter((call) => call.action === 'ReceiveMessage').length
  /** Foreign messages, as somebody with the right to send could put them there. */
  const put = (body: string, n: number) => lab.queue.send(body, { group: `g${n}`, deduplicationId: `m${n}` })

  beforeEach(async () => {
    listeners = []
    lab = await openSqsLab()
  })
  afterEach(async () => {
    await Promise.all(listeners.map((listener) => listener.stop()))
    await lab.server.close()
  })

  describe('rings', () => {
    it('with one small message: the subject is its group, delivery and subject are its deduplication id', async () => {
      await lab.bell().ring('entry:etr_1', 'msg_1')
      const [message] = lab.queue.messages
      expect(JSON.parse(message!.body)).toEqual({ key: 'entry:etr_1', id: 'msg_1' })
      expect(message).toMatchObject({ group: 'entry:etr_1', attributes: {} })
      expect(message!.deduplicationId).toBe(
        createHash('sha256').update('["msg_1","entry:etr_1"]').digest('hex'),
      )
    })

    it('once for a delivery and a subject, however often it is asked to', async () => {
      const bell = lab.bell()
      for (let i = 0; i < 3; i++) await bell.ring('entry:a', 'msg_1')
      await bell.ring('canvas:b', 'msg_1')
      await bell.ring('entry:a', 'msg_2')
      expect(lab.queue.messages.map((message) => message.group)).toEqual(['entry:a', 'canvas:b', 'entry:a'])
      await pass(300_000, 60_000)
      await bell.ring('entry:a', 'msg_1')
      expect(lab.queue.messages).toHaveLength(4)
    })

    it('for subjects whose key SQS would not take as a group', async () => {
      const key = `place:${'f'.repeat(100)}:Größe ${'r'.repeat(100)}\uffff` as const
      await lab.bell().ring(key, 'msg_1')
      expect(lab.queue.messages[0]?.group).toMatch(/^[0-9a-f]{64}$/)
      const { keys } = listen()
      await until(() => keys().length === 1)
      expect(keys()).toEqual([key])
    })

    it.each(['internal-error', 'throttled', 'reset', 'lost-answer'] as const)(
      'once more after a %s, and is heard once',
      async (fault) => {
        lab.server.faults.plan('SendMessage', fault)
        const rung = lab.bell().ring('entry:a', 'msg_1')
        await until(() => lab.clock.sleeping === 2)
        await pass(100, 100)
        await rung
        expect(lab.queue.messages).toHaveLength(1)
      },
    )

    it.each([
      ['that answers nothing', () => lab.server.faults.plan('SendMessage', 'hang')],
      ['that cannot be reached', () => lab.server.faults.down()],
    ])('for two seconds on a queue %s, and then gives up', async (_, break_) => {
      break_()
      const began = lab.clock.now()
      const rung = lab
        .bell()
        .ring('entry:a', 'msg_1')
        .then(
          () => 'rung',
          (fault) => fault.code,
        )
      let outcome: string | null = null
      void rung.then((code) => {
        outcome = code
      })
      await until(async () => {
        if (outcome === null) await pass(50, 50)
        return outcome !== null
      })
      expect(outcome).toBe('queue.unavailable')
      expect(lab.clock.now() - began).toBeGreaterThan(700)
      expect(lab.clock.now() - began).toBeLessThanOrEqual(2_050)
    })

    it.each(['denied', 'missing'] as const)('not twice on a queue that is %s', async (fault) => {
      lab.server.faults.plan('SendMessage', fault, 9)
      await expect(lab.bell().ring('entry:a', 'msg_1')).rejects.toMatchObject({ code: 'queue.refused' })
      expect(lab.server.calls).toHaveLength(1)
    })

    it('on FIFO queues only', () => {
      expect(() => lab.bell({ queueUrl: `${lab.server.url}/000000000000/plain` })).toThrow('config.invalid')
    })
  })

  describe('is heard', () => {
    it('by one of those who listen, and by nobody again when it is done', async () => {
      const [a, b] = [listen(), listen()]
      await lab.bell().ring('entry:a', 'msg_1')
      await until(() => a.heard.length + b.heard.length > 0)
      await settle()
      const [ring] = [...a.heard, ...b.heard]
      expect([...a.heard, ...b.heard]).toMatchObject([{ key: 'entry:a', id: 'msg_1' }])
      await ring!.hold!.done()
      await pass(60_000, 5_000)
      expect(a.heard.length + b.heard.length).toBe(1)
      expect(lab.queue.messages).toEqual([])
    })

    it('one subject at a time: what comes later waits until the first is settled', async () => {
      const bell = lab.bell()
      const { keys, hold, heard } = listen(bell)
      await bell.ring('entry:a', 'msg_1')
      await until(() => keys().length === 1)
      await bell.ring('entry:a', 'msg_2')
      await bell.ring('entry:b', 'msg_2')
      await until(() => keys().length === 2)
      await pass(5_000)
      expect(keys()).toEqual(['entry:a', 'entry:b'])
      await hold(0).done()
      await until(() => keys().length === 3)
      expect(heard[2]).toMatchObject({ key: 'entry:a', id: 'msg_2' })
    })

    it('as one ring when several of a subject come together', async () => {
      const bell = lab.bell()
      for (let i = 0; i < 5; i++) await bell.ring('entry:a', `msg_${i}`)
      await bell.ring('canvas:b', 'msg_0')
      const { keys, hold } = listen(bell)
      await until(() => keys().length === 2)
      expect(keys()).toEqual(['entry:a', 'canvas:b'])
      await Promise.all([hold(0).done(), hold(1).done()])
      await until(() => lab.queue.messages.length === 0)
    })

    it('past messages that are no rings, which are deleted with a line in the log', async () => {
      const { log, said } = readableLog()
      const foreign = [
        'hello',
        'null',
        '{}',
        '{"key":"entry:a"}',
        '{"key":"person:a","id":"x"}',
        '["entry:a"]',
      ]
      for (const [n, body] of [...foreign, `{"key":"entry:a","id":"${'x'.repeat(5_000)}"}`].entries())
        put(body, n)
      const bell = lab.bell({ log })
      await bell.ring('entry:a', 'msg_1')
      const { keys, hold } = listen(bell)
      await until(() => keys().length === 1)
      await hold(0).done()
      await until(() => lab.queue.messages.length === 0)
      expect(said('warn').map((line) => line.msg)).toEqual(
        Array(7).fill('a message that is no ring was deleted'),
      )
      expect(JSON.stringify(said('warn'))).not.toContain('hello')
    })

    it('again by somebody else when whoever heard it died', async () => {
      const [first] = [listen()]
      await lab.bell().ring('entry:a', 'msg_1')
      await until(() => first.heard.length === 1)
      await first.stop()
      const second = listen()
      await pass(29_000)
      expect(second.heard).toEqual([])
      await pass(1_000)
      await until(() => second.heard.length === 1)
    })

    it('with figures: how many, and how long they waited', async () => {
      const { metrics, of } = readableMetrics()
      await lab.bell().ring('entry:a', 'msg_1')
      await pass(7_000)
      await lab.bell().ring('entry:b', 'msg_1')
      const { heard } = listen(lab.bell({ metrics }))
      await until(() => heard.length === 2)
      expect(of('queue_messages')).toMatchObject([{ value: 2, dimensions: { queue: 'bell' } }])
      expect(of('queue_message_age_seconds')).toMatchObject([{ value: 7, dimensions: { queue: 'bell' } }])
    })
  })

  describe('held', () => {
    const heldRing = async (leaseMs = 30_000) => {
      const bell = lab.bell({ leaseMs })
      const listener = listen(bell)
      await bell.ring('entry:a', 'msg_1')
      await until(() => listener.heard.length === 1)
      return { ...listener, bell, first: listener.hold(0) }
    }

    it('is hidden for the length of a lease, and longer when it is extended', async () => {
      const { heard, first } = await heldRing(45_000)
      for (let i = 0; i < 9; i++) {
        await pass(40_000, 20_000)
        await first.extend(45_000)
      }
      await pass(44_000, 11_000)
      expect(heard).toHaveLength(1)
      await pass(1_000)
      await until(() => heard.length === 2)
    })

    it('is never hidden for less than half a minute', async () => {
      const { heard, first } = await heldRing(2_000)
      await pass(29_000)
      expect(heard).toHaveLength(1)
      await first.extend(2_000)
      await pass(29_000)
      expect(heard).toHaveLength(1)
    })

    it('is somebody else’s at once when it is given back, also while an extension is on its way', async () => {
      const { heard, first } = await heldRing()
      lab.server.faults.plan('ChangeMessageVisibility', 'held')
      const extended = first.extend(30_000)
      await lab.server.arrived('ChangeMessageVisibility', 1)
      const released = first.release()
      await settle()
      lab.server.faults.release()
      await Promise.all([extended, released, first.extend(30_000), first.done()])
      await until(() => heard.length === 2)
      expect(lab.queue.messages).toHaveLength(1)
    })

    it('can be kept for twelve hours, and nobody complains after', async () => {
      const { heard, first } = await heldRing(HOUR)
      for (let i = 0; i < 24; i++) {
        await pass(HOUR / 2, HOUR / 4)
        await first.extend(HOUR)
      }
      await until(() => heard.length > 1)
      await first.done()
      expect(lab.queue.messages).toHaveLength(1)
    })

    it('is left alone when it is somebody else’s by now', async () => {
      const { heard, first, hold } = await heldRing()
      await pass(30_000, 10_000)
      await until(() => heard.length === 2)
      await first.extend(30_000)
      await first.done()
      expect(lab.queue.hidden).toHaveLength(1)
      await hold(1).done()
      expect(lab.queue.messages).toEqual([])
    })

    it('says so when the queue does not answer, after two seconds at most', async () => {
      const { first } = await heldRing()
      lab.server.faults.plan('DeleteMessage', 'hang')
      const done = first.done().catch((fault) => fault)
      await lab.server.arrived('DeleteMessage', 1)
      await pass(2_000)
      expect(await done).toMatchObject({ code: 'queue.unavailable', facts: { operation: 'DeleteMessage' } })
    })
  })

  describe('listening', () => {
    it('asks again when nothing came for 20 seconds', async () => {
      const { keys } = listen()
      await until(() => receives() === 1)
      await pass(19_000)
      expect(receives()).toBe(1)
      await pass(1_000)
      await until(() => receives() === 2)
      await lab.bell().ring('entry:a', 'msg_1')
      await until(() => keys().length === 1)
    })

    it('ends at once with the signal, and gives back what nobody took yet', async () => {
      const bell = lab.bell()
      for (const key of ['entry:a', 'entry:b', 'canvas:c'] as const) await bell.ring(key, 'msg_1')
      const stop = new AbortController()
      const rings = bell.rings(stop.signal)[Symbol.asyncIterator]()
      expect(await rings.next()).toMatchObject({ value: { key: 'entry:a' } })
      expect(lab.queue.visible).toEqual([])
      stop.abort()
      expect(await rings.next()).toEqual({ done: true, value: undefined })
      expect(lab.queue.visible.map((message) => message.group)).toEqual(['entry:b', 'canvas:c'])

      const waiting = listenTo(bell)
      await until(() => waiting.heard.length === 2)
      await waiting.stop()
      expect(await bell.rings(AbortSignal.abort())[Symbol.asyncIterator]().next()).toMatchObject({
        done: true,
      })
    })

    it('goes on after errors, less and less often, and says each trouble once', async () => {
      const { log, lines } = readableLog()
      const { metrics, of } = readableMetrics()
      lab.server.faults.down()
      const { keys } = listen(lab.bell({ log, metrics, random: () => 1 }))
      await until(() => receives() === 1)
      const asked: number[] = []
      for (let i = 0; i < 60; i++) {
        const before = receives()
        await pass(1_000, 500)
        if (receives() > before) asked.push(i + 1)
      }
      expect(asked).toEqual([1, 3, 7, 15, 31])
      lab.server.faults.up()
      lab.server.faults.plan('ReceiveMessage', 'denied', 2)
      await pass(90_000, 10_000)
      await lab.bell().ring('entry:a', 'msg_1')
      await until(() => keys().length === 1)
      expect(lines.map((line) => [line.level, line.code ?? line.msg])).toEqual([
        ['warn', 'queue.unavailable'],
        ['error', 'queue.refused'],
        ['info', 'the queue can be read again'],
      ])
      expect(of('queue_receive_errors')).toHaveLength(8)
    })

    it('gets what an answer held that was lost on the way', async () => {
      await lab.bell().ring('entry:a', 'msg_1')
      lab.server.faults.plan('ReceiveMessage', 'lost-answer')
      const { keys } = listen(lab.bell({ random: () => 1 }))
      await until(() => lab.clock.sleeping === 1)
      expect(lab.queue.hidden).toHaveLength(1)
      await pass(1_000)
      await until(() => keys().length === 1)
      expect(lab.queue.messages[0]?.receiveCount).toBe(1)
    })
  })

  it('can be asked whether it works', async () => {
    const { signal } = new AbortController()
    const bell = lab.bell()
    await bell.check(signal)
    lab.server.faults.plan('GetQueueAttributes', 'internal-error')
    await expect(bell.check(signal)).rejects.toMatchObject({ code: 'queue.unavailable' })
    lab.server.drop('lab.fifo')
    await expect(bell.check(signal)).rejects.toMatchObject({ code: 'queue.refused' })
    await expect(bell.check(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
  })
})
