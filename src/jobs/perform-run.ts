import { asFault, Fault } from '../base/fault.ts'
import type { Json } from '../base/json.ts'
import { asleep } from './asleep.ts'
import { discardReplaced } from './discard.ts'
import { keepLease } from './lease.ts'
import type { Ended, Job, JobKind } from './ports.ts'
import { ProgressWriter } from './progress.ts'
import { announceChange, type RunContext } from './run-context.ts'
import { endDone, endFailed, endLost, endReleased } from './run-end.ts'
import { RunSteps } from './steps.ts'
import { writeState } from './subject.ts'

/** A run that does not heed its signal is left to itself after this; its later writes are fenced off. */
export const ABANDON_AFTER_MS = 10_000

/** `recorded`: it ended, or waits for its time. `open`: it was given back, or its lease has to end first. */
export type RunEnd = 'recorded' | 'open'

/** Does one claimed run from its first step to its end in the record. Never throws. */
export const performRun = async (c: RunContext, kind: JobKind, state: Json): Promise<RunEnd> => {
  const lease = keepLease({ ...c, lost: () => c.stop.stop('lease') })
  const deadline = startDeadline(c, kind.deadlineMs)
  const progress = progressOf(c)
  let steps: RunSteps | null = null
  try {
    steps = await openSteps(c)
    await discardReplaced(c, kind, steps)
    const ended = await unlessAbandoned(c, runOf(c, kind, state, steps, progress))
    deadline.abort()
    await progress.close()
    await steps.close()
    lease.ends()
    await endDone(c, ended)
    return 'recorded'
  } catch (thrown) {
    deadline.abort()
    await progress.close()
    await steps?.close().catch(() => {})
    lease.ends()
    try {
      return await endBadly(c, kind, thrown, steps)
    } catch (lost) {
      endLost(c, lost)
      return 'open'
    }
  } finally {
    await lease.stop()
  }
}

const endBadly = async (
  c: RunContext,
  kind: JobKind,
  thrown: unknown,
  steps: RunSteps | null,
): Promise<RunEnd> => {
  const fault = asFault(thrown)
  const { reason } = c.stop
  if (reason === 'lease' || fault.code === 'jobs.fenced') throw new Fault('jobs.fenced')
  if (reason === 'drain' || (reason === 'deadline' && steps?.progressed)) {
    await endReleased(c)
    return 'open'
  }
  const late = reason === 'deadline'
  await endFailed(c, kind, late ? new Fault('jobs.deadline', { deadlineMs: kind.deadlineMs }) : fault, steps)
  return 'recorded'
}

const runOf = async (
  c: RunContext,
  kind: JobKind,
  state: Json,
  steps: RunSteps,
  progress: ProgressWriter,
): Promise<Ended<Json>> => {
  const job: Job = {
    key: c.key,
    run: c.run,
    state,
    signal: c.stop.signal,
    log: c.log,
    steps,
    progress: (change, options) => progress.report(change, options?.now === true),
  }
  c.stop.signal.throwIfAborted()
  return kind.run(job)
}

const openSteps = (c: RunContext): Promise<RunSteps> =>
  RunSteps.open({
    ...c,
    hooks: {
      onStep: (step, ms) =>
        c.feed.emit({ at: c.clock.now(), key: c.key, run: c.run.id, kind: 'step', step, ms }),
      onFenced: () => c.stop.stop('lease'),
    },
  })

const progressOf = (c: RunContext): ProgressWriter =>
  new ProgressWriter(c.clock, c.log, async (change) => {
    try {
      await announceChange(c, c.key, (subject) => writeState(subject, c.run, change))
    } catch (thrown) {
      if (asFault(thrown).code === 'jobs.fenced') c.stop.stop('lease')
      throw thrown
    }
    c.feed.emit({ at: c.clock.now(), key: c.key, run: c.run.id, kind: 'progress' })
  })

const startDeadline = (c: RunContext, ms: number): AbortController => {
  const over = new AbortController()
  void asleep(c.clock, ms, over.signal).then((due) => {
    if (due) c.stop.stop('deadline')
  })
  return over
}

const unlessAbandoned = <T>(c: RunContext, work: Promise<T>): Promise<T> =>
  new Promise<T>((resolve, reject) => {
    const settled = new AbortController()
    const { signal } = c.stop
    const stopped = () => {
      void asleep(c.clock, ABANDON_AFTER_MS, settled.signal).then((due) => {
        if (due) reject(signal.reason)
      })
    }
    if (signal.aborted) stopped()
    else signal.addEventListener('abort', stopped, { once: true })
    work.then(resolve, reject).finally(() => {
      settled.abort()
      signal.removeEventListener('abort', stopped)
    })
  })
