import type { Metrics } from '../base/metrics.ts'
import { Broken, type HttpAnswer } from './transport.ts'

/** An answer, counted by the class of its status. A request that was given up by us is not counted. */
export const countedAnswer = async (metrics: Metrics, exchange: Promise<HttpAnswer>): Promise<HttpAnswer> => {
  try {
    const answer = await exchange
    metrics.count('benchling_requests', 1, { answer: classOf(answer.status) })
    return answer
  } catch (thrown) {
    if (thrown instanceof Broken) metrics.count('benchling_requests', 1, { answer: 'none' })
    throw thrown
  }
}

/** Counts a further try by what happened to the one before. */
export const countRetry =
  (metrics: Metrics) =>
  (before: Broken | HttpAnswer): void => {
    if (before instanceof Broken) {
      if (before.why !== 'too-large') metrics.count('benchling_retries', 1, { why: before.why })
    } else metrics.count('benchling_retries', 1, { why: before.status === 429 ? '429' : '5xx' })
  }

const classOf = (status: number) => {
  if (status === 429) return '429'
  if (status >= 500) return '5xx'
  if (status >= 400) return '4xx'
  return status >= 300 ? '3xx' : '2xx'
}
