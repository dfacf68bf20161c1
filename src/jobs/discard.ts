import { asFault } from '../base/fault.ts'
import { faultFields } from '../base/log.ts'
import { asleep } from './asleep.ts'
import type { JobKind, Run } from './ports.ts'
import type { RunContext } from './run-context.ts'
import { RunSteps } from './steps.ts'

/** A clean-up that takes longer is given up: the end of the run matters more. */
export const DISCARD_MS = 60_000

/**
 * Removes what this run made and nobody will need, before its end is written: after a crash in between the run goes on,
 * finds its marks void, and comes here again. What goes wrong is logged and keeps no run from its end.
 */
export const discardRun = async (c: RunContext, kind: JobKind): Promise<void> => {
  if (kind.discard) await discard(c, kind, c.run, true).catch(unlessFenced)
}

/** The same for runs that this one took the place of: nobody else knows them any more. Until it went well once. */
export const discardReplaced = async (c: RunContext, kind: JobKind, steps: RunSteps): Promise<void> => {
  const replaced = c.run.replaces ?? []
  if (!kind.discard || replaced.length === 0) return
  const work = async () => {
    for (const run of replaced) await discard(c, kind, { ...c.run, ...run }, false)
    return replaced.length
  }
  await steps.once('discard replaced', work).catch(unlessFenced)
}

const unlessFenced = (thrown: unknown): void => {
  if (asFault(thrown).code === 'jobs.fenced') throw thrown
}

const discard = async (c: RunContext, kind: JobKind, run: Run, held: boolean): Promise<void> => {
  const late = new AbortController()
  const over = new AbortController()
  void asleep(c.clock, DISCARD_MS, over.signal).then((due) => {
    if (due) late.abort(new Error('the clean-up took too long'))
  })
  try {
    const hooks = { onStep: () => {}, onFenced: () => c.stop.stop('lease') }
    const steps = await RunSteps.open({ ...c, run, hooks })
    await kind.discard?.({ run: run.id, steps, held, signal: late.signal, log: c.log })
  } catch (thrown) {
    c.log.warn(faultFields(asFault(thrown)), 'what a run left behind could not be removed')
    throw thrown
  } finally {
    over.abort()
  }
}
