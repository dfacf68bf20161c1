import type { Cause, Delivery, Key, Run, Subject, Touch } from '../../../src/jobs/ports.ts'
import { isDue, isHeldBy, newSubject, press, touch, touchWatcher } from '../../../src/jobs/subject.ts'
import type { OpenJobs } from '../support.ts'

export const KEY: Key = 'entry:etr_1'
/** Whatever happens to it touches our subject. */
export const WATCHED: Key = 'entry:etr_2'

/** One subject somewhere, as commands see it. */
export interface RealSubject {
  setTime(now: number): void
  ask(cause: Cause, how: 'touch' | 'press'): Promise<'new' | 'seen'>
  /** Something happens to what the subject watches. */
  happens(cause: Cause): Promise<void>
  change(f: (subject: Subject) => Subject | null): Promise<Subject | null>
  get(): Promise<Subject>
  isDueAt(time: number): Promise<boolean>
  append(run: Run, step: string): Promise<void>
  steps(runId: string): Promise<string[]>
  close(): Promise<void>
}

/** The pure functions alone. */
export const pureSubject = async (): Promise<RealSubject> => {
  let subject = newSubject(KEY, '') as Subject
  let now = 0
  const seen = new Set<string>()
  const journal = new Map<string, string[]>()
  return {
    setTime: (to) => {
      now = to
    },
    ask: async (cause, how) => {
      if (seen.has(cause.delivery)) return 'seen'
      seen.add(cause.delivery)
      subject = how === 'press' ? press(subject, cause) : touch(subject, cause)
      return 'new'
    },
    happens: async () => {
      subject = touchWatcher(subject, WATCHED, now)
    },
    change: async (f) => {
      const after = f(subject)
      if (after) subject = after
      return after
    },
    get: async () => subject,
    isDueAt: async (time) => isDue(subject, time),
    append: async (run, step) => {
      if (!isHeldBy(subject.run, run)) throw Object.assign(new Error('jobs.fenced'), { code: 'jobs.fenced' })
      journal.set(run.id, [...(journal.get(run.id) ?? []), step])
    },
    steps: async (runId) => journal.get(runId) ?? [],
    close: async () => {},
  }
}

/** The records in a store. */
export const storedSubject = async (open: OpenJobs): Promise<RealSubject> => {
  let now = 0
  const sleep = () => Promise.reject(new Error('nothing here waits for time'))
  const { subjects, journal, close } = await open({ now: () => now, sleep })
  const delivery = ({ delivery: id, type, at }: Cause): Delivery => ({
    id,
    type,
    receivedAt: at,
    outcome: 'accepted',
    facts: {},
  })
  const touching = (key: Key, change: Touch['change']): Touch => ({ key, initial: '', change })
  // A subject exists once something asked for it; this one is made without asking for anything.
  await subjects.record(delivery({ delivery: 'made', type: 't', at: 0, by: null }), [touching(KEY, (s) => s)])
  await subjects.watch(KEY, [WATCHED])
  return {
    setTime: (to) => {
      now = to
    },
    ask: (cause, how) =>
      subjects.record(delivery(cause), [
        touching(KEY, (subject) => (how === 'press' ? press(subject, cause) : touch(subject, cause))),
      ]),
    happens: async (cause) => {
      await subjects.record(delivery(cause), [touching(WATCHED, (subject) => touch(subject, cause))])
    },
    change: (f) => subjects.change(KEY, f),
    get: async () => (await subjects.get(KEY)) as Subject,
    isDueAt: async (time) => (await subjects.due(time, 10, 'entry')).includes(KEY),
    append: (run, name) => journal.append(KEY, run, [{ name, at: now, ms: 0, result: null }]),
    steps: async (runId) => (await journal.steps(runId)).map(({ name }) => name),
    close,
  }
}
