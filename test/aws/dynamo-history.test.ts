import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { DynamoJobs } from '../../src/aws/dynamo-jobs.ts'
import type { Key, RunRecord, StepRecord } from '../../src/jobs/ports.ts'
import { RETENTION_MS } from '../../src/jobs/retention.ts'
import { finish, renewLease } from '../../src/jobs/subject.ts'
import { ask, claimNow, delivery, touching } from '../jobs/support.ts'
import { FakeClock } from '../support/clock.ts'
import { type DynamoServer, startDynamoServer } from '../support/dynamo-server.ts'
import { createTable, openTable } from './dynamo-lab.ts'

const ENTRY: Key = 'entry:etr_1'
const CANVAS: Key = 'canvas:cnvs_1'
const DAY = 24 * 3_600_000

let server: DynamoServer
let clock: FakeClock
let table: string
let jobs: DynamoJobs
const now = () => clock.now()
const items = () => [...server.tables.tables.get(table)!.items.values()]
const requests = async (work: () => Promise<unknown>): Promise<Record<string, number>> => {
  const before = server.requests.length
  await work()
  const since = server.requests.slice(before).map(({ operation }) => operation)
  return Object.fromEntries([...new Set(since)].map((one) => [one, since.filter((o) => o === one).length]))
}
const step = (name: string, result: StepRecord['result'] = null): StepRecord => ({
  name,
  at: now(),
  ms: 1,
  result,
})
const claimed = async () => (await claimNow(jobs.subjects, ENTRY, now(), 'r1'))!.run

beforeAll(async () => {
  server = await startDynamoServer()
})
afterAll(() => server.close())
beforeEach(async () => {
  clock = new FakeClock()
  table = await createTable(server.url)
  jobs = openTable(server.url, table, clock)
})
afterEach(async () => {
  server.tables.pageSize = Number.POSITIVE_INFINITY
  await jobs.close()
})

describe('what one delivery costs', () => {
  it('is one read and one transaction of three items; nothing else is asked before the answer', async () => {
    const cost = await requests(() => ask(jobs.subjects, ENTRY, 'd1', now()))
    expect(cost).toEqual({ BatchGetItem: 1, TransactWriteItems: 1 })
    const written = server.requests.at(-1)!.input.TransactItems as Record<string, unknown>[]
    expect(written.map((one) => Object.keys(one)[0])).toEqual(['Put', 'Put', 'ConditionCheck'])
  })

  it('is one read more with a watcher, and one item for it', async () => {
    const d = delivery('c1', now())
    await jobs.subjects.record(d, [touching(CANVAS, d, { watch: [ENTRY] })])
    expect(await requests(() => ask(jobs.subjects, ENTRY, 'd1', now()))).toEqual({
      BatchGetItem: 2,
      TransactWriteItems: 1,
    })
    expect(server.requests.at(-1)!.input.TransactItems).toHaveLength(4)
  })

  it('is one read when it comes again', async () => {
    await ask(jobs.subjects, ENTRY, 'd1', now())
    expect(await requests(() => ask(jobs.subjects, ENTRY, 'd1', now()))).toEqual({ BatchGetItem: 1 })
  })

  it('is one read and one transaction more when its run is claimed, and two queries for each search', async () => {
    await ask(jobs.subjects, ENTRY, 'd1', now())
    expect(await requests(() => jobs.subjects.due(now(), 100, 'entry'))).toEqual({ Query: 2 })
    expect(await requests(claimed)).toEqual({ BatchGetItem: 1, TransactWriteItems: 1 })
  })
})

