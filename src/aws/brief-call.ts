import type { Clock } from '../base/clock.ts'
import { retry } from '../base/retry.ts'
import { type AwsAddress, clientConfig } from './aws-client.ts'
import { isPassing } from './aws-problem.ts'

/** For calls whose answer is a few hundred bytes, and on which everything else waits. */
const BRIEF_CONNECT_MS = 5_000
const BRIEF_CALL_MS = 10_000
const BRIEF = { attempts: 3, baseMs: 200, capMs: 2_000 }

/** Like `clientConfig`, for `briefCall`. */
export const briefClientConfig = (address: AwsAddress) => {
  const config = clientConfig(address)
  return { ...config, requestHandler: { ...config.requestHandler, connectionTimeout: BRIEF_CONNECT_MS } }
}

/** Runs a call up to three times while that can help, each for ten seconds at most. Throws what the last one threw. */
export const briefCall = <T>(
  clock: Clock,
  signal: AbortSignal | undefined,
  work: (options: { abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> =>
  retry(clock, { ...BRIEF, signal, when: isPassing }, async () => {
    signal?.throwIfAborted()
    const late = new AbortController()
    const over = new AbortController()
    clock.sleep(BRIEF_CALL_MS, over.signal).then(
      () => late.abort(),
      () => {},
    )
    try {
      return await work({
        abortSignal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
      })
    } catch (thrown) {
      signal?.throwIfAborted()
      throw late.signal.aborted ? new DOMException('no answer in time', 'TimeoutError') : thrown
    } finally {
      over.abort()
    }
  })
