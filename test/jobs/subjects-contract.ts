import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  DELIVERY_MAX_BYTES,
  type Key,
  type Run,
  type RunRecord,
  type StepRecord,
} from '../../src/jobs/ports.ts'
import { finish, newSubject, postpone, release, touch, WATCH_THROTTLE_MS } from '../../src/jobs/subject.ts'
import { FakeClock } from '../support/clock.ts'
import {
  ask,
  causeOf,
  claimNow,
  delivery,
  type JobsStore,
  NEW_STATE,
  type OpenJobs,
  pressing,
  touching,
} from './support.ts'

const ENTRY: Key = 'entry:etr_1'
const OTHER: Key = 'entry:etr_2'
const CANVAS: Key = 'canvas:cnvs_1'

/** What every jobs store must do, whatever it is made of. */
export const describeJobs = (name: string, open: OpenJobs): void => {
  describe(`${name} as a jobs store`, () => {
    const clock = new FakeClock()
    let store: JobsStore
    const now = () => clock.now()
    const record = (run: { id: string; key?: Key; endedAt?: number }): RunRecord => ({
      key: ENTRY,
      covers: 1,
      forced: false,
      causes: [],
      startedAt: now(),
      endedAt: now(),
      attempt: 0,
      outcome: 'done',
      code: null,
      detail: null,
      summary: { status: 'published', files: 3 },
      version: '1.0.0',
      owner: 'tests',
      role: null,
      ...run,
    })

    beforeEach(async () => {
      store = await open(clock)
    })
    afterEach(() => store.close())

    describe('a touch without a delivery', () => {
      const at = { ...causeOf(delivery('d0', 0)), type: 'reconcile' }

      it('makes the subject, and touches what watches it or what is announced', async () => {
        await ask(store.subjects, CANVAS, 'd1', now())
        await ask(store.subjects, OTHER, 'd2', now())
        await store.subjects.watch(CANVAS, [ENTRY])
        await store.subjects.watch(OTHER, ['package:lab/benchling/EXP1'])
        const touched = await store.subjects.touch(
          [{ key: ENTRY, initial: NEW_STATE, change: (subject) => touch(subject, at) }],
          ['package:lab/benchling/EXP1'],
        )
        expect(new Set(touched)).toEqual(new Set([ENTRY, CANVAS, OTHER]))
        expect(await store.subjects.get(ENTRY)).toEqual({
          ...newSubject(ENTRY, NEW_STATE),
          wanted: 1,
          causes: [at],
        })
        expect((await store.subjects.get(CANVAS))?.wanted).toBe(2)
        expect((await store.subjects.get(OTHER))?.wanted).toBe(2)
      })

      it('changes nothing where nobody watches', async () => {
        expect(await store.subjects.touch([], ['package:lab/benchling/EXP1'])).toEqual([])
      })
    })

    describe('a delivery', () => {
      it('is recorded once, with what it asks for', async () => {
        expect(await ask(store.subjects, ENTRY, 'd1', now())).toBe('new')
        expect(await ask(store.subjects, ENTRY, 'd1', now())).toBe('seen')
        expect(await store.subjects.get(ENTRY)).toEqual({
          ...newSubject(ENTRY, NEW_STATE),
          wanted: 1,
          causes: [causeOf(delivery('d1', now()))],
        })
      })

      it('is recorded once when it comes several times at the same moment', async () => {
        const answers = await Promise.all([1, 2, 3].map(() => ask(store.subjects, ENTRY, 'd1', now())))
        expect(answers.sort()).toEqual(['new', 'seen', 'seen'])
        expect((await store.subjects.get(ENTRY))?.wanted).toBe(1)
      })

      it('leaves nothing behind when one of its touches fails, and may come again', async () => {
        const d = delivery('d1', now())
        const broken = touching(OTHER, d, {
          change: () => {
            throw new Error('broken')
          },
        })
        await expect(store.subjects.record(d, [touching(ENTRY, d), broken])).rejects.toThrow('broken')
        expect(await store.subjects.get(ENTRY)).toBeNull()
        expect(await store.history.deliveries({ limit: 10 })).toEqual([])
        expect(await store.subjects.record(d, [touching(ENTRY, d)])).toBe('new')
      })

      it('may touch one subject twice and several at once', async () => {
        const d = delivery('d1', now())
        await store.subjects.record(d, [touching(ENTRY, d), pressing(ENTRY, d), touching(CANVAS, d)])
        expect(await store.subjects.get(ENTRY)).toMatchObject({ wanted: 2, pressed: 2 })
        expect(await store.subjects.get(CANVAS)).toMatchObject({ wanted: 1 })
      })

      it('is refused when it is larger than the door may make it', async () => {
        const d = delivery('d1', now(), { facts: { text: 'x'.repeat(DELIVERY_MAX_BYTES) } })
        await expect(store.subjects.record(d, [])).rejects.toMatchObject({ code: 'internal' })
        expect(await store.history.deliveries({ limit: 10 })).toEqual([])
      })
    })

    describe('a change', () => {
      it('is left out when there is no such subject, or the function says so', async () => {
        expect(await store.subjects.change(ENTRY, (s) => s)).toBeNull()
        await ask(store.subjects, ENTRY, 'd1', now())
        const options = { ended: record({ id: 'r1' }), touches: [touching(OTHER, delivery('d2', now()))] }
        expect(await store.subjects.change(ENTRY, () => null, options)).toBeNull()
        expect(await store.subjects.get(OTHER)).toBeNull()
        expect(await store.history.run('r1')).toBeNull()
      })

      it('loses nothing of what others change at the same time', async () => {
        await ask(store.subjects, ENTRY, 'd0', now())
        const one = () =>
          store.subjects.change(ENTRY, (s) => ({ ...s, state: { count: Number(countOf(s.state)) + 1 } }))
        await Promise.all(Array.from({ length: 40 }, one))
        expect((await store.subjects.get(ENTRY))?.state).toEqual({ count: 40 })
      })

      it('that throws takes nothing of the others with it', async () => {
        const answers = await Promise.allSettled([
          ask(store.subjects, ENTRY, 'd1', now()),
          store.subjects.record(delivery('d2', now()), [
            touching(OTHER, delivery('d2', now()), {
              change: () => {
                throw new Error('broken')
              },
            }),
          ]),
          ask(store.subjects, CANVAS, 'd3', now()),
        ])
        expect(answers.map((a) => a.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
        expect(await store.subjects.get(ENTRY)).not.toBeNull()
        expect(await store.subjects.get(OTHER)).toBeNull()
        expect(await store.subjects.get(CANVAS)).not.toBeNull()
      })

      it('applies several touches of one subject one after another, its own included, with the cause of each', async () => {
        await ask(store.subjects, ENTRY, 'd0', now())
        const at = (id: string) => delivery(id, now())
        const touches = [touching(OTHER, at('d1')), pressing(OTHER, at('d2')), pressing(OTHER, at('d3'))]
        const again = [touching(ENTRY, at('d4')), touching(ENTRY, at('d5'))]
        const after = await store.subjects.change(ENTRY, (s) => s, { touches: [...touches, ...again] })
        const other = await store.subjects.get(OTHER)
        expect(other).toMatchObject({ wanted: 3, pressed: 3 })
        expect(other?.causes.map(({ delivery }) => delivery)).toEqual(['d1', 'd2', 'd3'])
        expect(after).toMatchObject({ wanted: 3, pressed: 0 })
        expect(after?.causes.map(({ delivery }) => delivery)).toEqual(['d0', 'd4', 'd5'])
        expect(await store.subjects.get(ENTRY)).toEqual(after)
      })

      it('keeps a run’s end and touches further subjects in the same transaction', async () => {
        await ask(store.subjects, ENTRY, 'd1', now())
        const claimed = await claimNow(store.subjects, ENTRY, now(), 'r1')
        const end = () =>
          store.subjects.change(ENTRY, (s) => finish(s, claimed!.run, { now: now(), state: s.state }), {
            ended: record({ id: 'r1' }),
            touches: [touching(CANVAS, delivery('d1', now()))],
          })
        expect(await end()).toMatchObject({ done: 1, run: null })
        expect(await store.history.run('r1')).toEqual({ ...record({ id: 'r1' }), steps: [] })
        expect(await store.subjects.get(CANVAS)).toMatchObject({ wanted: 1 })
        await expect(end()).rejects.toMatchObject({ code: 'jobs.fenced' })
        expect(await store.subjects.get(CANVAS)).toMatchObject({ wanted: 1 })
      })
    })

    describe('the search for work', () => {
      it('finds new work, the longest waiting first, up to the limit', async () => {
        await ask(store.subjects, OTHER, 'd1', now())
        await clock.advance(10)
        await ask(store.subjects, ENTRY, 'd2', now())
        await clock.advance(10)
        await ask(store.subjects, OTHER, 'd3', now())
        expect(await store.subjects.due(now(), 10)).toEqual([OTHER, ENTRY])
        expect(await store.subjects.due(now(), 1)).toEqual([OTHER])
      })

      it('looks at one kind alone when asked to', async () => {
        await ask(store.subjects, ENTRY, 'd1', now())
        await ask(store.subjects, CANVAS, 'd2', now())
        expect(await store.subjects.due(now(), 10, 'canvas')).toEqual([CANVAS])
        expect(await store.subjects.due(now(), 10, 'place')).toEqual([])
      })

      it('finds new and released work also when the clock was set back since', async () => {
        await ask(store.subjects, ENTRY, 'd1', now())
        await ask(store.subjects, OTHER, 'd2', now())
        const { run } = (await claimNow(store.subjects, OTHER, now()))!
        expect(await store.subjects.due(now() - 3_600_000, 10)).toEqual([ENTRY])
        await store.subjects.change(OTHER, (s) => release(s, run))
        expect((await store.subjects.due(now() - 3_600_000, 10, 'entry')).toSorted()).toEqual(
          [ENTRY, OTHER].toSorted(),
        )
      })

      it('leaves out what is running and finds it when its lease has passed', async () => {
        await ask(store.subjects, ENTRY, 'd1', now())
        await claimNow(store.subjects, ENTRY, now())
        expect(await store.subjects.due(now() + 29_999, 10)).toEqual([])
        expect(await store.subjects.due(now() + 30_000, 10)).toEqual([ENTRY])
      })

      it('leaves out a back-off until it ends, and what is done for good', async () => {
        await ask(store.subjects, ENTRY, 'd1', now())
        const { run } = (await claimNow(store.subjects, ENTRY, now()))!
        await store.subjects.change(ENTRY, (s) => postpone(s, run, { dueAt: now() + 5_000, state: s.state }))
        expect(await store.subjects.due(now() + 4_999, 10)).toEqual([])
        expect(await store.subjects.due(now() + 5_000, 10)).toEqual([ENTRY])
        const again = (await claimNow(store.subjects, ENTRY, now() + 5_000))!
        await store.subjects.change(ENTRY, (s) => finish(s, again.run, { now: now(), state: s.state }))
        expect(await store.subjects.due(now() + 1e9, 10)).toEqual([])
      })

      it('gives a subject to one of many who claim it at once', async () => {
        await ask(store.subjects, ENTRY, 'd1', now())
        const claims = await Promise.all(
          Array.from({ length: 10 }, (_, i) => claimNow(store.subjects, ENTRY, now(), `run-${i}`)),
        )
        expect(claims.filter(Boolean)).toHaveLength(1)
      })
    })

    describe('watching', () => {
      const watchEntry = async (): Promise<void> => {
        const d = delivery('c1', now())
        await store.subjects.record(d, [touching(CANVAS, d, { watch: [ENTRY] })])
        const { run } = (await claimNow(store.subjects, CANVAS, now()))!
        await store.subjects.change(CANVAS, (s) => finish(s, run, { now: now(), state: s.state }))
      }

      it('is remembered from the delivery on, or when asked for', async () => {
        await watchEntry()
        await store.subjects.watch(CANVAS, [OTHER, ENTRY, 'package:bucket/a/b'])
        expect(await store.subjects.watching(ENTRY)).toEqual([CANVAS])
        expect(await store.subjects.watching('package:bucket/a/b')).toEqual([CANVAS])
        expect(await store.subjects.watching(CANVAS)).toEqual([])
      })

      it('ends when asked to, for the topics named', async () => {
        await watchEntry()
        await store.subjects.watch(CANVAS, [OTHER])
        await store.subjects.unwatch(CANVAS, [ENTRY, 'package:bucket/unknown/name'])
        expect(await store.subjects.watching(ENTRY)).toEqual([])
        expect(await store.subjects.watching(OTHER)).toEqual([CANVAS])
      })

      it('touches the watcher with an announced change, at most once a second', async () => {
        await ask(store.subjects, ENTRY, 'd0', now())
        await watchEntry()
        const announce = () => store.subjects.change(ENTRY, (s) => s, { announce: [ENTRY] })
        await announce()
        await announce()
        const canvas = await store.subjects.get(CANVAS)
        expect(canvas).toMatchObject({ wanted: 3, done: 1, dueAt: now() + WATCH_THROTTLE_MS })
        expect(canvas?.causes).toEqual([{ delivery: `watch:${ENTRY}`, type: 'watch', at: now(), by: null }])
        expect(await store.subjects.due(now() + WATCH_THROTTLE_MS - 1, 10, 'canvas')).toEqual([])
        expect(await store.subjects.due(now() + WATCH_THROTTLE_MS, 10, 'canvas')).toEqual([CANVAS])
      })

      it('touches the watcher of what a delivery, a change or a retry touches', async () => {
        await watchEntry()
        const wanted = async () => (await store.subjects.get(CANVAS))?.wanted
        await ask(store.subjects, ENTRY, 'd1', now())
        expect(await wanted()).toBe(2)
        await ask(store.subjects, OTHER, 'd2', now())
        expect(await wanted()).toBe(2)
        await store.subjects.change(OTHER, (s) => s, { touches: [touching(ENTRY, delivery('d2', now()))] })
        expect(await wanted()).toBe(3)
        await store.subjects.change(OTHER, (s) => s, { ended: record({ id: 'r1' }) })
        await store.history.retry('r1', now())
        expect(await wanted()).toBe(4)
      })

      it('touches nobody when the change fails or was left out, and nobody for watching itself', async () => {
        await ask(store.subjects, ENTRY, 'd0', now())
        await watchEntry()
        await store.subjects.watch(ENTRY, [ENTRY])
        const broken = () => {
          throw new Error('broken')
        }
        await expect(store.subjects.change(ENTRY, broken, { announce: [ENTRY] })).rejects.toThrow('broken')
        await store.subjects.change(ENTRY, () => null, { announce: [ENTRY] })
        expect((await store.subjects.get(CANVAS))?.wanted).toBe(1)
        await store.subjects.change(ENTRY, (s) => s, { announce: [ENTRY] })
        expect((await store.subjects.get(ENTRY))?.wanted).toBe(1)
      })
    })

    describe('the entries that moved last', () => {
      const recent = async (limit = 10) => (await store.subjects.recentEntries(limit)).map(({ key }) => key)
      const begin = async (key: Key) => {
        await clock.advance(10)
        await ask(store.subjects, key, `d-${key}-${now()}`, now())
        return (await claimNow(store.subjects, key, now(), `r-${key}-${now()}`))!
      }
      const end = async (key: Key, { run }: { run: Run }, state: string) => {
        await clock.advance(10)
        await store.subjects.change(key, (s) => finish(s, run, { now: now(), state }))
      }

      it('come newest first, each once, as they are now; nothing else does', async () => {
        await end(ENTRY, await begin(ENTRY), 'first')
        const other = await begin(OTHER)
        expect(await recent()).toEqual([OTHER, ENTRY])
        const again = await begin(ENTRY)
        await begin(CANVAS)
        await ask(store.subjects, 'entry:etr_3', 'never-run', now())
        expect(await recent()).toEqual([ENTRY, OTHER])
        await end(OTHER, other, 'other')
        expect(await recent()).toEqual([OTHER, ENTRY])
        await end(ENTRY, again, 'again')
        expect(await recent(1)).toEqual([ENTRY])
        expect(await store.subjects.recentEntries(1)).toMatchObject([{ done: 2, state: 'again' }])
      })

      it('are no more than was asked for, and none where none ran', async () => {
        expect(await recent()).toEqual([])
        for (let at = 1; at <= 7; at++) await begin(`entry:etr_${at}`)
        expect(await recent(3)).toEqual(['entry:etr_7', 'entry:etr_6', 'entry:etr_5'])
      })
    })

    describe('the journal', () => {
      const step = (name: string, result: StepRecord['result'] = null): StepRecord => ({
        name,
        at: now(),
        ms: 7,
        result,
      })

      it('gives the steps of a run back in the order they were written', async () => {
        await ask(store.subjects, ENTRY, 'd1', now())
        const { run } = (await claimNow(store.subjects, ENTRY, now()))!
        await store.journal.append(ENTRY, run, [step('export', 'task_1'), step('marks', [['a', 1]])])
        await store.journal.append(ENTRY, run, [step('publish', { é: 'ü' })])
        const steps = await store.journal.steps(run.id)
        expect(steps).toEqual([
          step('export', 'task_1'),
          step('marks', [['a', 1]]),
          step('publish', { é: 'ü' }),
        ])
        expect(await store.journal.steps('other')).toEqual([])
      })

      it('refuses a run that was taken over, released or ended', async () => {
        await ask(store.subjects, ENTRY, 'd1', now())
        const old = (await claimNow(store.subjects, ENTRY, now()))!
        const taken = (await claimNow(store.subjects, ENTRY, now() + 30_000))!
        const refused = (run: typeof old.run) =>
          expect(store.journal.append(ENTRY, run, [step('late')])).rejects.toMatchObject({
            code: 'jobs.fenced',
          })
        await refused(old.run)
        await store.journal.append(ENTRY, taken.run, [step('good')])
        await store.subjects.change(ENTRY, (s) => release(s, taken.run))
        await refused(taken.run)
        expect(await store.journal.steps(taken.run.id)).toEqual([step('good')])
      })
    })

    describe('history', () => {
      it('shows deliveries with the subjects they touched, newest first', async () => {
        await ask(store.subjects, ENTRY, 'd1', now())
        const ignored = delivery('d2', now() + 1, { outcome: 'ignored', facts: {} })
        await store.subjects.record(ignored, [])
        const both = delivery('d3', now() + 2)
        await store.subjects.record(both, [touching(ENTRY, both), touching(CANVAS, both)])
        expect(await store.history.deliveries({ limit: 10 })).toEqual([
          { ...both, keys: [CANVAS, ENTRY] },
          { ...ignored, keys: [] },
          { ...delivery('d1', now()), keys: [ENTRY] },
        ])
        const ofCanvas = await store.history.deliveries({ limit: 10, key: CANVAS })
        expect(ofCanvas.map((d) => d.id)).toEqual(['d3'])
      })

      it('leaves nothing out between two pages', async () => {
        const at = [1, 2, 2, 2, 3]
        for (const [i, ms] of at.entries()) await ask(store.subjects, ENTRY, `d${i}`, ms)
        const first = await store.history.deliveries({ limit: 2 })
        expect(first.map((d) => d.id)).toEqual(['d4', 'd3', 'd2', 'd1'])
        const second = await store.history.deliveries({ limit: 2, before: first.at(-1)!.receivedAt })
        expect(second.map((d) => d.id)).toEqual(['d0'])
      })

      it('shows ended runs, by subject too, and one with its steps', async () => {
        await ask(store.subjects, ENTRY, 'd1', now())
        const { run } = (await claimNow(store.subjects, ENTRY, now(), 'r1'))!
        const step = { name: 'export', at: now(), ms: 1, result: 'task_1' }
        await store.journal.append(ENTRY, run, [step])
        const end = (r: RunRecord) => store.subjects.change(ENTRY, (s) => s, { ended: r })
        const runs = [
          record({ id: 'r1', endedAt: 1 }),
          record({ id: 'r2', endedAt: 2, key: OTHER }),
          {
            ...record({ id: 'r3', endedAt: 3 }),
            outcome: 'buried' as const,
            code: 'archive.overlap',
            detail: 'a.pdf',
          },
        ]
        for (const r of runs) await end(r)
        expect(await store.history.runs({ limit: 10 })).toEqual([...runs].reverse())
        expect((await store.history.runs({ limit: 10, key: ENTRY })).map((r) => r.id)).toEqual(['r3', 'r1'])
        expect((await store.history.runs({ limit: 1, before: 3 })).map((r) => r.id)).toEqual(['r2'])
        expect(await store.history.run('r1')).toEqual({ ...runs[0], steps: [step] })
        expect(await store.history.run('nobody')).toBeNull()
      })

      it('presses the subject of a run again, and knows no other run', async () => {
        await ask(store.subjects, ENTRY, 'd1', now())
        await store.subjects.change(ENTRY, (s) => s, { ended: record({ id: 'r1' }) })
        expect(await store.history.retry('r1', now())).toBe(ENTRY)
        const subject = await store.subjects.get(ENTRY)
        expect(subject).toMatchObject({ wanted: 2, pressed: 2 })
        expect(subject?.causes.at(-1)).toEqual({ delivery: 'retry:r1', type: 'retry', at: now(), by: null })
        await expect(store.history.retry('r2', now())).rejects.toMatchObject({ code: 'jobs.unknown_run' })
      })
    })

    it('refuses work after it was closed', async () => {
      await store.close()
      const d = delivery('d1', now())
      const late = store.subjects.record(d, [touching(ENTRY, d, { change: (s) => touch(s, causeOf(d)) })])
      await expect(late).rejects.toMatchObject({ code: 'jobs.store_unavailable' })
    })
  })
}

const countOf = (state: unknown): number => (state as { count?: number }).count ?? 0
