import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { DynamoJobs } from '../../src/aws/dynamo-jobs.ts'
import type { Key } from '../../src/jobs/ports.ts'
import { touch } from '../../src/jobs/subject.ts'
import rowsOfFormat1 from '../fixtures/dynamo/format-1.json' with { type: 'json' }
import { ask, claimNow, delivery, touching } from '../jobs/support.ts'
import { FakeClock } from '../support/clock.ts'
import { type DynamoServer, startDynamoServer } from '../support/dynamo-server.ts'
import type { WireItem } from '../support/dynamo-server-expressions.ts'
import { createTable, openTable } from './dynamo-lab.ts'

const ENTRY: Key = 'entry:etr_1'
const CANVAS: Key = 'canvas:cnvs_1'
const RUN = '0a1b2c3d-0000-4000-8000-000000000001'

let server: DynamoServer
beforeAll(async () => {
  server = await startDynamoServer()
})
afterAll(() => server.close())

describe('rows of the jobs table', () => {
  const clock = new FakeClock()
  const now = () => clock.now()
  let jobs: DynamoJobs
  let table: string
  const items = () => server.tables.tables.get(table)!.items
  const put = (item: WireItem) => items().set(server.tables.tables.get(table)!.idOf(item), item)
  const row = (pk: string) => [...items().values()].find((item) => item.pk?.S === pk)!

  beforeEach(async () => {
    table = await createTable(server.url)
    jobs = openTable(server.url, table, clock)
  })
  afterEach(() => jobs.close())

  /** Written once by this software in its first form. They are never written anew: older rows must stay readable. */
  describe('of format 1', () => {
    beforeEach(() => {
      for (const item of rowsOfFormat1 as unknown as WireItem[]) put(item)
    })

    it('are read as they were meant', async () => {
      const subject = await jobs.subjects.get(ENTRY)
      expect(subject).toEqual({
        key: ENTRY,
        wanted: 2,
        pressed: 0,
        done: 0,
        dueAt: null,
        run: {
          id: RUN,
          covers: 1,
          forced: false,
          attempt: 0,
          renewals: 0,
          fence: 1,
          owner: 'worker-1',
          leaseUntil: now() + 30_000,
          startedAt: now(),
          causes: [{ delivery: 'msg_1', type: 'v2.entry.updated.fields', at: now(), by: null }],
        },
        fence: 1,
        causes: [{ delivery: 'msg_2', type: 'v2.entry.updated.fields', at: now(), by: null }],
        finishedAt: null,
        state: { phase: 'exporting', note: 'é' },
      })
      expect(await jobs.subjects.watching(ENTRY)).toEqual([CANVAS])
      expect(await jobs.subjects.due(now() + 1_000, 10)).toEqual([CANVAS])
      expect(await jobs.subjects.due(now() + 30_000, 10)).toEqual([CANVAS, ENTRY])
      expect(await jobs.journal.steps(RUN)).toEqual([{ name: 'export', at: now(), ms: 5, result: 'task_1' }])
      const deliveries = await jobs.history.deliveries({ limit: 9 })
      expect(deliveries.map(({ id, keys }) => [id, keys])).toEqual([
        ['msg_2', [ENTRY]],
        ['msg_1', [CANVAS, ENTRY]],
      ])
      expect((await jobs.history.deliveries({ limit: 9, key: ENTRY })).map(({ id }) => id)).toEqual([
        'msg_2',
        'msg_1',
      ])
      expect(await jobs.history.runs({ limit: 9, key: CANVAS })).toMatchObject([
        { id: 'run-0', outcome: 'done' },
      ])
      expect(await jobs.liveRuns()).toEqual(new Set([RUN]))
    })

    it('are gone on with', async () => {
      const { run } = (await claimNow(jobs.subjects, ENTRY, now() + 30_000, 'fresh'))!
      expect(run).toMatchObject({ fence: 2, covers: 2, replaces: [{ id: RUN, renewals: 0 }] })
      const released = (await jobs.subjects.change(ENTRY, (s) => ({ ...s, run: { ...s.run!, id: RUN } })))!
      await jobs.journal.append(ENTRY, released.run!, [{ name: 'publish', at: now(), ms: 1, result: null }])
      expect((await jobs.journal.steps(RUN)).map(({ name }) => name)).toEqual(['export', 'publish'])
      expect(await ask(jobs.subjects, ENTRY, 'msg_1', now())).toBe('seen')
      expect(await ask(jobs.subjects, ENTRY, 'msg_3', now())).toBe('new')
      expect((await jobs.subjects.get(ENTRY))?.wanted).toBe(3)
      expect((await jobs.subjects.get(CANVAS))?.causes.at(-1)?.type).toBe('watch')
    })
  })

  it('keep what a newer release added to them, whatever is written', async () => {
    const d = delivery('d1', now())
    await jobs.subjects.record(d, [touching(ENTRY, d, { watch: ['package:lab/a/b'] })])
    for (const pk of [`S#${ENTRY}`, 'W#package:lab/a/b']) put({ ...row(pk), later: { S: pk } })
    const before = row(`S#${ENTRY}`)
    put({ ...before, run: { S: JSON.stringify(null) } })
    await claimNow(jobs.subjects, ENTRY, now())
    const { run } = row(`S#${ENTRY}`)
    put({ ...row(`S#${ENTRY}`), run: { S: JSON.stringify({ ...JSON.parse(run!.S!), later: 1 }) } })
    await ask(jobs.subjects, ENTRY, 'd2', now())
    await claimNow(jobs.subjects, ENTRY, now() + 60_000)
    await jobs.subjects.watch(CANVAS, ['package:lab/a/b'])
    expect(row(`S#${ENTRY}`)).toMatchObject({
      later: { S: `S#${ENTRY}` },
      wanted: { N: '2' },
      format: { N: '1' },
    })
    expect(row('W#package:lab/a/b')).toMatchObject({ later: { S: 'W#package:lab/a/b' } })
    expect(await jobs.subjects.watching('package:lab/a/b')).toEqual([ENTRY, CANVAS])
  })

  it('are left alone when they have a form of a newer release, with a fault that says so', async () => {
    await ask(jobs.subjects, ENTRY, 'd1', now())
    await jobs.subjects.change(ENTRY, (s) => s, { ended: { id: 'r1', key: ENTRY, endedAt: now() } as never })
    for (const item of [...items().values()]) put({ ...item, format: { N: '2' } })
    const before = structuredClone([...items()])
    const newer = { code: 'jobs.newer_record', facts: { format: 2, known: 1 } }
    for (const attempt of [
      () => jobs.subjects.get(ENTRY),
      () => jobs.subjects.change(ENTRY, (s) => touch(s, { delivery: 'd', type: 't', at: 0, by: null })),
      () => ask(jobs.subjects, ENTRY, 'd2', now()),
      () => jobs.history.deliveries({ limit: 1 }),
      () => jobs.history.run('r1'),
    ])
      await expect(attempt()).rejects.toMatchObject(newer)
    expect([...items()]).toEqual(before)
    expect(await jobs.subjects.due(now(), 1)).toEqual([ENTRY])
  })
})
