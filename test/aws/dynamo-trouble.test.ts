import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { DynamoJobs } from '../../src/aws/dynamo-jobs.ts'
import { RECORDS_WITHIN_MS } from '../../src/aws/dynamo-tries.ts'
import { Fault } from '../../src/base/fault.ts'
import type { Key } from '../../src/jobs/ports.ts'
import { finish } from '../../src/jobs/subject.ts'
import { ask, claimNow, settle } from '../jobs/support.ts'
import { FakeClock } from '../support/clock.ts'
import { type DynamoServer, startDynamoServer } from '../support/dynamo-server.ts'
import type { DynamoFaultKind } from '../support/dynamo-server-faults.ts'
import { addressOf, createTable, openTable } from './dynamo-lab.ts'
import { HastyClock } from './s3-lab.ts'

const ENTRY: Key = 'entry:etr_1'
const never = new AbortController().signal

let server: DynamoServer
beforeAll(async () => {
  server = await startDynamoServer()
})
afterAll(() => server.close())

const clock = new FakeClock()
let waits: HastyClock
let table: string
let jobs: DynamoJobs
const open = (more = {}) => openTable(server.url, table, clock, { waits, ...more })
const now = () => clock.now()
const wanted = async () => (await jobs.subjects.get(ENTRY))?.wanted
const count = (operation: string) => server.requests.filter((r) => r.operation === operation).length
const add = (key: Key = ENTRY) =>
  jobs.subjects.change(key, (s) => ({ ...s, state: Number(s.state ?? 0) + 1 }))

beforeEach(async () => {
  waits = new HastyClock()
  table = await createTable(server.url)
  jobs = open()
  server.requests.length = 0
})
afterEach(async () => {
  server.faults.clear()
  server.tables.tokens = true
  await jobs.close()
})

const HARMLESS: readonly DynamoFaultKind[] = [
  ...(['throttled', 'internal-error', 'reset', 'conflict', 'throttled-item', 'in-progress'] as const),
  ...(['lost-answer', 'done-but-500'] as const),
]

describe('trouble that passes', () => {
  it.each(HARMLESS)('while a delivery is recorded is waited out: %s', async (kind) => {
    server.faults.plan('TransactWriteItems', kind, 3)
    expect(await ask(jobs.subjects, ENTRY, 'd1', now())).toBe('new')
    expect(await wanted()).toBe(1)
    expect(await ask(jobs.subjects, ENTRY, 'd1', now())).toBe('seen')
    expect(waits.slept).toHaveLength(3)
  })

  it.each(HARMLESS)('leaves a change made once: %s', async (kind) => {
    await jobs.subjects.touch([{ key: ENTRY, initial: 0, change: (s) => s }])
    server.faults.plan('TransactWriteItems', kind, 2)
    expect(await add()).toMatchObject({ state: 1 })
    expect(await jobs.subjects.get(ENTRY)).toMatchObject({ state: 1 })
  })

  it.each(HARMLESS)('leaves each step written once: %s', async (kind) => {
    await ask(jobs.subjects, ENTRY, 'd1', now())
    const { run } = (await claimNow(jobs.subjects, ENTRY, now()))!
    server.faults.plan('TransactWriteItems', kind, 2)
    await jobs.journal.append(ENTRY, run, [{ name: 'export', at: 1, ms: 1, result: null }])
    expect(await jobs.journal.steps(run.id)).toHaveLength(1)
  })

  it.each(['throttled', 'internal-error', 'reset'] as const)(
    'while reading is waited out: %s',
    async (kind) => {
      await ask(jobs.subjects, ENTRY, 'd1', now())
      for (const operation of ['GetItem', 'BatchGetItem', 'Query']) server.faults.plan(operation, kind)
      expect(await wanted()).toBe(1)
      expect(await ask(jobs.subjects, ENTRY, 'd1', now())).toBe('seen')
      expect(await jobs.subjects.due(now(), 5, 'entry')).toEqual([ENTRY])
    },
  )

  it('is asked again for what was left out of an answer', async () => {
    for (const i of [1, 2, 3]) await ask(jobs.subjects, ENTRY, `d${i}`, now())
    server.faults.plan('BatchGetItem', 'unprocessed', 2)
    expect(await jobs.history.deliveries({ limit: 9 })).toHaveLength(3)
    expect(waits.slept).toHaveLength(2)
  })

  it('is a request that hangs', async () => {
    server.faults.plan('TransactWriteItems', 'hang')
    expect(await ask(jobs.subjects, ENTRY, 'd1', now())).toBe('new')
    expect(count('TransactWriteItems')).toBe(2)
  })
})

