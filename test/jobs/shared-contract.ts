import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Clock } from '../../src/base/clock.ts'
import type { Key } from '../../src/jobs/ports.ts'
import { FakeClock } from '../support/clock.ts'
import { ask, claimNow, delivery, type JobsStore, touching } from './support.ts'

const ENTRY: Key = 'entry:etr_1'
const CANVAS: Key = 'canvas:cnvs_1'

/** Two stores on the same empty records, as two processes have them. */
export type OpenTwo = (clock: Clock) => Promise<readonly [JobsStore, JobsStore]>

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** What a jobs store must do that several processes share. */
export const describeSharedJobs = (name: string, open: OpenTwo): void => {
  describe(`${name} as a jobs store of several processes`, () => {
    const clock = new FakeClock()
    let stores: readonly [JobsStore, JobsStore]
    beforeEach(async () => {
      stores = await open(clock)
    })
    afterEach(() => Promise.all(stores.map((store) => store.close())))
    const now = () => clock.now()
    const subjectsOf = (i: number) => stores[i % 2 === 0 ? 0 : 1].subjects
    const wanted = async (key: Key) => (await stores[1].subjects.get(key))?.wanted

    it('shows each what the other wrote', async () => {
      await ask(stores[0].subjects, ENTRY, 'd1', now())
      expect(await wanted(ENTRY)).toBe(1)
      expect(await stores[1].subjects.due(now(), 10)).toEqual([ENTRY])
      expect((await stores[1].history.deliveries({ limit: 10 })).map(({ id }) => id)).toEqual(['d1'])
      expect(await ask(stores[1].subjects, ENTRY, 'd1', now())).toBe('seen')
    })

    it('records a delivery once that comes to both at the same moment', async () => {
      const answers = await Promise.all(numbers(6).map((i) => ask(subjectsOf(i), ENTRY, 'd1', now())))
      expect(answers.filter((answer) => answer === 'new')).toHaveLength(1)
      expect(await wanted(ENTRY)).toBe(1)
    })

    it('loses no touch of one subject', async () => {
      const answers = await Promise.all(numbers(20).map((i) => ask(subjectsOf(i), ENTRY, `d${i}`, now())))
      expect(new Set(answers)).toEqual(new Set(['new']))
      expect(await wanted(ENTRY)).toBe(20)
    })

    it('loses no change among changes and deliveries of one subject, and applies each once', async () => {
      await ask(stores[0].subjects, ENTRY, 'd', now())
      await Promise.all(
        numbers(20).map(async (i) => {
          if (i % 4 === 0) await ask(subjectsOf(i / 4), ENTRY, `d${i}`, now())
          else await subjectsOf(i).change(ENTRY, (s) => ({ ...s, state: { count: countOf(s.state) + 1 } }))
        }),
      )
      expect(await stores[0].subjects.get(ENTRY)).toMatchObject({ wanted: 6, state: { count: 15 } })
    })

    it('gives a subject to one of many who claim it at once', async () => {
      await ask(stores[0].subjects, ENTRY, 'd1', now())
      const claims = await Promise.all(
        numbers(10).map((i) => claimNow(subjectsOf(i), ENTRY, now(), `run-${i}`)),
      )
      const [claimed, ...others] = claims.filter((claim) => claim !== null)
      expect(others).toEqual([])
      expect((await stores[1].subjects.get(ENTRY))?.run?.id).toBe(claimed?.run.id)
    })

    it('refuses the steps of a run that the other process took over, and keeps the order of both', async () => {
      const step = (name: string) => ({ name, at: now(), ms: 1, result: null })
      await ask(stores[0].subjects, ENTRY, 'd1', now())
      const old = (await claimNow(stores[0].subjects, ENTRY, now()))!.run
      await stores[0].journal.append(ENTRY, old, [step('first')])
      const taken = (await claimNow(stores[1].subjects, ENTRY, now() + 30_000))!.run
      await stores[1].journal.append(ENTRY, taken, [step('second')])
      const late = stores[0].journal.append(ENTRY, old, [step('late')])
      await expect(late).rejects.toMatchObject({ code: 'jobs.fenced' })
      await stores[1].journal.append(ENTRY, taken, [step('third')])
      const steps = await stores[0].journal.steps(old.id)
      expect(steps.map(({ name }) => name)).toEqual(['first', 'second', 'third'])
    })

    it('touches a watcher once for each announcement of both', async () => {
      const d = delivery('c', now())
      await stores[0].subjects.record(d, [touching(CANVAS, d, { watch: [ENTRY] })])
      await Promise.all(numbers(12).map((i) => ask(subjectsOf(i), ENTRY, `d${i}`, now())))
      expect(await wanted(CANVAS)).toBe(13)
    })

    it('touches whoever watches before the announcement, even in the moment it begins to', async () => {
      for (const i of numbers(8)) {
        const canvas: Key = `canvas:cnvs_${i}`
        await ask(stores[0].subjects, canvas, `c${i}`, now())
        let watched = false
        const watching = stores[0].subjects.watch(canvas, [ENTRY]).then(() => {
          watched = true
        })
        const before: boolean[] = []
        for (const j of numbers(4)) {
          before.push(watched)
          await ask(stores[1].subjects, ENTRY, `d${i}-${j}`, now())
        }
        await watching
        const owed = before.filter(Boolean).length
        expect(await wanted(canvas)).toBeGreaterThanOrEqual(1 + owed)
        await stores[1].subjects.unwatch(canvas, [ENTRY])
        const then = await wanted(canvas)
        await ask(stores[0].subjects, ENTRY, `e${i}`, now())
        expect(await wanted(canvas)).toBe(then)
      }
    })

    it('loses nobody among many who begin and end to watch at once', async () => {
      const canvases = numbers(12).map((i): Key => `canvas:cnvs_${i}`)
      await stores[0].subjects.watch('canvas:old', [ENTRY])
      await Promise.all([
        ...canvases.map((key, i) => subjectsOf(i).watch(key, [ENTRY])),
        stores[1].subjects.unwatch('canvas:old', [ENTRY]),
      ])
      expect((await stores[0].subjects.watching(ENTRY)).toSorted()).toEqual(canvases.toSorted())
    })
  })
}

const countOf = (state: unknown): number => (state as { count?: number }).count ?? 0
