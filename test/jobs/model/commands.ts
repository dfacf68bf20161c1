import fc from 'fast-check'
import { expect } from 'vitest'
import type { Cause, Run, Subject } from '../../../src/jobs/ports.ts'
import {
  bury,
  claim,
  finish,
  postpone,
  release,
  renewExport,
  renewLease,
  statusOf,
  writeState,
} from '../../../src/jobs/subject.ts'
import { type RealSubject, WATCHED } from './real-subject.ts'
import { LEASE_MS, type SubjectModel } from './subject-model.ts'

/** The real thing, and the claims that workers were given: a worker may come back with an old one at any time. */
export type Real = { readonly subject: RealSubject; readonly claims: { run: Run; claim: number }[] }

type Command = fc.AsyncCommand<SubjectModel, Real>

/** A command: what it does to both, and then that both still say the same. */
const command = (
  name: string,
  run: (m: SubjectModel, r: Real) => Promise<void>,
  check?: (m: Readonly<SubjectModel>) => boolean,
): Command => ({
  check: (m) => check?.(m) ?? true,
  run: async (m, r) => {
    await run(m, r)
    await agree(m, r)
  },
  toString: () => name,
})

const agree = async (m: SubjectModel, { subject }: Real): Promise<void> => {
  const its = await subject.get()
  const { wanted, pressed, done, run, finishedAt, state } = its
  const status = statusOf(its, m.now)
  const said = {
    wanted,
    pressed,
    done,
    finishedAt,
    state,
    run: run && view(run),
    due: await Promise.all(around(m).map((time) => subject.isDueAt(time))),
    running: status === 'running',
    idle: status === 'idle',
  }
  expect(said).toEqual({
    wanted: m.wanted,
    pressed: m.pressed,
    done: m.done,
    finishedAt: m.finishedAt,
    state: '',
    run: m.run && expected(m.run),
    due: around(m).map((time) => time >= m.claimableFrom),
    running: m.run?.held != null && m.run.held.until > m.now,
    idle: m.wanted === m.done,
  })
}

/** Now, long ago, much later, and right before and at the time that decides. */
const around = ({ now, claimableFrom: at }: SubjectModel): number[] => [
  now,
  0,
  now + 1_000_000,
  ...(Number.isFinite(at) ? [at - 1, at] : []),
]

const view = (run: Run) => ({
  id: run.id,
  covers: run.covers,
  forced: run.forced,
  attempt: run.attempt,
  renewals: run.renewals,
  causes: run.causes,
  replaces: (run.replaces ?? []).map(({ id }) => id),
  leaseUntil: run.leaseUntil,
})

const expected = (run: NonNullable<SubjectModel['run']>) => ({
  id: run.id,
  covers: run.covers,
  forced: run.forced,
  attempt: run.attempt,
  renewals: run.renewals,
  causes: run.causes,
  replaces: run.replaces,
  leaseUntil: run.held?.until ?? null,
})

const causeOf = (delivery: string, m: SubjectModel): Cause => ({ delivery, type: 't', at: m.now, by: null })

/** A delivery, new or come again, asks for a generation, once. */
const ask = (how: 'touch' | 'press', delivery: string): Command =>
  command(`${how} ${delivery}`, async (m, { subject }) => {
    const cause = causeOf(delivery, m)
    const isNew = !m.deliveries.has(delivery)
    expect(await subject.ask(cause, how)).toBe(isNew ? 'new' : 'seen')
    if (isNew) m[how](cause)
    m.deliveries.add(delivery)
  })

const happens = (delivery: string): Command =>
  command(
    `something watched happens ${delivery}`,
    async (m, { subject }) => {
      await subject.happens(causeOf(delivery, m))
      m.watched({ delivery: `watch:${WATCHED}`, type: 'watch', at: m.now, by: null })
      m.deliveries.add(delivery)
    },
    (m) => !m.deliveries.has(delivery),
  )

const tryClaim = (newRunId: string): Command =>
  command(`claim ${newRunId}`, async (m, r) => {
    const by = { now: m.now, owner: 'w', leaseMs: LEASE_MS, newRunId: `${newRunId}-${m.claims}` }
    const after = await r.subject.change((subject) => claim(subject, by))
    expect(after !== null).toBe(m.claimable)
    if (!after?.run) return
    const run = m.claimed(by.newRunId)
    r.claims.push({ run: after.run, claim: run.claim })
    expect(await r.subject.steps(after.run.id)).toEqual(run.steps)
  })

