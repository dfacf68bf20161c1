import type { Dispatcher } from 'undici'
import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/fault.ts'
import { singleUse } from '../base/single-use.ts'
import { DOWNLOAD_ERROR_MAX_BYTES } from './limits.ts'
import { Pace } from './pace.ts'
import { errorWord } from './transport.ts'
import type { Watchdog } from './watchdog.ts'

type RawBody = Dispatcher.ResponseData['body']

/**
 * The bytes of one answer, counted and watched. Ends normally only after exactly `expected` bytes (null: whatever the
 * server's framing says). Throws `export.download_failed`, or the signal's reason when the reader gave up.
 */
export async function* watchedBody(
  raw: RawBody,
  expected: number | null,
  watchdog: Watchdog,
  stallMs: number,
  state: {
    readonly clock: Clock
    readonly signal: AbortSignal
    readonly slow: () => string | undefined
    readonly end: () => void
  },
): AsyncGenerator<Uint8Array, void, undefined> {
  const failed = (reason: string) => new Fault('export.download_failed', { reason, received, expected })
  let received = 0
  const chunks = raw[Symbol.asyncIterator]()
  const pace = new Pace(state.clock)
  try {
    for (;;) {
      watchdog.watch('stall', stallMs)
      const next = await pace.next(chunks)
      watchdog.rest()
      if (next.done) break
      const chunk: Uint8Array = next.value
      received += chunk.byteLength
      if (expected !== null && received > expected) throw failed('more bytes than announced')
      yield singleUse(chunk)
      if (received !== expected && pace.tooSlow) throw failed('too slow')
    }
    state.signal.throwIfAborted()
    if (expected !== null && received !== expected) throw failed('fewer bytes than announced')
  } catch (thrown) {
    state.signal.throwIfAborted()
    if (thrown instanceof Fault) throw thrown
    throw failed(state.slow() ?? errorWord(thrown))
  } finally {
    state.end()
  }
}

/** The error code in an object store's error document (`<Code>ExpiredToken</Code>`), null when there is none. */
export const storeErrorCode = async (raw: RawBody): Promise<string | null> => {
  let text = ''
  try {
    for await (const chunk of raw as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString('latin1')
      if (text.length >= DOWNLOAD_ERROR_MAX_BYTES) break
    }
  } catch {
    // an error document that breaks off says what it says
  }
  return /<Code>([A-Za-z]{1,64})<\/Code>/.exec(text)?.[1] ?? null
}