describe('history in DynamoDB', () => {
  it('ends with its time, although DynamoDB removes it later', async () => {
    await ask(jobs.subjects, ENTRY, 'd1', now())
    const run = await claimed()
    await jobs.journal.append(ENTRY, run, [step('export')])
    const ended = { id: 'r1', key: ENTRY, endedAt: now(), outcome: 'done' } as RunRecord
    await jobs.subjects.change(ENTRY, (s) => s, { ended })
    await clock.advance(RETENTION_MS - DAY)
    await ask(jobs.subjects, ENTRY, 'd2', now())
    expect(await jobs.history.deliveries({ limit: 9 })).toHaveLength(2)
    expect(await jobs.history.runs({ limit: 9 })).toHaveLength(1)
    await clock.advance(DAY + 1_000)
    expect((await jobs.history.deliveries({ limit: 9, key: ENTRY })).map(({ id }) => id)).toEqual(['d2'])
    expect((await jobs.history.deliveries({ limit: 1 })).map(({ id }) => id)).toEqual(['d2'])
    expect(await jobs.history.runs({ limit: 9 })).toEqual([])
    expect(await jobs.history.run('r1')).toBeNull()
    await expect(jobs.history.retry('r1', now())).rejects.toMatchObject({ code: 'jobs.unknown_run' })
  })

  it('has the time after which DynamoDB may remove it in seconds, and subjects and watches have none', async () => {
    const d = delivery('d1', now())
    await jobs.subjects.record(d, [touching(ENTRY, d, { watch: [CANVAS] }), touching(CANVAS, d)])
    await jobs.journal.append(ENTRY, await claimed(), [step('export')])
    const expires = Math.ceil((now() + RETENTION_MS) / 1_000)
    for (const { pk, expires: own } of items())
      expect([pk?.S, own?.N]).toEqual([pk?.S, /^[DR]#/.test(pk!.S!) ? String(expires) : undefined])
    expect(items().filter(({ expires: own }) => own)).toHaveLength(3)
  })

  it('keeps the steps of a run that still goes on', async () => {
    await ask(jobs.subjects, ENTRY, 'd1', now())
    const run = await claimed()
    await jobs.journal.append(ENTRY, run, [step('export', 'task_1')])
    expect(await requests(() => jobs.journal.steps('r1'))).toEqual({ Query: 1 })
    await clock.advance(RETENTION_MS / 2 + DAY)
    expect(await requests(() => jobs.journal.steps('r1'))).toEqual({ Query: 1, UpdateItem: 1 })
    expect(await requests(() => jobs.journal.steps('r1'))).toEqual({ Query: 1 })
    const kept = items().find(({ sk }) => sk?.S?.startsWith('J#'))
    expect(Number(kept?.expires?.N) * 1_000).toBeGreaterThanOrEqual(now() + RETENTION_MS)
    expect((await jobs.journal.steps('r1')).map(({ result }) => result)).toEqual(['task_1'])
  })

  it('is read page by page to its end', async () => {
    server.tables.pageSize = 2
    for (let i = 0; i < 7; i++) await ask(jobs.subjects, ENTRY, `d${i}`, now() + Math.floor(i / 3))
    const ids = async (limit: number, before?: number) =>
      (await jobs.history.deliveries({ limit, ...(before ? { before } : {}) })).map(({ id }) => id)
    expect(await ids(9)).toEqual(['d6', 'd5', 'd4', 'd3', 'd2', 'd1', 'd0'])
    expect(await ids(2)).toEqual(['d6', 'd5', 'd4', 'd3'])
    expect(await ids(1, now() + 1)).toEqual(['d2', 'd1', 'd0'])
    expect(await ids(1)).toEqual(['d6'])
    for (let i = 0; i < 5; i++) await ask(jobs.subjects, `canvas:c${i}`, `c${i}`, now())
    expect(await jobs.subjects.due(now(), 4)).toHaveLength(4)
    expect(await jobs.subjects.due(now(), 100)).toHaveLength(6)
  })

  it('knows the runs that are under way', async () => {
    await ask(jobs.subjects, ENTRY, 'd1', now())
    await ask(jobs.subjects, CANVAS, 'd2', now())
    await claimed()
    expect(await jobs.liveRuns()).toEqual(new Set(['r1']))
  })
})

describe('the journal in DynamoDB', () => {
  it('takes a step that is larger than an item, and more than a transaction takes, in order', async () => {
    await ask(jobs.subjects, ENTRY, 'd1', now())
    const run = await claimed()
    const large = 'é'.repeat(600_000)
    const steps = [
      step('a'),
      step('b', large),
      step('c', large),
      step('d', large),
      step('e', large),
      step('f'),
    ]
    const cost = await requests(() => jobs.journal.append(ENTRY, run, steps))
    expect(cost).toEqual({ TransactWriteItems: 2 })
    await jobs.journal.append(ENTRY, run, [step('g')])
    expect(await jobs.journal.steps('r1')).toEqual([...steps, step('g')])
  })

  it('refuses what no transaction can hold, and writes nothing for nothing', async () => {
    await ask(jobs.subjects, ENTRY, 'd1', now())
    const run = await claimed()
    const far = jobs.journal.append(ENTRY, run, [step('far', 'x'.repeat(3_600_000))])
    await expect(far).rejects.toMatchObject({ code: 'internal' })
    expect(await requests(() => jobs.journal.append(ENTRY, run, []))).toEqual({})
    expect(await jobs.journal.steps('r1')).toEqual([])
  })
})

describe('the entries that moved last', () => {
  it('cost one query and one read, however much history there is', async () => {
    for (let at = 0; at < 30; at++) {
      await clock.advance(1)
      await ask(jobs.subjects, `entry:etr_${at}`, `d${at}`, now())
      await claimNow(jobs.subjects, `entry:etr_${at}`, now())
      await ask(jobs.subjects, CANVAS, `c${at}`, now())
    }
    const recent = () => jobs.subjects.recentEntries(20)
    expect(await requests(recent)).toEqual({ Query: 1, BatchGetItem: 1 })
    expect((await recent()).map(({ key }) => key)).toEqual(
      Array.from({ length: 20 }, (_, at) => `entry:etr_${29 - at}`),
    )
    server.tables.pageSize = 7
    expect(await recent()).toHaveLength(20)
  })

  it('are indexed anew when a run begins or ends, not while it goes on', async () => {
    await ask(jobs.subjects, ENTRY, 'd1', now())
    const { run } = (await claimNow(jobs.subjects, ENTRY, now()))!
    const happened = () => items().find(({ pk }) => pk?.S === `S#${ENTRY}`)?.happened?.S
    const begun = happened()
    await clock.advance(1_000)
    await jobs.subjects.change(ENTRY, (subject) => renewLease(subject, run, { now: now(), leaseMs: 30_000 }))
    expect(happened()).toBe(begun)
    await jobs.subjects.change(ENTRY, (subject) => finish(subject, run, { now: now(), state: null }))
    expect(happened()).not.toBe(begun)
  })
})
