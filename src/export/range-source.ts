import type { ByteBudget } from '../base/byte-budget.ts'
import type { Download, DownloadAnswer } from '../base/download.ts'
import { Fault } from '../base/fault.ts'
import { singleUse, usedUp } from '../base/single-use.ts'
import { TAIL_BYTES } from './bounds.ts'
import type { ByteSource } from './byte-source.ts'
import { HeldFile, tooLarge } from './held-file.ts'
import { type FileIdentity, getRange, resumed } from './transfer.ts'

/** A file on a server that answers ranges. Its last bytes stay in memory and are never asked for again. */
class RangeSource implements ByteSource, Disposable {
  readonly #download: Download
  readonly #file: FileIdentity
  readonly #tail: Buffer
  #requests: number

  constructor(download: Download, file: FileIdentity, tail: Buffer, requests: number) {
    this.#download = download
    this.#file = file
    this.#tail = tail
    this.#requests = requests
  }

  get size(): number {
    return this.#file.size
  }

  get requests(): number {
    return this.#requests
  }

  [Symbol.dispose](): void {}

  async bytes(start: number, end: number, signal: AbortSignal): Promise<Buffer> {
    const tailStart = this.size - this.#tail.length
    if (start >= tailStart) return this.#tail.subarray(start - tailStart, end - tailStart)
    return singleUse(await collect(this.stream(start, end, signal), end - start))
  }

  async *stream(
    start: number,
    end: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const tailStart = this.size - this.#tail.length
    const more = (from: number): Promise<DownloadAnswer> => {
      this.#requests++
      return getRange(this.#download, this.#file, from, Math.min(end, tailStart), signal)
    }
    yield* resumed(start, Math.min(end, tailStart), more, signal)
    if (end > tailStart) yield this.#tail.subarray(Math.max(0, start - tailStart), end - tailStart)
  }
}

const collect = async (chunks: AsyncIterable<Uint8Array>, length: number): Promise<Buffer> => {
  const whole = Buffer.allocUnsafeSlow(length)
  let at = 0
  for await (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
    usedUp(chunk)
  }
  return whole
}

/** How much of a file may be held in memory, and the pot it is taken from. */
type HoldLimits = { readonly maxBytes: number; readonly memory: ByteBudget }

/**
 * Reads a file whole. A transfer that breaks begins again from nothing, because without ranges it cannot continue; what was
 * taken from the pot is kept for it, because a server that hangs up while we wait must not cost us our turn.
 */
const holdWhole = async (
  download: Download,
  first: DownloadAnswer,
  { maxBytes, memory }: HoldLimits,
  signal: AbortSignal,
): Promise<HeldFile> => {
  let taken: Disposable | undefined
  let takenBytes = 0
  const hold = async (bytes: number): Promise<HeldFile> => {
    if (!taken || bytes > takenBytes) {
      taken?.[Symbol.dispose]()
      taken = await memory.take(bytes, signal)
      takenBytes = bytes
    }
    return new HeldFile(maxBytes, taken)
  }
  try {
    for (let answer = first, attempt = 1; ; attempt++) {
      try {
        return await readWhole(answer, attempt, maxBytes, hold, signal)
      } catch (thrown) {
        answer.cancel()
        signal.throwIfAborted()
        if (thrown instanceof Fault && thrown.code !== 'export.download_failed') throw thrown
        if (attempt >= WHOLE_ATTEMPTS)
          throw new Fault(
            'export.download_failed',
            { reason: 'transfer broke off', attempt },
            { cause: thrown },
          )
      }
      answer = await download.get(null, signal)
    }
  } catch (thrown) {
    taken?.[Symbol.dispose]()
    throw thrown
  }
}

const readWhole = async (
  { total, body }: DownloadAnswer,
  requests: number,
  maxBytes: number,
  hold: (bytes: number) => Promise<HeldFile>,
  signal: AbortSignal,
): Promise<HeldFile> => {
  if (total !== null && total > maxBytes) throw tooLarge(maxBytes, total)
  const held = await hold(total ?? maxBytes)
  held.requests = requests
  for await (const chunk of body) {
    signal.throwIfAborted()
    held.add(chunk)
    usedUp(chunk)
  }
  if (total === null || total === held.size) return held
  throw new Fault('export.download_failed', { reason: 'short body', got: held.size, total })
}

const WHOLE_ATTEMPTS = 3

/**
 * Opens a file by its last `TAIL_BYTES`. Where the server ignores the range, the file is held in memory up to `maxBytes`,
 * taken from `memory` until the source is disposed. Throws `export.too_large_without_ranges`, `export.changed`,
 * `export.download_failed`, and what the download throws.
 */
export const openSource = async (
  download: Download,
  limits: HoldLimits,
  signal: AbortSignal,
): Promise<ByteSource & Disposable> => {
  const first = await download.get({ last: TAIL_BYTES }, signal)
  if (!first.partial) return holdWhole(download, first, limits, signal)
  const size = first.total
  const start = size === null ? 0 : Math.max(0, size - TAIL_BYTES)
  if (size === null || first.start !== start) {
    first.cancel()
    throw new Fault('export.download_failed', { reason: 'wrong range', got: first.start, total: size })
  }
  const file = { size, etag: first.etag }
  let requests = 0
  const more = async (from: number): Promise<DownloadAnswer> =>
    requests++ === 0 ? first : getRange(download, file, from, size, signal)
  const tail = await collect(resumed(start, size, more, signal), size - start)
  if (requests === 0) first.cancel()
  return new RangeSource(download, file, tail, Math.max(1, requests))
}