describe('a lost answer', () => {
  it('is asked for again with the same words, which DynamoDB carries out once', async () => {
    server.faults.plan('TransactWriteItems', 'lost-answer')
    expect(await ask(jobs.subjects, ENTRY, 'd1', now())).toBe('new')
    const [first, second] = server.requests.filter((r) => r.operation === 'TransactWriteItems')
    expect(second?.input).toEqual(first?.input)
  })

  it.each(['lost-answer', 'done-but-500'] as const)(
    'is told from a conflict where tokens mean nothing: %s',
    async (kind) => {
      server.tables.tokens = false
      await jobs.subjects.touch([{ key: ENTRY, initial: 0, change: (s) => s }])
      server.faults.plan('TransactWriteItems', kind, 1)
      expect(await add()).toMatchObject({ state: 1 })
      server.faults.plan('TransactWriteItems', kind, 1)
      expect(await ask(jobs.subjects, ENTRY, 'd1', now())).toBe('new')
      expect(await jobs.subjects.get(ENTRY)).toMatchObject({ state: 1, wanted: 1 })
    },
  )

  it('of the end of a run is no lost run', async () => {
    server.tables.tokens = false
    await ask(jobs.subjects, ENTRY, 'd1', now())
    const { run } = (await claimNow(jobs.subjects, ENTRY, now()))!
    server.faults.plan('TransactWriteItems', 'lost-answer')
    const end = jobs.subjects.change(ENTRY, (s) => finish(s, run, { now: now(), state: null }))
    expect(await end).toMatchObject({ done: 1, run: null })
  })
})