type Write = {
  name: string
  real: (s: Subject, run: Run, m: SubjectModel) => Subject
  model: (m: SubjectModel) => void
}

const writeOf = (name: string, wait: number, counts: boolean): Write => {
  const to = (m: SubjectModel) => ({ dueAt: m.now + wait, state: '', counts })
  const writes: Record<string, Omit<Write, 'name'>> = {
    finish: { real: (s, run, m) => finish(s, run, { now: m.now, state: '' }), model: (m) => m.end() },
    bury: { real: (s, run, m) => bury(s, run, { now: m.now, state: '' }), model: (m) => m.end() },
    release: { real: (s, run) => release(s, run), model: (m) => m.release() },
    renewLease: {
      real: (s, run, m) => renewLease(s, run, { now: m.now, leaseMs: LEASE_MS }),
      model: (m) => m.renewLease(),
    },
    writeState: { real: (s, run) => writeState(s, run, () => ''), model: () => {} },
    postpone: {
      real: (s, run, m) => postpone(s, run, to(m)),
      model: (m) => m.postpone(m.now + wait, counts, false),
    },
    renewExport: {
      real: (s, run, m) => renewExport(s, run, to(m)),
      model: (m) => m.postpone(m.now + wait, counts, true),
    },
  }
  return { name, ...writes[name]! }
}

/** A worker writes with a claim it was given, the last one or an older: only the one that holds the run may. */
const write = (name: string, back: number, wait: number, counts: boolean): Command => {
  const { real, model } = writeOf(name, wait, counts)
  return command(
    `${name} with claim -${back} (${wait} ms, ${counts ? 'counts' : 'counts not'})`,
    async (m, r) => {
      const given = r.claims.at(-1 - back)
      if (!given) return
      const writing = r.subject.change((subject) => real(subject, given.run, m))
      if (!m.holds(given.claim)) return await expect(writing).rejects.toThrow('jobs.fenced')
      await writing
      model(m)
    },
    (m) => m.claims > back,
  )
}

const append = (step: string, back: number): Command =>
  command(
    `append ${step} with claim -${back}`,
    async (m, r) => {
      const given = r.claims.at(-1 - back)
      if (!given) return
      const writing = r.subject.append(given.run, step)
      if (!m.holds(given.claim)) return await expect(writing).rejects.toThrow('jobs.fenced')
      await writing
      m.run?.steps.push(step)
    },
    (m) => m.claims > back,
  )

/** Time passes, or the clock is set back. A run whose lease passes without a sign of life has crashed. */
const time = (ms: number): Command =>
  command(`${ms} ms`, async (m, { subject }) => {
    m.now += ms
    subject.setTime(m.now)
  })

const deliveryId = fc.integer({ min: 1, max: 30 }).map((n) => `d${n}`)
const backwards = fc.nat({ max: 3 }).map((n) => Math.max(0, n - 1))

export const subjectCommands = fc.commands(
  [
    fc
      .tuple(fc.constantFrom('touch' as const, 'press' as const), deliveryId)
      .map(([how, id]) => ask(how, id)),
    fc.noBias(fc.nat()).map((n) => happens(`w${n}`)),
    fc.noBias(fc.nat()).map((n) => happens(`w${n}`)),
    fc.constant('r').map(tryClaim),
    fc.constant('r').map(tryClaim),
    fc
      .tuple(
        fc.constantFrom('finish', 'bury', 'release', 'renewLease', 'writeState', 'postpone', 'renewExport'),
        backwards,
        fc.integer({ min: 0, max: 300 }),
        fc.boolean(),
      )
      .map((facts) => write(...facts)),
    fc.tuple(fc.nat({ max: 99 }), backwards).map(([n, back]) => append(`step ${n}`, back)),
    fc
      .oneof(
        { weight: 3, arbitrary: fc.integer({ min: 0, max: 120 }) },
        { weight: 2, arbitrary: fc.integer({ min: 900, max: 1_100 }) },
        { weight: 2, arbitrary: fc.integer({ min: -2_000, max: 0 }) },
      )
      .map(time),
  ],
  { maxCommands: 60, size: 'max' },
)

/** Nobody asks any more, nothing fails any more, and time goes on: how many runs it takes until all is done. */
export const settle = async (m: SubjectModel, r: Real): Promise<number> => {
  for (let runs = 0; ; runs++) {
    if (m.wanted === m.done) return runs
    expect(runs).toBeLessThan(3)
    await time(5_000).run(m, r)
    await tryClaim('settle').run(m, r)
    await write('finish', 0, 0, true).run(m, r)
  }
}
