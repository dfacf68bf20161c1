import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { Figures } from '../../src/base/metrics-figures.ts'
import type { ActivityListener } from '../../src/jobs/activity.ts'
import { localBell } from '../../src/local/bell.ts'
import { openSqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { measureWork } from '../../src/service/measure-work.ts'
import { ask } from '../jobs/support.ts'
import { gate, Stage } from '../jobs/worker-harness.ts'
import { FakeClock } from '../support/clock.ts'
import { figureOf } from '../support/figures.ts'

const KEY = 'entry:etr_1'
let stage: Stage
let figures: Figures

beforeEach(() => {
  const clock = new FakeClock()
  stage = new Stage(clock, openSqliteJobs(':memory:', { clock }), localBell())
  figures = new Figures()
})

afterEach(() => stage.close())

const ended = (outcome: string) => figureOf(figures, 'runs_ended', { kind: 'entry', outcome })
const waited = () => figureOf(figures, 'work_wait_seconds', { kind: 'entry' })

describe('how long work waited', () => {
  test('is counted from its oldest event to the begin of its run, once', async () => {
    let failing = true
    const worker = stage.worker({
      entry: async () => {
        if (failing) throw new Fault('store.unavailable')
        return undefined
      },
    })
    measureWork(worker.activity, figures)
    const { subjects } = stage.store
    await ask(subjects, KEY, 'w1', stage.clock.now() - 60_000)
    await ask(subjects, KEY, 'w2', stage.clock.now())
    await stage.pass(2_000)
    expect(waited()).toMatchObject({ count: 1 })
    expect(Math.round((waited() as { sum: number }).sum)).toBeGreaterThanOrEqual(60)
    expect((waited() as { sum: number }).sum).toBeLessThan(63)
    failing = false
    await stage.pass(20_000)
    expect(ended('failed')).toBe(1)
    expect(ended('done')).toBe(1)
    expect(figureOf(figures, 'runs_begun', { kind: 'entry' })).toBe(2)
    expect(waited()).toMatchObject({ count: 1 })
  })

  test('is never less than nothing, when the clock of another is ahead', async () => {
    const worker = stage.worker({})
    measureWork(worker.activity, figures)
    await ask(stage.store.subjects, KEY, 'w1', stage.clock.now() + 3_600_000)
    await stage.pass(4_000)
    expect(waited()).toEqual({ sum: 0, count: 1 })
  })
})

describe('attempts', () => {
  test('that fail, are buried and are given back are told apart, with codes and durations', async () => {
    const { opened } = gate()
    const faults: (Fault | Promise<void>)[] = [
      new Fault('store.unavailable'),
      new Fault('package.foreign'),
      opened,
    ]
    const worker = stage.worker({
      entry: async ({ signal }) => {
        const next = faults.shift()
        if (next instanceof Fault) throw next
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        return undefined
      },
    })
    measureWork(worker.activity, figures)
    await stage.event(KEY, 'w1')
    await stage.pass(10_000)
    await stage.event(KEY, 'w2')
    await stage.pass(5_000)
    const drained = worker.drain(0)
    await stage.pass(1_000)
    await drained
    expect(['failed', 'buried', 'released', 'done'].map(ended)).toEqual([1, 1, 1, undefined])
    const fault = (code: string) => figureOf(figures, 'run_faults', { kind: 'entry', code })
    expect(fault('store.unavailable')).toBe(1)
    expect(fault('package.foreign')).toBe(1)
    expect(figureOf(figures, 'run_seconds', { kind: 'entry' })).toMatchObject({ count: 3 })
    expect(
      (figureOf(figures, 'run_seconds', { kind: 'entry' }) as { sum: number }).sum,
    ).toBeGreaterThanOrEqual(5)
  })
})

describe('what is told of runs', () => {
  const told = () => {
    let tell: ActivityListener = () => {}
    measureWork((listener) => {
      tell = listener
      return () => {}
    }, figures)
    return (more: Partial<Parameters<ActivityListener>[0]>) =>
      tell({ at: 0, key: KEY, run: 'r', kind: 'done', ...more })
  }

  test('counts files and bytes of what was published, and only that', () => {
    const tell = told()
    tell({ summary: { status: 'published', files: 3, bytes: 300, archiveBytes: 100 } })
    tell({ summary: { status: 'unchanged', files: 3, bytes: 300, archiveBytes: 120 } })
    tell({ summary: { status: 'unchanged', files: 3, bytes: 300 } })
    tell({ key: 'canvas:c', summary: { status: 'published', files: 9, bytes: 9 } })
    expect(figureOf(figures, 'packages', { status: 'published' })).toBe(1)
    expect(figureOf(figures, 'packages', { status: 'unchanged' })).toBe(2)
    expect(figureOf(figures, 'published_files')).toBe(3)
    expect(figureOf(figures, 'published_bytes')).toBe(300)
    expect(figureOf(figures, 'archive_bytes')).toEqual({ sum: 220, count: 2 })
  })

  test('counts steps by their name, an export that began anew among the exports', () => {
    const tell = told()
    tell({ kind: 'step', step: 'export', ms: 1_500 })
    tell({ kind: 'step', step: 'export 0123456789abcdef', ms: 500 })
    tell({ kind: 'step', step: 'publish', ms: 0 })
    tell({ kind: 'step', step: 'something else', ms: 0 })
    expect(figureOf(figures, 'step_seconds', { step: 'export' })).toEqual({ sum: 2, count: 2 })
    expect(figureOf(figures, 'step_seconds', { step: 'publish' })).toEqual({ sum: 0, count: 1 })
    expect(figures.totals().filter(({ name }) => name === 'step_seconds')).toHaveLength(2)
  })
})
