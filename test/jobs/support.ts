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
export const until = async (what: () => unknown, turns = 5_000): Promise<void> => {
  for (let i = 0; i < turns; i++) {
    if (await what()) return
    await new Promise((resolve) => setImmediate(resolve))
  }
  throw new Error(`This never happened: ${what}`)
}

/** Lets everything that needs no time come to rest. */
export const settle = async (turns = 30): Promise<void> => {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
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
