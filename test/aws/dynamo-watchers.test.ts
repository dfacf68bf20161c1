import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DynamoJobs } from '../../src/aws/dynamo-jobs.ts'
import { WATCHERS_MAX } from '../../src/aws/dynamo-topic-item.ts'
import type { Key, Touch } from '../../src/jobs/ports.ts'
import { touch } from '../../src/jobs/subject.ts'
import { ask, causeOf, delivery } from '../jobs/support.ts'
import { FakeClock } from '../support/clock.ts'
import { type DynamoServer, startDynamoServer } from '../support/dynamo-server.ts'
import { createTable, openTable } from './dynamo-lab.ts'
import { HastyClock } from './s3-lab.ts'

const ENTRY: Key = 'entry:etr_1'
const PACKAGE = 'package:lab/benchling/EXP1'

// Hundreds of subjects over the wire, and 8 MB of them.
vi.setConfig({ testTimeout: 60_000 })

let server: DynamoServer
beforeAll(async () => {
  server = await startDynamoServer()
})
afterAll(() => server.close())

describe('more watchers than a transaction has room for', () => {
  const clock = new FakeClock()
  const now = () => clock.now()
  let table: string
  let jobs: DynamoJobs
  const open = () => openTable(server.url, table, clock, { waits: new HastyClock() })
  const pending = () =>
    [...server.tables.tables.get(table)!.items.values()].filter((item) => item.pk?.S?.startsWith('P#'))
  const transactions = () => server.requests.filter((r) => r.operation === 'TransactWriteItems').length

  beforeEach(async () => {
    table = await createTable(server.url)
    jobs = open()
  })
  afterEach(() => jobs.close())

  const keysOf = (count: number, kind: 'canvas' | 'place' = 'canvas'): Key[] =>
    Array.from({ length: count }, (_, i): Key => `${kind}:${String(i).padStart(4, '0')}`)

  /** Subjects that nobody asked anything of yet, and that watch. */
  const watchers = async (keys: readonly Key[], topic: Key | typeof PACKAGE, state = ''): Promise<void> => {
    for (let at = 0; at < keys.length; at += 20) {
      const touches = keys
        .slice(at, at + 20)
        .map((key): Touch => ({ key, initial: state, change: (s) => s, watch: [topic] }))
      await jobs.subjects.touch(touches)
    }
  }
  const wanted = async (keys: readonly Key[]): Promise<number[]> => {
    const subjects = new Map(
      [...server.tables.tables.get(table)!.items.values()].map((one) => [one.pk?.S, one]),
    )
    return keys.map((key) => Number(subjects.get(`S#${key}`)?.wanted?.N))
  }

  it('are all touched once when the delivery is answered, and nothing is left to do', async () => {
    const keys = [...keysOf(180), ...keysOf(30, 'place')]
    await watchers(keys, ENTRY)
    const before = transactions()
    expect(await ask(jobs.subjects, ENTRY, 'd1', now())).toBe('new')
    expect(transactions() - before).toBe(4)
    expect(new Set(await wanted(keys))).toEqual(new Set([1]))
    expect(pending()).toEqual([])
    const causes = (await jobs.subjects.get(keys.at(-1)!))?.causes
    expect(causes).toEqual([{ delivery: `watch:${ENTRY}`, type: 'watch', at: now(), by: null }])
  })

  it('are all named by a touch', async () => {
    const keys = keysOf(150)
    await watchers(keys, PACKAGE)
    expect((await jobs.subjects.touch([], [PACKAGE])).toSorted()).toEqual(keys)
  })

  it('are touched by whoever searches next, when the process died in between', async () => {
    const keys = keysOf(170)
    await watchers(keys, ENTRY)
    const touched = transactions()
    server.faults.plan('TransactWriteItems', 'held')
    const recorded = ask(jobs.subjects, ENTRY, 'd1', now())
    await server.arrived('TransactWriteItems', touched + 1)
    server.faults.plan('BatchGetItem', 'denied', 1_000)
    server.faults.release()
    expect(await recorded).toBe('new')
    server.faults.clear()
    expect(pending()).toHaveLength(1)
    const reached = (await wanted(keys)).filter((count) => count === 1).length
    expect(reached).toBeGreaterThan(90)
    expect(reached).toBeLessThan(170)

    const next = open()
    const due = await next.subjects.due(now(), 1_000, 'canvas')
    await next.close()
    expect(due.toSorted()).toEqual(keys)
    expect(new Set(await wanted(keys))).toEqual(new Set([1]))
    expect(pending()).toEqual([])
  })

  it('are touched once when several find them at the same time', async () => {
    const keys = keysOf(260)
    await watchers(keys, ENTRY)
    const others = [open(), open()]
    await Promise.all([
      ask(jobs.subjects, ENTRY, 'd1', now()),
      ...others.map((other) => other.subjects.due(now(), 1, 'canvas')),
      ...others.map((other) => other.subjects.due(now(), 1, 'canvas')),
    ])
    await jobs.subjects.due(now(), 1, 'canvas')
    expect(new Set(await wanted(keys))).toEqual(new Set([1]))
    await Promise.all(others.map((other) => other.close()))
  })

  it('are found again when they could not be touched, and hide no other work meanwhile', async () => {
    const keys = keysOf(120)
    await watchers(keys, ENTRY)
    await ask(jobs.subjects, 'canvas:new', 'd0', now())
    const touched = transactions()
    server.faults.plan('TransactWriteItems', 'held')
    const recorded = ask(jobs.subjects, ENTRY, 'd1', now())
    await server.arrived('TransactWriteItems', touched + 1)
    server.faults.plan('TransactWriteItems', 'conflict', 1_000)
    server.faults.release()
    expect(await recorded).toBe('new')
    expect(await jobs.subjects.due(now(), 1_000, 'canvas')).toContain('canvas:new')
    expect(pending()).toHaveLength(1)
    server.faults.clear()
    expect(await jobs.subjects.due(now(), 1_000, 'canvas')).toHaveLength(121)
  })

  it('may be too heavy together, rather than too many', async () => {
    const keys = keysOf(40)
    for (const key of keys) await watchers([key], ENTRY, 'x'.repeat(200_000))
    await ask(jobs.subjects, ENTRY, 'd1', now())
    expect(new Set(await wanted(keys))).toEqual(new Set([1]))
    expect(pending()).toEqual([])
  })

  it('are kept up to a number, the newest', async () => {
    const keys = keysOf(WATCHERS_MAX)
    const item = { pk: { S: `W#${ENTRY}` }, sk: { S: 'W' }, format: { N: '1' }, version: { N: '1' } }
    const items = server.tables.tables.get(table)!
    items.items.set(items.idOf(item), { ...item, keys: { S: JSON.stringify(keys) } })
    await jobs.subjects.watch('canvas:new', [ENTRY])
    expect(await jobs.subjects.watching(ENTRY)).toEqual([...keys.slice(1), 'canvas:new'])
  })

  it('may watch more topics than a transaction has room for', async () => {
    const topics = Array.from({ length: 120 }, (_, i) => `package:lab/a/${i}` as const)
    await jobs.subjects.watch(ENTRY, topics)
    expect(await jobs.subjects.watching(topics[119]!)).toEqual([ENTRY])
    await jobs.subjects.unwatch(ENTRY, topics)
    expect(await jobs.subjects.watching(topics[0]!)).toEqual([])
    expect(await jobs.subjects.watching(topics[119]!)).toEqual([])
  })

  it('are not what a call itself may ask for too much of', async () => {
    const d = delivery('d1', now())
    const touches = keysOf(60).map(
      (key): Touch => ({ key, initial: '', change: (s) => touch(s, causeOf(d)) }),
    )
    await expect(jobs.subjects.touch(touches)).rejects.toMatchObject({ code: 'internal' })
    expect(await jobs.subjects.get(touches[0]!.key)).toBeNull()
  })
})
