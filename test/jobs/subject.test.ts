import { describe, expect, it } from 'vitest'
import type { Cause, Run, Subject } from '../../src/jobs/ports.ts'
import {
  bury,
  claim,
  finish,
  isDue,
  MAX_CAUSES,
  newSubject,
  postpone,
  press,
  release,
  renewExport,
  renewLease,
  statusOf,
  touch,
  touchWatcher,
  WATCH_THROTTLE_MS,
} from '../../src/jobs/subject.ts'

const cause = (delivery: string, type = 'v2.entry.updated.fields'): Cause => ({
  delivery,
  type,
  at: 0,
  by: null,
})
const fresh = newSubject('entry:etr_1', 'state')
const asked = touch(fresh, cause('d1'))
const claimed = (subject: Subject<string>, now: number, newRunId = `run-${now}`) => {
  const after = claim(subject, { now, owner: 'a', leaseMs: 100, newRunId })
  if (!after?.run) throw new Error('nothing to claim')
  return { subject: after, run: after.run as Run }
}

describe('a subject', () => {
  it('is idle until somebody asks', () => {
    expect(statusOf(fresh, 0)).toBe('idle')
    expect(claim(fresh, { now: 0, owner: 'a', leaseMs: 100, newRunId: 'r' })).toBeNull()
    expect(statusOf(asked, 0)).toBe('queued')
  })

  it('gives the causes of all it covers to the run that is claimed', () => {
    const { subject, run } = claimed(touch(asked, cause('d2')), 5)
    expect(run.causes.map((c) => c.delivery)).toEqual(['d1', 'd2'])
    expect(run).toMatchObject({
      id: 'run-5',
      covers: 2,
      forced: false,
      attempt: 0,
      leaseUntil: 105,
      fence: 1,
    })
    expect(subject.causes).toEqual([])
    expect(statusOf(subject, 5)).toBe('running')
  })

  it('is claimed by nobody else while its lease lasts', () => {
    const { subject, run } = claimed(asked, 0)
    expect(isDue(touch(subject, cause('d2')), 99)).toBe(false)
    const renewed = renewLease(subject, run, { now: 90, leaseMs: 100 })
    expect(isDue(renewed, 189)).toBe(false)
    expect(isDue(renewed, 190)).toBe(true)
  })

  it('makes one more run of everything that piles up during a run', () => {
    const { subject, run } = claimed(asked, 0)
    const piled = [2, 3, 4].reduce((s, n) => touch(s, cause(`d${n}`)), subject)
    const done = finish(piled, run, { now: 10, state: 'new' })
    expect(done).toMatchObject({ done: 1, wanted: 4, run: null, state: 'new', finishedAt: 10 })
    const next = claimed(done, 11)
    expect(next.run).toMatchObject({ covers: 4, forced: false })
    expect(finish(next.subject, next.run, { now: 12, state: 'x' })).toMatchObject({ done: 4, wanted: 4 })
  })

  it('makes one more forced run of a press during a run', () => {
    const { subject, run } = claimed(asked, 0)
    const pressed = press(subject, cause('p', 'v2.canvas.userInteracted'))
    const after = finish(pressed, run, { now: 10, state: 'x' })
    expect(isDue(after, 10)).toBe(true)
    expect(claimed(after, 10).run).toMatchObject({ covers: 2, forced: true })
  })

  it('goes on with the same run after a crash, a release or a back-off', () => {
    const { subject, run } = claimed(asked, 0)
    const crashed = claimed(subject, 100, 'other')
    expect(crashed.run).toMatchObject({ id: run.id, attempt: 0, fence: 2, startedAt: 0, causes: run.causes })
    const released = release(crashed.subject, crashed.run)
    expect(statusOf(released, 100)).toBe('queued')
    const again = claimed(released, 100, 'other')
    expect(again.run).toMatchObject({ id: run.id, attempt: 0 })
    const later = postpone(again.subject, again.run, { dueAt: 500, state: 'failed once' })
    expect(statusOf(later, 100)).toBe('retrying')
    expect(isDue(later, 499)).toBe(false)
    expect(claimed(later, 500, 'other').run).toMatchObject({ id: run.id, attempt: 1 })
  })

  it('begins a fresh run with the causes of both when something newer was asked for since', () => {
    const { subject, run } = claimed(asked, 0)
    const released = touch(release(subject, run), cause('d2'))
    const next = claimed(released, 1, 'fresh')
    expect(next.run).toMatchObject({ id: 'fresh', covers: 2, startedAt: 1 })
    expect(next.run.causes.map((c) => c.delivery)).toEqual(['d1', 'd2'])
  })

  it('lets an event wait for the end of a back-off, a press not', () => {
    const { subject, run } = claimed(asked, 0)
    const waiting = postpone(subject, run, { dueAt: 500, state: 'x' })
    expect(isDue(touch(waiting, cause('d2')), 499)).toBe(false)
    const pressed = press(waiting, cause('p'))
    expect(isDue(pressed, 0)).toBe(true)
    expect(statusOf(pressed, 0)).toBe('queued')
    expect(claimed(pressed, 0, 'fresh').run).toMatchObject({ id: 'fresh', forced: true, attempt: 0 })
  })

  it('does not delay a press that came during a run that then fails', () => {
    const { subject, run } = claimed(asked, 0)
    const failed = postpone(press(subject, cause('p')), run, { dueAt: 500, state: 'x' })
    expect(isDue(failed, 0)).toBe(true)
  })

  it('counts no attempt while it waits for configuration', () => {
    const { subject, run } = claimed(asked, 0)
    const waiting = postpone(subject, run, { dueAt: 500, state: 'x', counts: false })
    expect(waiting.run?.attempt).toBe(0)
    expect(statusOf(waiting, 0)).toBe('retrying')
  })

  it('counts new exports in the same run', () => {
    const { subject, run } = claimed(asked, 0)
    const renewed = claimed(renewExport(subject, run, { dueAt: 5, state: 'x' }), 5)
    expect(renewed.run).toMatchObject({ id: run.id, attempt: 1, renewals: 1 })
  })

  it('is done with a buried run, and open for what was asked since', () => {
    const { subject, run } = claimed(asked, 0)
    expect(statusOf(bury(subject, run, { now: 1, state: 'x' }), 1)).toBe('idle')
    expect(statusOf(bury(touch(subject, cause('d2')), run, { now: 1, state: 'x' }), 1)).toBe('queued')
  })

  it.each<[string, (s: Subject<string>, r: Run) => unknown]>([
    ['renew its lease', (s, r) => renewLease(s, r, { now: 0, leaseMs: 1 })],
    ['finish', (s, r) => finish(s, r, { now: 0, state: 'x' })],
    ['be buried', (s, r) => bury(s, r, { now: 0, state: 'x' })],
    ['be released', (s, r) => release(s, r)],
    ['be postponed', (s, r) => postpone(s, r, { dueAt: 0, state: 'x' })],
    ['ask for a new export', (s, r) => renewExport(s, r, { dueAt: 0, state: 'x' })],
  ])('does not let a run that was taken over %s', (_, write) => {
    const old = claimed(asked, 0)
    const taken = claimed(old.subject, 100)
    expect(() => write(taken.subject, old.run)).toThrow(expect.objectContaining({ code: 'jobs.fenced' }))
    expect(() => write(release(taken.subject, taken.run), taken.run)).toThrow('jobs.fenced')
  })

  it('keeps the newest causes only, and one of those that repeat', () => {
    const many = Array.from({ length: 12 }, (_, i) => i).reduce((s, i) => touch(s, cause(`d${i}`)), fresh)
    expect(many.causes.map((c) => c.delivery)).toEqual(['d4', 'd5', 'd6', 'd7', 'd8', 'd9', 'd10', 'd11'])
    expect(many.causes).toHaveLength(MAX_CAUSES)
    const watched = [1, 2, 3].reduce((s, at) => touchWatcher(s, 'entry:etr_9', at), asked)
    expect(watched.causes).toEqual([
      cause('d1'),
      { delivery: 'watch:entry:etr_9', type: 'watch', at: 3, by: null },
    ])
  })
})

