import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { ABANDON_AFTER_MS } from '../../src/jobs/perform-run.ts'
import type { Bell, Key } from '../../src/jobs/ports.ts'
import { statusOf } from '../../src/jobs/subject.ts'
import { localBell } from '../../src/local/bell.ts'
import { FakeClock } from '../support/clock.ts'
import {
  ask,
  causeOf,
  claimNow,
  delivery,
  lossyBell,
  type OpenBell,
  type OpenJobs,
  pressing,
  settle,
  touching,
  until,
} from './support.ts'
import {
  gate,
  heeding,
  mortal,
  never,
  Stage,
  summaryOf,
  type ToyJob,
  unreachableWhile,
} from './worker-harness.ts'

const ENTRY: Key = 'entry:etr_1'
const CANVAS: Key = 'canvas:cnvs_1'
/** For tests of an hour: a sweep every two seconds would be ten thousand requests to a table. */
const SELDOM_MS = 20_000
const MINUTE = 60_000

const openLocalBell: OpenBell = async () => ({ bell: localBell(), close: async () => {} })

/** What a worker must do over any jobs store, with a bell that works and with one that loses half of its rings. */
export const describeWorker = (name: string, open: OpenJobs, openBell = openLocalBell): void => {
  const bells: [string, (bell: Bell) => Bell][] = [
    ['a bell', (bell) => bell],
    ['a bell that drops half of its rings', lossyBell],
  ]
  describe.each(bells)(`a worker over ${name} and %s`, (_, asHeard) => {
    let stage: Stage
    let closeBell: () => Promise<void>
    beforeEach(async () => {
      const clock = new FakeClock()
      const { bell, close } = await openBell(clock)
      closeBell = close
      stage = new Stage(clock, await open(clock), asHeard(bell))
    })
    afterEach(async () => {
      await stage.close()
      await closeBell()
    })

    const subject = async (key: Key) => (await stage.store.subjects.get(key))!
    const status = async (key: Key) => statusOf(await subject(key), stage.clock.now())
    const buried = async () => (await stage.store.history.runs({ limit: 1 }))[0]

    describe('runs', () => {
      it('does what is asked, with its causes, and keeps the run as history', async () => {
        stage.worker({
          entry: async (job) => {
            const task = await job.steps.once('export', async () => 'task_1')
            return summaryOf({ task })
          },
        })
        await stage.event(ENTRY, 'd1')
        await stage.pass(2_500)
        expect(await stage.state(ENTRY)).toEqual({ note: null, phase: 'packaged', failure: null })
        const [record] = await stage.store.history.runs({ limit: 5 })
        expect(record).toMatchObject({
          key: ENTRY,
          outcome: 'done',
          code: null,
          version: '1.2.3',
          summary: { task: 'task_1' },
        })
        expect(record?.causes.map((c) => c.delivery)).toEqual(['d1'])
        const run = await stage.store.history.run(record!.id)
        expect(run?.steps.map((s) => [s.name, s.result])).toEqual([['export', 'task_1']])
        expect(stage.kinds(ENTRY)).toEqual(['claimed', 'step', 'done'])
      })

      it('makes one more run of the events that pile up during a run', async () => {
        const { open: letGo, opened } = gate()
        stage.worker({ entry: async (job) => void (await heeding(job, opened)) })
        await stage.event(ENTRY, 'd1')
        await stage.pass(2_500)
        for (const id of ['d2', 'd3', 'd4']) await stage.event(ENTRY, id)
        letGo()
        await stage.pass(5_000)
        expect(stage.runs.map((run) => run.covers)).toEqual([1, 4])
        expect(stage.runs[1]?.causes.map((c) => c.delivery)).toEqual(['d2', 'd3', 'd4'])
      })

      it('makes one more forced run of a press during a run', async () => {
        const { open: letGo, opened } = gate()
        stage.worker({ entry: async (job) => void (await heeding(job, opened)) })
        await stage.event(ENTRY, 'd1')
        await stage.pass(2_500)
        await stage.press(ENTRY, 'p1')
        letGo()
        await stage.pass(2_500)
        expect(stage.runs.map((run) => run.forced)).toEqual([false, true])
      })

      it('works on several entries side by side, no more than allowed, and never twice on one', async () => {
        const under = new Map<string, number>()
        let most = 0
        const { open: letGo, opened } = gate()
        const entry = async (job: ToyJob) => {
          under.set(job.key, (under.get(job.key) ?? 0) + 1)
          most = Math.max(
            most,
            [...under.values()].reduce((a, b) => a + b),
          )
          expect(under.get(job.key)).toBe(1)
          await heeding(job, opened)
          under.set(job.key, 0)
          return undefined
        }
        stage.worker({ entry }, { concurrency: 2 })
        stage.worker({ entry }, { concurrency: 1 })
        for (let i = 0; i < 6; i++) await stage.event(`entry:etr_${i}`, `d${i}`)
        await stage.pass(3_000)
        for (let i = 0; i < 6; i++) await stage.event(`entry:etr_${i}`, `e${i}`)
        await stage.pass(3_000)
        expect(most).toBe(3)
        letGo()
        await stage.pass(6_000)
        for (let i = 0; i < 6; i++) expect(await status(`entry:etr_${i}`)).toBe('idle')
      })

      it('draws canvases while every lane for entries is busy', async () => {
        let drawn = 0
        stage.worker(
          { entry: (job) => heeding(job, never), canvas: async () => void drawn++ },
          { concurrency: 1 },
        )
        for (let i = 0; i < 3; i++) await stage.event(`entry:etr_${i}`, `d${i}`)
        await stage.event(CANVAS, 'c1')
        await stage.pass(2_500)
        expect(drawn).toBe(1)
      })

      it('touches what a run asks for in the write that ends it, and runs that too', async () => {
        const d = delivery('d1', 0)
        stage.worker({
          place: async () => ({
            change: (state) => state,
            summary: {},
            touches: [pressing(CANVAS, d)],
          }),
        })
        await stage.event('place:assay:run_1', 'd1')
        await stage.pass(2_500)
        expect(stage.runs.map((run) => [run.causes.at(-1)?.delivery, run.forced])).toEqual([
          ['d1', false],
          ['d1', true],
        ])
        expect(await status(CANVAS)).toBe('idle')
      })

      it('misses no event that comes in the very moment a run ends', async () => {
        const bell = localBell()
        const { subjects } = stage.store
        let late = true
        const get: typeof subjects.get = async (key) => {
          const read = await subjects.get(key)
          if (late) {
            late = false
            await ask(subjects, ENTRY, 'd2', stage.clock.now())
            await bell.ring(ENTRY, 'd2')
            await settle()
          }
          return read
        }
        stage.worker({}, { subjects: { ...subjects, get }, bell })
        await settle()
        await ask(subjects, ENTRY, 'd1', stage.clock.now())
        await bell.ring(ENTRY, 'd1')
        await until(() => stage.runs.length === 2)
      })

      it('is idle when nothing is due and nothing runs', async () => {
        const worker = stage.worker({})
        for (let i = 0; i < 9; i++) await stage.event(`entry:etr_${i}`, `d${i}`)
        await worker.idle()
        expect(stage.runs).toHaveLength(9)
        expect(await stage.store.subjects.due(stage.clock.now(), 10)).toEqual([])
      })
    })

    describe('progress', () => {
      it('is written at most once a second, the last word included, and redraws what watches', async () => {
        const { open: letGo, opened } = gate()
        const drawn: { at: number; phase: string | null }[] = []
        const began = stage.clock.now()
        let report = async (_n: number) => {}
        stage.worker({
          entry: async (job) => {
            report = (n) => job.progress((state) => ({ ...state, phase: `uploading ${n} of 40` }))
            await heeding(job, opened)
            return undefined
          },
          canvas: async () => {
            drawn.push({ at: stage.clock.now() - began, phase: (await stage.state(ENTRY)).phase })
            return undefined
          },
        })
        const d = delivery('c1', began)
        await stage.store.subjects.record(d, [touching(CANVAS, d, { watch: [ENTRY] })])
        await stage.event(ENTRY, 'd1')
        await stage.pass(2_500)
        stage.activities.length = 0
        drawn.length = 0
        for (let n = 1; n <= 40; n++) {
          await report(n)
          await stage.pass(100, 100)
        }
        await stage.pass(2_000)
        expect((await stage.state(ENTRY)).phase).toBe('uploading 40 of 40')
        expect(stage.kinds(ENTRY)).toHaveLength(5)
        expect(drawn.at(-1)?.phase).toBe('uploading 40 of 40')
        expect(drawn.length).toBeGreaterThanOrEqual(4)
        for (const [i, { at }] of drawn.entries()) {
          if (i > 0) expect(at - drawn[i - 1]!.at).toBeGreaterThanOrEqual(1_000)
        }
        letGo()
        await stage.pass(2_000)
        expect(drawn.at(-1)?.phase).toBe('packaged')
      })

      it('that cannot wait is written at once', async () => {
        const seen: (string | null)[] = []
        stage.worker({
          entry: async (job) => {
            for (const phase of ['reading', 'exporting']) {
              await job.progress((state) => ({ ...state, phase }), { now: true })
              seen.push((await stage.state(ENTRY)).phase)
            }
            return undefined
          },
        })
        await stage.event(ENTRY, 'd1')
        await stage.pass(2_500)
        expect(seen).toEqual(['reading', 'exporting'])
      })

      it('leaves alone what deliveries changed in the state meanwhile', async () => {
        const { open: letGo, opened } = gate()
        stage.worker({ canvas: async (job) => void (await heeding(job, opened)) })
        await stage.event(CANVAS, 'c1')
        await stage.pass(2_500)
        await stage.store.subjects.change(CANVAS, (s) => ({ ...s, state: { clicked: true } }))
        letGo()
        await stage.pass(1_000)
        expect((await subject(CANVAS)).state).toMatchObject({ clicked: true, phase: 'packaged' })
      })
    })

    describe('failures', () => {
      const failing = (...codes: Fault['code'][]) => {
        let n = 0
        return async () => {
          const code = codes[Math.min(n++, codes.length - 1)]
          if (code) throw new Fault(code, {}, { detail: 'why' })
          return undefined
        }
      }

      it('backs off and goes on with the same run', async () => {
        let n = 0
        stage.worker({
          entry: async () => {
            if (n++ === 0) throw new Fault('store.unavailable')
            return undefined
          },
        })
        await stage.event(ENTRY, 'd1')
        await until(async () => {
          if ((await status(ENTRY)) === 'retrying') return true
          await stage.clock.advance(100)
          return false
        })
        const { failure } = await stage.state(ENTRY)
        expect(failure).toMatchObject({ code: 'store.unavailable', attempt: 1 })
        const wait = failure!.retryAt! - stage.clock.now()
        expect(wait).toBeGreaterThan(1_800)
        await stage.pass(wait - 1)
        expect(stage.runs).toHaveLength(1)
        await stage.pass(1)
        expect(stage.runs.map((run) => run.attempt)).toEqual([0, 1])
        expect(stage.runs[1]?.id).toBe(stage.runs[0]?.id)
        expect(await stage.state(ENTRY)).toMatchObject({ phase: 'packaged', failure: null })
      })

      it('goes on trying through an outage, with the reason in the state, and succeeds when it is over', async () => {
        let away = true
        const entry = async () => {
          if (away) throw new Fault('store.unavailable', {}, { detail: 'why' })
          return summaryOf({ ok: true })
        }
        stage.worker({ entry }, { sweepMs: SELDOM_MS })
        await stage.event(ENTRY, 'd1')
        await stage.pass(20 * MINUTE, 10_000)
        expect(stage.runs.length).toBeGreaterThan(9)
        expect(await status(ENTRY)).toBe('retrying')
        expect(await stage.state(ENTRY)).toMatchObject({ failure: { retryAt: expect.any(Number) } })
        expect(stage.kinds(ENTRY)).not.toContain('buried')
        away = false
        await stage.pass(6 * MINUTE, 10_000)
        expect(await stage.state(ENTRY)).toMatchObject({ phase: 'packaged', failure: null })
        expect(new Set(stage.runs.map((run) => run.id)).size).toBe(1)
      })

      it('buries at once what can never succeed, and works on what is asked after', async () => {
        stage.worker({ entry: failing('benchling.not_found', undefined as never) })
        await stage.event(ENTRY, 'd1')
        await stage.pass(3_000)
        expect(await buried()).toMatchObject({ outcome: 'buried', code: 'benchling.not_found', attempt: 1 })
        expect(stage.kinds(ENTRY)).toEqual(['claimed', 'buried'])
        await stage.press(ENTRY, 'p1')
        await stage.pass(3_000)
        expect(await buried()).toMatchObject({ outcome: 'done', forced: true })
      })

      it('tries what nobody foresaw three times', async () => {
        stage.worker({
          entry: async () => {
            throw new TypeError('x is not a function')
          },
        })
        await stage.event(ENTRY, 'd1')
        await stage.pass(MINUTE, 1_000)
        expect(stage.runs).toHaveLength(3)
        expect(await buried()).toMatchObject({ outcome: 'buried', code: 'internal' })
      })

      it('takes a stray abort for a failure, because nobody stopped the run', async () => {
        stage.worker({
          entry: async () => {
            throw new DOMException('time-out of a library', 'AbortError')
          },
        })
        await stage.event(ENTRY, 'd1')
        await stage.pass(MINUTE, 1_000)
        expect(stage.runs).toHaveLength(3)
      })

      it('waits for configuration as long as it takes, and counts nothing', async () => {
        let healed = false
        const entry = async () => {
          if (!healed) throw new Fault('benchling.unauthorized')
          return undefined
        }
        stage.worker({ entry }, { sweepMs: SELDOM_MS })
        await stage.event(ENTRY, 'd1')
        await stage.pass(60 * MINUTE, 30_000)
        expect(stage.runs.length).toBeGreaterThan(10)
        expect(new Set(stage.runs.map((run) => run.attempt))).toEqual(new Set([0]))
        expect(await status(ENTRY)).toBe('retrying')
        healed = true
        await stage.pass(6 * MINUTE, 30_000)
        expect(await stage.state(ENTRY)).toMatchObject({ phase: 'packaged', failure: null })
      })

      it('asks for a new export twice, then buries', async () => {
        const exports: string[] = []
        stage.worker({
          entry: async (job) => {
            const task = await job.steps.once('export', async () => `task_${exports.length + 1}`)
            exports.push(task)
            throw new Fault('export.link_expired')
          },
        })
        await stage.event(ENTRY, 'd1')
        await stage.pass(MINUTE, 1_000)
        expect(exports).toEqual(['task_1', 'task_2', 'task_3'])
        expect(await buried()).toMatchObject({ outcome: 'buried', code: 'export.link_expired' })
        expect(new Set(stage.runs.map((run) => run.id)).size).toBe(1)
      })

      it('does not let a press wait for a back-off', async () => {
        stage.worker({ entry: failing('store.unavailable', 'benchling.unauthorized', undefined as never) })
        await stage.event(ENTRY, 'd1')
        await stage.pass(6_000)
        expect(await status(ENTRY)).toBe('retrying')
        await stage.press(ENTRY, 'p1')
        await stage.pass(2_500)
        expect(stage.runs.at(-1)).toMatchObject({ forced: true, attempt: 0 })
        expect(stage.runs.at(-1)?.causes.map((c) => c.delivery)).toEqual(['d1', 'p1'])
        expect(await status(ENTRY)).toBe('idle')
      })

      it('writes the end of a run when the store comes back', async () => {
        let down = false
        stage.worker(
          {
            entry: async () => {
              down = true
              return undefined
            },
          },
          { subjects: unreachableWhile(stage.store.subjects, () => down) },
        )
        await stage.event(ENTRY, 'd1')
        await stage.pass(3_500)
        down = false
        await stage.pass(6_000)
        expect(stage.runs).toHaveLength(1)
        expect(await buried()).toMatchObject({ outcome: 'done' })
      })
    })

    describe('crashes and leases', () => {
      it('goes on where a killed worker was, with the same run and its steps', async () => {
        const machine = mortal(stage.store)
        const seen: { task: string; marks: string[] }[] = []
        let exports = 0
        const entry = async (job: ToyJob) => {
          const task = await job.steps.once('export', async () => `task_${++exports}`)
          const marks = [...job.steps.marks('upload').keys()]
          seen.push({ task, marks })
          if (seen.length > 1) return undefined
          for (let i = 0; i < 100; i++) job.steps.mark('upload', `file ${i}`, { size: i })
          return heeding(job, never)
        }
        stage.worker({ entry }, machine)
        await stage.event(ENTRY, 'd1')
        await stage.pass(3_000)
        machine.kill()
        stage.workers.pop()
        stage.worker({ entry })
        await stage.pass(20_000)
        expect(seen).toHaveLength(1)
        await stage.pass(15_000)
        expect(stage.runs.map((run) => [run.id, run.attempt, run.fence])).toEqual([
          [stage.runs[0]?.id, 0, 1],
          [stage.runs[0]?.id, 0, 2],
        ])
        expect(seen[1]?.task).toBe('task_1')
        expect(seen[1]?.marks).toHaveLength(100)
      })

      it('tells who watches a run that its worker is gone, though every lane is busy and nobody can go on', async () => {
        const machine = mortal(stage.store)
        const told: string[] = []
        const canvas = async () => void told.push(await status(ENTRY))
        const lanes = { entry: 1, canvas: 1, place: 1, tenant: 1 }
        await stage.store.subjects.watch(CANVAS, [ENTRY])
        stage.worker({ canvas, entry: (job) => heeding(job, never) }, { concurrency: lanes })
        await stage.event('entry:etr_busy', 'd1')
        await stage.pass(3_000)
        stage.worker({ canvas, entry: (job) => heeding(job, never) }, { ...machine, concurrency: lanes })
        await ask(stage.store.subjects, CANVAS, 'd2', stage.clock.now())
        await stage.event(ENTRY, 'd3')
        await stage.pass(6_000)
        expect(told.at(-1)).toBe('running')
        machine.kill()
        stage.workers.pop()
        await stage.pass(36_000, 1_000)
        expect(told.at(-1)).toBe('queued')
        const times = told.length
        await stage.pass(20_000, 1_000)
        expect(told).toHaveLength(times)
      })

      it('keeps the lease of a long run', async () => {
        const { open: letGo, opened } = gate()
        const entry = async (job: ToyJob) => void (await heeding(job, opened))
        stage.worker({ entry })
        stage.worker({ entry })
        await stage.event(ENTRY, 'd1')
        await stage.pass(5 * MINUTE, 2_000)
        expect(await status(ENTRY)).toBe('running')
        letGo()
        await stage.pass(1_000)
        expect(stage.runs).toHaveLength(1)
      })

      it('stops a run that was taken over, and refuses what it still writes', async () => {
        let down = false
        const refused: unknown[] = []
        const { open: letGo, opened } = gate()
        const reached = () => down
        stage.worker(
          {
            entry: async (job) => {
              down = true
              await heeding(job, never).catch(() => {})
              await opened
              await job.steps.once('late', async () => 1).catch((e) => refused.push(e.code))
              await job.progress((s) => s, { now: true }).catch((e) => refused.push(e.code))
              return undefined
            },
          },
          { subjects: unreachableWhile(stage.store.subjects, reached) },
        )
        await stage.event(ENTRY, 'd1')
        await stage.pass(3_000)
        stage.worker({ entry: async () => summaryOf({ by: 'the second' }) })
        await stage.pass(33_000, 3_000)
        expect(stage.runs.map((run) => run.fence)).toEqual([1, 2])
        down = false
        letGo()
        await stage.pass(1_000)
        expect(refused).toEqual(['jobs.fenced', 'jobs.fenced'])
        const records = await stage.store.history.runs({ limit: 5 })
        expect(records.map((r) => r.summary)).toEqual([{ by: 'the second' }])
      })

      it('leaves a run to itself that does not heed its signal', async () => {
        const worker = stage.worker({ entry: async () => never })
        await stage.event(ENTRY, 'd1')
        await stage.pass(3_000)
        let drained = false
        void worker.drain(0).then(() => {
          drained = true
        })
        await stage.pass(ABANDON_AFTER_MS - 1_000)
        expect(drained).toBe(false)
        await stage.pass(1_000)
        expect(drained).toBe(true)
        expect(await status(ENTRY)).toBe('queued')
      })

      it('fails a run that comes no further within its deadline, and lets one go on that does', async () => {
        let marks = 0
        stage.worker(
          {
            entry: async (job) => {
              if (job.steps.marks('upload').size < 2) {
                job.steps.mark('upload', `file ${++marks}`, null)
              }
              return heeding(job, never)
            },
          },
          { deadlineMs: 10_000 },
        )
        await stage.event(ENTRY, 'd1')
        await stage.pass(24_000)
        expect(stage.runs.map((run) => run.attempt)).toEqual([0, 0, 0])
        await stage.pass(12_000)
        expect(stage.runs.map((run) => run.attempt)).toEqual([0, 0, 0, 1])
        const ends = stage.activities.filter((a) => a.kind === 'released' || a.kind === 'failed')
        expect(ends.map((a) => a.code)).toEqual([undefined, undefined, 'jobs.deadline'])
      })
    })

    describe('draining', () => {
      it('releases what runs at once, counts no attempt, and another worker goes on with the same run', async () => {
        const worker = stage.worker({ entry: (job) => heeding(job, never) })
        await stage.event(ENTRY, 'd1')
        await stage.pass(3_000)
        await worker.drain(0)
        expect(await status(ENTRY)).toBe('queued')
        expect(stage.kinds(ENTRY)).toEqual(['claimed', 'released'])
        stage.worker({})
        await stage.pass(100, 100)
        expect(stage.runs).toHaveLength(2)
        expect(stage.runs[1]).toMatchObject({ id: stage.runs[0]?.id, attempt: 0 })
        expect(await status(ENTRY)).toBe('idle')
      })

      it('lets what runs go on to its end within the grace, and claims nothing more', async () => {
        const { open: letGo, opened } = gate()
        const worker = stage.worker({ entry: async (job) => void (await heeding(job, opened)) })
        await stage.event(ENTRY, 'd1')
        await stage.pass(3_000)
        const drained = worker.drain(60_000)
        await stage.event('entry:etr_2', 'd2')
        await stage.pass(5_000)
        letGo()
        await drained
        expect(await buried()).toMatchObject({ outcome: 'done' })
        expect(await status('entry:etr_2')).toBe('queued')
      })

      it('writes the marks that are not written yet before it releases', async () => {
        const worker = stage.worker({
          entry: (job) => {
            job.steps.mark('upload', 'a.pdf', 1)
            return heeding(job, never)
          },
        })
        await stage.event(ENTRY, 'd1')
        await until(async () => {
          if (stage.runs.length > 0) return true
          await stage.clock.advance(100)
          return false
        })
        await worker.drain(0)
        const steps = await stage.store.journal.steps(stage.runs[0]!.id)
        expect(steps.map((s) => s.result)).toEqual([[['a.pdf', 1]]])
      })
    })

    it('finds work that was recorded while nobody listened', async () => {
      await ask(stage.store.subjects, ENTRY, 'd1', stage.clock.now())
      const abandoned = await claimNow(stage.store.subjects, ENTRY, stage.clock.now(), 'crashed')
      expect(abandoned?.run.causes).toEqual([causeOf(delivery('d1', stage.clock.now()))])
      stage.worker({})
      await stage.pass(29_000, 1_000)
      expect(stage.runs).toHaveLength(0)
      await stage.pass(3_000)
      expect(stage.runs.map((run) => run.id)).toEqual(['crashed'])
    })
  })
}
