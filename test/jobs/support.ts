import type { Clock } from '../../src/base/clock.ts'
import type { JsonObject } from '../../src/base/json.ts'
import type {
  Bell,
  Cause,
  Delivery,
  History,
  Journal,
  Key,
  Run,
  Subject,
  Subjects,
  Touch,
} from '../../src/jobs/ports.ts'
import { claim, press, touch } from '../../src/jobs/subject.ts'
import type { FakeClock } from '../support/clock.ts'

/** What a jobs store gives; opened anew, empty, for each test. */
export type JobsStore = {
  readonly subjects: Subjects
  readonly journal: Journal
  readonly history: History
  close(): Promise<void>
}
export type OpenJobs = (clock: Clock) => Promise<JobsStore>

export const delivery = (id: string, receivedAt: number, more: Partial<Delivery> = {}): Delivery => ({
  id,
  receivedAt,
  type: 'v2.entry.updated.fields',
  outcome: 'accepted',
  facts: { entryId: 'etr_1' },
  ...more,
})

export const causeOf = (d: Delivery): Cause => ({ delivery: d.id, type: d.type, at: d.receivedAt, by: null })

export const NEW_STATE: JsonObject = { note: null }

export const touching = (key: Key, d: Delivery, more: Partial<Touch> = {}): Touch => ({
  key,
  initial: NEW_STATE,
  change: (subject) => touch(subject, causeOf(d)),
  ...more,
})

export const pressing = (key: Key, d: Delivery): Touch =>
  touching(key, d, { change: (subject) => press(subject, causeOf(d)) })

/** Records an event, or a press, for a key, as the door does it. */
export const ask = async (subjects: Subjects, key: Key, id: string, at: number, how = touching) => {
  const d = delivery(id, at)
  return subjects.record(d, [how(key, d)])
}

export const claimNow = async (
  subjects: Subjects,
  key: Key,
  now: number,
  newRunId = `run-${now}`,
): Promise<{ subject: Subject; run: Run } | null> => {
  const subject = await subjects.change(key, (s) =>
    claim(s, { now, owner: 'test', leaseMs: 30_000, newRunId }),
  )
  return subject?.run ? { subject, run: subject.run } : null
}

/** Waits, turn by turn of the event loop, for something that happens without time passing. */
export const until = async (what: () => unknown, withinMs = 10_000): Promise<void> => {
  const end = performance.now() + withinMs
  while (performance.now() < end) {
    if (await what()) return
    await turn()
  }
  throw new Error(`This never happened: ${what}`)
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Lets everything that needs no time come to rest. */
export const settle = async (turns = 30): Promise<void> => {
  for (let i = 0; i < turns; i++) await turn()
}

/** A store that tells when nothing of it is under way: its calls may leave the process, and take their own time. */
export const observed = (store: JobsStore) => {
  let underWay = 0
  let began = 0
  const watched = <T extends object>(of: T): T =>
    new Proxy(of, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>
        return async (...args: unknown[]) => {
          underWay++
          began++
          try {
            return await member.apply(target, args)
          } finally {
            underWay--
          }
        }
      },
    })
  /** Resolves after so many turns of the event loop in which no call was under way and none began. */
  const rest = async (turns: number): Promise<void> => {
    for (let quiet = 0, before = began; quiet < turns; before = began) {
      await turn()
      quiet = underWay > 0 || began > before ? 0 : quiet + 1
    }
  }
  const { subjects, journal, history } = store
  return {
    store: {
      subjects: watched(subjects),
      journal: watched(journal),
      history: watched(history),
      close: () => store.close(),
    },
    rest,
  }
}

/** A bell, opened anew for each test. */
export type OpenBell = (clock: FakeClock) => Promise<{ readonly bell: Bell; close(): Promise<void> }>

/** A bell that drops about half of its rings, the same ones in each run of a test. */
export const lossyBell = (bell: Bell, seed = 1): Bell => {
  let state = seed
  return {
    rings: bell.rings,
    ring: async (key, id) => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
      if (state > 1_073_741_824) await bell.ring(key, id)
    },
  }
}
