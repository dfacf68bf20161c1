import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import { brokenFault, isPassing, type Operation } from './answer.ts'
import { BACKOFF_CAP_SECONDS, CALL_ATTEMPTS, RESET_WAIT_CAP_MS } from './limits.ts'
import { rateHeaders } from './rate-rule.ts'
import { Broken, type HttpAnswer } from './transport.ts'

/**
 * What may be tried again. `always`: reading, changing to a given state, and what does no harm twice.
 * `unsent`: creating something; only when the request surely did nothing (not sent, or refused with 429).
 */
export type Repeat = 'always' | 'unsent'

export type AttemptOptions = {
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly operation: Operation
  readonly repeat: Repeat
  readonly signal: AbortSignal
  /** Told of every further try, and of what happened to the one before. */
  readonly onRetry?: (before: Broken | HttpAnswer) => void
}

/** Waits of docs.benchling.com: min(15, 2**n + rand) seconds; with an empty window, until it is over. `attempt` from 1. */
export const waitMs = (attempt: number, answer: HttpAnswer | undefined, random: () => number): number => {
  const said = answer?.status === 429 ? rateHeaders(answer.header) : undefined
  if (said?.remaining === 0 && said.resetSeconds !== null)
    return Math.min(RESET_WAIT_CAP_MS, Math.round((said.resetSeconds + random()) * 1000))
  return Math.round(Math.min(BACKOFF_CAP_SECONDS, 2 ** attempt + random()) * 1000)
}

/**
 * Runs one exchange up to `CALL_ATTEMPTS` times. Returns the last answer, whatever its status; throws
 * `benchling.timeout` or `benchling.unavailable` when there was none.
 */
export const attempted = async (
  options: AttemptOptions,
  once: () => Promise<HttpAnswer>,
): Promise<HttpAnswer> => {
  const { clock, log, operation, repeat, random, signal, onRetry } = options
  for (let attempt = 1; ; attempt++) {
    const outcome = await once().catch((thrown: unknown) => {
      if (thrown instanceof Broken) return thrown
      throw thrown
    })
    const broken = outcome instanceof Broken
    const again = broken
      ? outcome.why !== 'too-large' && (repeat === 'always' || !outcome.sent)
      : isPassing(outcome.status) && (repeat === 'always' || outcome.status === 429)
    if (!again || attempt >= CALL_ATTEMPTS) {
      if (broken) throw brokenFault(operation, outcome)
      return outcome
    }
    const wait = waitMs(attempt, broken ? undefined : outcome, random)
    const why = broken ? { reason: outcome.code } : { status: outcome.status }
    log.warn({ operation, attempt, waitMs: wait, ...why }, 'Benchling call is tried again')
    onRetry?.(outcome)
    await clock.sleep(wait, signal)
  }
}