describe('trouble that stays', () => {
  it.each(['throttled', 'internal-error', 'reset', 'conflict'] as const)(
    'is jobs.store_unavailable after two seconds of trying: %s',
    async (kind) => {
      server.faults.plan('TransactWriteItems', kind, 1_000)
      const refused = ask(jobs.subjects, ENTRY, 'd1', now())
      await expect(refused).rejects.toMatchObject({ code: 'jobs.store_unavailable' })
      expect(waits.now()).toBeGreaterThan(RECORDS_WITHIN_MS / 2)
      expect(waits.now()).toBeLessThanOrEqual(RECORDS_WITHIN_MS)
      server.faults.clear()
      expect(await wanted()).toBeUndefined()
    },
  )

  it('begins nothing whose time went by behind other writes', async () => {
    server.faults.plan('TransactWriteItems', 'held')
    const first = ask(jobs.subjects, ENTRY, 'd1', now())
    const second = ask(jobs.subjects, ENTRY, 'd2', now())
    await server.arrived('TransactWriteItems', 1)
    await waits.sleep(RECORDS_WITHIN_MS)
    const late = expect(second).rejects.toMatchObject({
      code: 'jobs.store_unavailable',
      facts: { why: 'queue' },
    })
    server.faults.release()
    expect(await first).toBe('new')
    await late
    expect(count('BatchGetItem')).toBe(1)
  })

  it.each(['GetItem', 'BatchGetItem', 'Query', 'TransactWriteItems'])(
    'is a refusal of %s, told at once',
    async (operation) => {
      server.faults.plan(operation, 'denied', 100)
      const answers = await Promise.allSettled([
        jobs.subjects.get(ENTRY),
        ask(jobs.subjects, ENTRY, 'd1', now()),
        jobs.subjects.due(now(), 1, 'entry'),
      ])
      const refused = answers.filter((one) => one.status === 'rejected').map(({ reason }) => reason)
      expect(refused.map(({ code }) => code)).toEqual(['jobs.table_refused'])
      expect(refused[0].facts).toMatchObject({ operation, error: 'AccessDeniedException' })
      expect(waits.slept).toEqual([])
    },
  )

  it('is a table that does not exist, or is not ours', async () => {
    const elsewhere = open({ table: 'nowhere' })
    await expect(elsewhere.check(never)).rejects.toMatchObject({ code: 'jobs.table_refused' })
    await elsewhere.close()
    const { items, keys } = server.tables.tables.get(table)!
    server.tables.tables.set(table, Object.assign(Object.create(Object.getPrototypeOf(server.tables.tables.get(table)!)), { items, keys, indexes: new Map() })) // biome-ignore format: one thing
    await expect(jobs.check(never)).rejects.toMatchObject({ code: 'jobs.table_refused' })
  })

  it('is no credentials, or wrong ones', async () => {
    const none = open({
      credentials: async () => {
        throw Object.assign(new Error('none'), { name: 'CredentialsProviderError' })
      },
    })
    await expect(none.subjects.get(ENTRY)).rejects.toMatchObject({ code: 'jobs.table_refused' })
    await none.close()
    const wrong = open({ credentials: { accessKeyId: 'AKIAOTHER', secretAccessKey: 'x' } })
    await expect(wrong.subjects.get(ENTRY)).rejects.toMatchObject({ code: 'jobs.table_refused' })
    await wrong.close()
  })

  it('is a table that cannot be reached', async () => {
    const gone = await startDynamoServer()
    await gone.close()
    const away = open(addressOf(gone.url))
    await expect(away.check(never)).rejects.toMatchObject({ code: 'jobs.store_unavailable' })
    await away.close()
  })

  it('is told without addresses, keys or ids of accounts', async () => {
    server.faults.plan('*', 'denied')
    const thrown = await ask(jobs.subjects, ENTRY, 'd1', now()).catch((error: unknown) => error as Fault)
    expect(thrown).toBeInstanceOf(Fault)
    const fault = thrown as Fault
    expect(Object.keys(fault.facts).sort()).toEqual(['error', 'operation', 'status', 'table'])
    expect(fault.detail).toBeUndefined()
  })
})

describe('the check', () => {
  it('goes through with a good table and one request or two', async () => {
    await jobs.check(never)
    expect(server.requests.map(({ operation }) => operation)).toEqual(['Query', 'Query'])
  })

  it('ends with its signal', async () => {
    server.faults.plan('Query', 'hang', 2)
    const over = new AbortController()
    const checked = expect(jobs.check(over.signal)).rejects.toThrow('enough')
    await server.arrived('Query', 2)
    over.abort(new Error('enough'))
    await checked
  })
})

it('lets what is under way end before it is closed', async () => {
  server.faults.plan('TransactWriteItems', 'held')
  const recorded = ask(jobs.subjects, ENTRY, 'd1', now())
  await server.arrived('TransactWriteItems', 1)
  let closed = false
  const closing = jobs.close().then(() => {
    closed = true
  })
  await settle()
  expect(closed).toBe(false)
  server.faults.release()
  expect(await recorded).toBe('new')
  await closing
  for (const late of [
    jobs.subjects.get(ENTRY),
    jobs.journal.steps('r'),
    jobs.history.run('r'),
    jobs.liveRuns(),
  ])
    await expect(late).rejects.toMatchObject({ code: 'jobs.store_unavailable' })
})

it('needs a region', async () => {
  const before = { ...process.env }
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) delete process.env[name]
  process.env.AWS_CONFIG_FILE = process.env.AWS_SHARED_CREDENTIALS_FILE = '/nonexistent'
  const lost = open({ region: undefined })
  await expect(lost.subjects.get(ENTRY)).rejects.toMatchObject({ code: 'config.invalid' })
  await lost.close()
  Object.assign(process.env, before)
})
