import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Cause, Run, Subject } from '../../src/jobs/ports.ts'
import {
  bury,
  claim,
  finish,
  isDue,
  newSubject,
  postpone,
  press,
  release,
  renewExport,
  renewLease,
  touch,
  touchWatcher,
} from '../../src/jobs/subject.ts'

const LEASE_MS = 50

type Step =
  | { do: 'touch' | 'watch' | 'press' | 'claim' | 'renewLease' | 'release' | 'finish' | 'bury' | 'stale' }
  | { do: 'postpone' | 'renewExport'; wait: number; counts: boolean }
  | { do: 'time'; ms: number }

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Step>({ do: 'touch' }, { do: 'watch' }, { do: 'press' }) },
  { weight: 5, arbitrary: fc.constant<Step>({ do: 'claim' }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Step>(
      { do: 'finish' },
      { do: 'bury' },
      { do: 'release' },
      { do: 'renewLease' },
      { do: 'stale' },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('postpone' as const, 'renewExport' as const),
      wait: fc.integer({ min: 0, max: 300 }),
      counts: fc.boolean(),
    }),
  },
  // From a moment to well past a lease: a run whose time passes without a renewal has crashed.
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('time' as const), ms: fc.integer({ min: 0, max: 1500 }) }),
  },
)

/** The world around one subject, with a record of its own of who asked for what and who works. */
class World {
  now = 0
  subject: Subject<string> = newSubject('entry:etr_1', '')
  presses: number[] = []
  /** The run that may write, and until when nobody else may have it. */
  holder: { run: Run; until: number } | null = null
  past: Run[] = []
  ended: Run[] = []
  #count = 0

  cause(): Cause {
    return { delivery: `d${++this.#count}`, type: 't', at: this.now, by: null }
  }

  apply(s: Step): void {
    if (s.do === 'time') this.now += s.ms
    else if (s.do === 'touch') this.subject = touch(this.subject, this.cause())
    else if (s.do === 'watch') this.subject = touchWatcher(this.subject, 'entry:etr_2', this.now)
    else if (s.do === 'press') this.press()
    else if (s.do === 'claim') this.claim()
    else if (s.do === 'stale') this.stale()
    else this.write(s)
    this.check()
  }

  press(): void {
    const due = isDue(this.subject, this.now)
    this.subject = press(this.subject, this.cause())
    this.presses.push(this.subject.wanted)
    const held = this.holder !== null && this.holder.until > this.now
    expect(isDue(this.subject, this.now)).toBe(due || !held)
  }

  claim(): void {
    const before = this.subject
    const after = claim(before, {
      now: this.now,
      owner: 'w',
      leaseMs: LEASE_MS,
      newRunId: `r${++this.#count}`,
    })
    expect(after !== null).toBe(isDue(before, this.now))
    if (!after) return
    const run = after.run as Run
    expect(this.holder === null || this.holder.until <= this.now).toBe(true)
    expect(run.covers).toBe(before.wanted)
    expect(run.forced).toBe(this.presses.some((g) => g > before.done && g <= run.covers))
    expect(run.id === before.run?.id).toBe(before.run?.covers === before.wanted)
    const newest = before.causes.at(-1)
    if (newest) expect(run.causes).toContainEqual(newest)
    if (this.holder) this.past.push(this.holder.run)
    this.holder = { run, until: this.now + LEASE_MS }
    this.subject = after
  }

  write(s: Exclude<Step, { do: 'time' }>): void {
    if (!this.holder) return
    const { run } = this.holder
    if (s.do === 'renewLease') {
      this.subject = renewLease(this.subject, run, { now: this.now, leaseMs: LEASE_MS })
      this.holder = { run, until: this.now + LEASE_MS }
      return
    }
    const pressedSince = this.presses.some((g) => g > run.covers)
    if (s.do === 'release') this.subject = release(this.subject, run)
    else if (s.do === 'postpone' || s.do === 'renewExport') {
      const to = { dueAt: this.now + s.wait, state: '', counts: s.counts }
      this.subject = (s.do === 'postpone' ? postpone : renewExport)(this.subject, run, to)
      expect(isDue(this.subject, this.now)).toBe(pressedSince || s.wait === 0)
    } else {
      this.subject = (s.do === 'finish' ? finish : bury)(this.subject, run, { now: this.now, state: '' })
      this.ended.push(run)
      if (pressedSince) expect(isDue(this.subject, this.now)).toBe(true)
    }
    this.past.push(run)
    this.holder = null
  }

  stale(): void {
    for (const run of this.past) {
      expect(() => finish(this.subject, run, { now: this.now, state: '' })).toThrow('jobs.fenced')
    }
  }

  check(): void {
    const { wanted, pressed, done, run, fence } = this.subject
    expect(done).toBeLessThanOrEqual(wanted)
    expect(pressed).toBe(this.presses.at(-1) ?? 0)
    if (run) {
      expect(run.covers).toBeGreaterThan(done)
      expect(run.covers).toBeLessThanOrEqual(wanted)
      expect(run.fence).toBe(fence)
    }
  }

  /** Nobody asks any more and nothing fails any more. */
  settle(): void {
    for (let runs = 0; this.subject.wanted > this.subject.done; runs++) {
      expect(runs).toBeLessThan(4)
      this.now += 5000
      this.claim()
      this.write({ do: 'finish' })
    }
  }
}

describe('the machine of a subject, whatever happens to it', () => {
  it('runs once at a time, loses no press, never does more than was wanted, and covers everything in the end', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = new World()
        for (const s of steps) world.apply(s)
        world.settle()
        expect(world.subject.done).toBe(world.subject.wanted)
        const covered = world.ended.map((run) => run.covers)
        expect(covered).toEqual([...new Set(covered)].sort((a, b) => a - b))
        for (const generation of world.presses) {
          expect(world.ended.find((run) => run.covers >= generation)?.forced).toBe(true)
        }
      }),
      { numRuns: 400 },
    )
  })
})