describe('the throttle of a watching subject', () => {
  const drawn = (() => {
    const { subject, run } = claimed(asked, 0)
    return finish(subject, run, { now: 1000, state: 'x' })
  })()

  it('draws at once the first time, then a second after the last run', () => {
    expect(isDue(touchWatcher(fresh, 'entry:etr_9', 0), 0)).toBe(true)
    const again = touchWatcher(drawn, 'entry:etr_9', 1001)
    expect(isDue(again, 1999)).toBe(false)
    expect(isDue(again, 2000)).toBe(true)
    expect(isDue(touchWatcher(again, 'entry:etr_9', 1900), 2000)).toBe(true)
  })

  it('waits a second at most when the clock was set back meanwhile', () => {
    expect(isDue(touchWatcher({ ...drawn, finishedAt: 3_600_000 }, 'entry:etr_9', 500), 1500)).toBe(true)
  })

  it('counts from the end of the run during which it was touched', () => {
    const running = claimed(touch(drawn, cause('d')), 3000)
    const during = touchWatcher(running.subject, 'entry:etr_9', 3001)
    const ended = finish(during, running.run, { now: 3500, state: 'x' })
    expect(isDue(ended, 3499 + WATCH_THROTTLE_MS)).toBe(false)
    expect(isDue(ended, 3500 + WATCH_THROTTLE_MS)).toBe(true)
  })

  it('never delays a press or an event, whichever comes first', () => {
    const throttled = touchWatcher(drawn, 'entry:etr_9', 1001)
    expect(isDue(press(throttled, cause('p')), 1001)).toBe(true)
    expect(isDue(touch(throttled, cause('d')), 1001)).toBe(true)
    expect(isDue(touchWatcher(press(drawn, cause('p')), 'entry:etr_9', 1001), 1001)).toBe(true)
    const running = claimed(touch(drawn, cause('d')), 3000)
    const both = touchWatcher(press(running.subject, cause('p')), 'entry:etr_9', 3001)
    expect(isDue(finish(both, running.run, { now: 3500, state: 'x' }), 3500)).toBe(true)
  })
})
