import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { createLog } from '../../src/base/log.ts'
import { Figures } from '../../src/base/metrics-figures.ts'
import type { Key } from '../../src/jobs/ports.ts'
import { LOOK_EVERY_MS, watchQueue } from '../../src/jobs/queue-age.ts'
import { claim } from '../../src/jobs/subject.ts'
import { openSqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { FakeClock } from '../support/clock.ts'
import { figureOf } from '../support/figures.ts'
import { ask } from './support.ts'

const open = (fails: () => boolean = () => false) => {
  const clock = new FakeClock()
  const { subjects } = openSqliteJobs(':memory:', { clock })
  const figures = new Figures()
  const lines: string[] = []
  const log = createLog('info', { write: (line: string) => void lines.push(line) })
  const due: typeof subjects.due = async (...of) => {
    if (fails()) throw new Fault('jobs.store_unavailable')
    return subjects.due(...of)
  }
  const signal = new AbortController()
  const ended = watchQueue(
    { subjects: { due, get: (key) => subjects.get(key) }, clock, log, metrics: figures },
    signal.signal,
  )
  const queue = () => [figureOf(figures, 'open_work'), figureOf(figures, 'queue_age_seconds')]
  return { clock, subjects, queue, lines, signal, ended }
}

const take = (key: Key, clock: FakeClock) => ({
  now: clock.now(),
  owner: 'somebody',
  leaseMs: 600_000,
  newRunId: `run-of-${key}`,
})

describe('the age of the queue', () => {
  test('is that of the event behind the work which waits longest, and grows until it is begun', async () => {
    const { clock, subjects, queue } = open()
    await clock.advance(0)
    expect(queue()).toEqual([0, 0])
    await ask(subjects, 'entry:etr_1', 'w1', clock.now() - 5_000)
    await ask(subjects, 'entry:etr_2', 'w2', clock.now())
    await clock.advance(LOOK_EVERY_MS)
    expect(queue()).toEqual([2, 5 + LOOK_EVERY_MS / 1_000])
    // between two looks, too
    await clock.advance(10_000)
    expect(queue()).toEqual([2, 15 + LOOK_EVERY_MS / 1_000])
    await subjects.change('entry:etr_1', (subject) => claim(subject, take('entry:etr_1', clock)))
    await clock.advance(LOOK_EVERY_MS)
    expect(queue()).toEqual([1, 10 + (2 * LOOK_EVERY_MS) / 1_000])
    await subjects.change('entry:etr_2', (subject) => claim(subject, take('entry:etr_2', clock)))
    await clock.advance(LOOK_EVERY_MS)
    expect(queue()).toEqual([0, 0])
  })

  test('is that of the event, too, when a run is left over from a crash', async () => {
    const { clock, subjects, queue } = open()
    await ask(subjects, 'entry:etr_1', 'w1', clock.now())
    await subjects.change('entry:etr_1', (subject) =>
      claim(subject, { ...take('entry:etr_1', clock), leaseMs: LOOK_EVERY_MS }),
    )
    await clock.advance(2 * LOOK_EVERY_MS)
    expect(queue()).toEqual([1, (2 * LOOK_EVERY_MS) / 1_000])
  })

  test('is not known while the records cannot be read', async () => {
    let away = false
    const { clock, subjects, queue, lines } = open(() => away)
    await ask(subjects, 'entry:etr_1', 'w1', clock.now())
    await clock.advance(LOOK_EVERY_MS)
    expect(queue()).toEqual([1, LOOK_EVERY_MS / 1_000])
    away = true
    await clock.advance(LOOK_EVERY_MS)
    expect(queue()).toEqual([undefined, undefined])
    expect(lines.join()).toContain('the age of the queue is not known')
    away = false
    await clock.advance(LOOK_EVERY_MS)
    expect(queue()).toEqual([1, (3 * LOOK_EVERY_MS) / 1_000])
  })

  test('is looked at no more when the service stops', async () => {
    const { clock, signal, ended } = open()
    await clock.advance(0)
    signal.abort()
    await ended
    expect(clock.sleeping).toBe(0)
  })
})
