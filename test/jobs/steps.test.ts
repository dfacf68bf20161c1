import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import type { Journal, Key, Run } from '../../src/jobs/ports.ts'
import { FLUSH_AFTER_MS, RunSteps } from '../../src/jobs/steps.ts'
import { release } from '../../src/jobs/subject.ts'
import { openSqliteJobs, type SqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { FakeClock } from '../support/clock.ts'
import { ask, claimNow, settle } from './support.ts'

const ENTRY: Key = 'entry:etr_1'

describe('the steps of a run', () => {
  let clock: FakeClock
  let jobs: SqliteJobs
  let run: Run
  let down: boolean
  let events: (string | number)[][]

  beforeEach(async () => {
    clock = new FakeClock()
    jobs = openSqliteJobs(':memory:', { clock })
    down = false
    events = []
    await ask(jobs.subjects, ENTRY, 'd1', clock.now())
    run = (await claimNow(jobs.subjects, ENTRY, clock.now()))!.run
  })
  afterEach(() => jobs.close())

  const open = (of: Partial<Run> = {}): Promise<RunSteps> => {
    const journal: Journal = {
      steps: jobs.journal.steps,
      append: async (...args) => {
        if (down) throw new Fault('jobs.store_unavailable')
        return jobs.journal.append(...args)
      },
    }
    return RunSteps.open({
      journal,
      key: ENTRY,
      run: { ...run, ...of },
      clock,
      hooks: {
        onStep: (name, ms) => events.push([name, ms]),
        onFenced: () => events.push(['fenced']),
      },
    })
  }
  const recorded = async () => (await jobs.journal.steps(run.id)).map((s) => [s.name, s.ms, s.result])

  describe('once', () => {
    it('does the work once, also over a crash, and tells how long it took', async () => {
      const first = await open()
      const export1 = await first.once('export', async () => {
        await clock.advance(40)
        return 'task_1'
      })
      const resumed = await open()
      const export2 = await resumed.once('export', async () => 'task_2')
      expect([export1, export2]).toEqual(['task_1', 'task_1'])
      expect(await recorded()).toEqual([['export', 40, 'task_1']])
      expect(events).toEqual([['export', 40]])
    })

    it('does the work once for two who ask at the same time', async () => {
      const steps = await open()
      let works = 0
      const ask = () => steps.once('export', async () => ++works)
      expect(await Promise.all([ask(), ask()])).toEqual([1, 1])
      expect(await steps.once('export', async () => ++works)).toBe(1)
    })

    it('records nothing of work that failed', async () => {
      const steps = await open()
      const failing = steps.once('export', async () => {
        throw new Fault('benchling.unavailable')
      })
      await expect(failing).rejects.toMatchObject({ code: 'benchling.unavailable' })
      expect(steps.progressed).toBe(false)
      expect(await steps.once('export', async () => 'task_2')).toBe('task_2')
      expect(steps.progressed).toBe(true)
    })

    it('gives no result that is not recorded', async () => {
      const steps = await open()
      down = true
      await expect(steps.once('export', async () => 'task_1')).rejects.toMatchObject({
        code: 'jobs.store_unavailable',
      })
    })

    it('does the work again after the export was renewed', async () => {
      await (await open()).once('export', async () => 'task_1')
      const renewed = await open({ renewals: 1 })
      expect(await renewed.once('export', async () => 'task_2')).toBe('task_2')
      expect(await (await open({ renewals: 1 })).once('export', async () => 'task_3')).toBe('task_2')
    })
  })

  describe('timed', () => {
    it('is history only: it runs again after a crash', async () => {
      const read = async (steps: RunSteps) =>
        steps.timed(
          'entry',
          async () => 'the entry',
          (entry) => entry.length,
        )
      const first = await open()
      expect(await read(first)).toBe('the entry')
      await first.close()
      const second = await open()
      expect(await read(second)).toBe('the entry')
      await second.close()
      expect(await recorded()).toEqual([
        ['entry', 0, 9],
        ['entry', 0, 9],
      ])
    })
  })

  describe('marks', () => {
    it('are written together when a record is full, and read back by a resumed run', async () => {
      const steps = await open()
      for (let i = 0; i < 63; i++) steps.mark('upload', `file ${i}`, i)
      await settle()
      expect(await recorded()).toEqual([])
      steps.mark('upload', '__proto__', 'odd')
      await settle()
      expect(await recorded()).toHaveLength(1)
      expect(steps.marks('upload').size).toBe(0)
      const resumed = (await open()).marks('upload')
      expect([resumed.size, resumed.get('file 62'), resumed.get('__proto__')]).toEqual([64, 62, 'odd'])
      expect((await open({ renewals: 1 })).marks('upload').size).toBe(0)
    })

    it('do not wait longer than a quarter of a second', async () => {
      const steps = await open()
      steps.mark('upload', 'a', 1)
      await clock.advance(FLUSH_AFTER_MS - 1)
      await settle()
      expect(await recorded()).toEqual([])
      await clock.advance(1)
      await settle()
      expect(await recorded()).toEqual([['marks:upload', 0, [['a', 1]]]])
    })

    it('are all durable when flush resolves, also after the store was away for a while', async () => {
      const steps = await open()
      down = true
      for (let i = 0; i < 130; i++) steps.mark('upload', `file ${i}`, i)
      await settle()
      await expect(steps.flush()).rejects.toMatchObject({ code: 'jobs.store_unavailable' })
      down = false
      await steps.flush()
      expect((await open()).marks('upload').size).toBe(130)
      expect(steps.progressed).toBe(true)
    })

    it('of a run that was taken over are refused, and the run learns of it', async () => {
      const steps = await open()
      await jobs.subjects.change(ENTRY, (s) => release(s, run))
      steps.mark('upload', 'a', 1)
      await expect(steps.flush()).rejects.toMatchObject({ code: 'jobs.fenced' })
      expect(events).toEqual([['fenced']])
    })
  })

  it('serve one purpose each, under names that cannot be mistaken', async () => {
    const steps = await open()
    await steps.once('export', async () => 1)
    await expect(steps.timed('export', async () => 1)).rejects.toMatchObject({ code: 'internal' })
    await expect(steps.once('export@1', async () => 1)).rejects.toMatchObject({ code: 'internal' })
    await expect(steps.once('failed', async () => 1)).rejects.toMatchObject({ code: 'internal' })
  })

  it('tell a resumed run how it failed before', async () => {
    const steps = await open()
    await steps.failed(new Fault('store.forbidden'), { at: clock.now(), ms: 5 })
    expect((await open({ renewals: 1 })).failures).toEqual([{ code: 'store.forbidden', class: 'operator' }])
  })
})
