import { once } from 'node:events'
import { createInflateRaw, type InflateRaw, inflateRaw, inflateRawSync, type ZlibOptions } from 'node:zlib'
import { allUsedUp, singleUse, stillUsed, usedUp } from '../base/single-use.ts'
import { CHUNK_BYTES } from './bounds.ts'

/** Below this many packed bytes, going to another thread costs more than the work. */
const SYNC_BYTES = 16 * 1024

/** The stream is not what deflate writes, or not all of it, or more than it. */
export class InflateError extends Error {
  override name = 'InflateError'
}

const asInflateError = (thrown: unknown): InflateError =>
  new InflateError(thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown })

// With `info`, Node answers with the engine too, whose bytesWritten tells how much of the input belonged to the stream.
type Answer = { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } }

const call = (packed: Buffer, options: ZlibOptions): Promise<Answer> =>
  new Promise((resolve, reject) => {
    inflateRaw(packed, options, (error, answer) =>
      error ? reject(error) : resolve(answer as unknown as Answer),
    )
  })

/** Inflates a whole small stream, at most `size` bytes. Throws `InflateError`. */
export const inflateWhole = async (packed: Buffer, size: number): Promise<Buffer> => {
  const options = { info: true, maxOutputLength: Math.max(1, size), chunkSize: Math.max(64, size) }
  try {
    const { buffer, engine } =
      packed.length <= SYNC_BYTES
        ? (inflateRawSync(packed, options) as unknown as Answer)
        : await call(packed, options)
    if (engine.bytesWritten === packed.length) return singleUse(buffer)
  } catch (thrown) {
    throw asInflateError(thrown)
  }
  throw new InflateError('bytes follow the end of the compressed stream')
}

/** What the engine was given. `open`: pieces it may still be reading from. */
type Feed = {
  given: number
  ended: boolean
  failure: { readonly thrown: unknown } | undefined
  readonly open: Set<Uint8Array>
}

/** Hands the packed bytes to the engine as fast as it takes them, until they end or `stop` is aborted. */
const feed = async (
  packed: AsyncIterable<Uint8Array>,
  engine: InflateRaw,
  state: Feed,
  stop: AbortSignal,
): Promise<void> => {
  const write = (chunk: Uint8Array): boolean => {
    state.given += chunk.byteLength
    state.open.add(chunk)
    return engine.write(chunk, (error) => {
      if (error) return
      state.open.delete(chunk)
      usedUp(chunk)
    })
  }
  try {
    for await (const chunk of packed) {
      if (stop.aborted) return
      if (!write(chunk)) await once(engine, 'drain', { signal: stop })
    }
    state.ended = true
    engine.end()
  } catch (thrown) {
    state.failure = { thrown }
    engine.destroy()
  }
}

/**
 * Inflates a stream of any length in pieces of at most `CHUNK_BYTES`, no faster than they are consumed.
 * Throws `InflateError`, and what the packed stream throws as it is.
 */
export async function* inflateStream(
  packed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void, undefined> {
  const engine = createInflateRaw({ chunkSize: CHUNK_BYTES })
  const stop = new AbortController()
  const state: Feed = { given: 0, ended: false, failure: undefined, open: new Set() }
  void feed(packed, engine, state, stop.signal)
  let last: Buffer | undefined
  try {
    for await (const chunk of engine) {
      last = singleUse(chunk as Buffer)
      yield last
    }
    // Ended, the engine writes no more behind the last piece.
    if (last) allUsedUp(last)
  } catch (thrown) {
    if (state.failure && !engine.errored) throw state.failure.thrown
    throw asInflateError(thrown)
  } finally {
    stop.abort()
    for (const chunk of state.open) stillUsed(chunk)
    engine.destroy()
  }
  // The engine ends by itself only when its input has, or when more input than the stream needs was offered.
  if (!state.ended || state.given !== engine.bytesWritten)
    throw new InflateError('bytes follow the end of the compressed stream')
}
