import type { Download, DownloadAnswer } from '../base/download.ts'
import { Fault } from '../base/fault.ts'

/** A transfer that breaks this often without `PROGRESS_BYTES` in between is given up. */
const BREAKS_IN_A_ROW = 3
const PROGRESS_BYTES = 1024 * 1024

/** The file as its first answer showed it. A later answer that differs is of another file. */
export type FileIdentity = { readonly size: number; readonly etag: string | null }

/** Not a break: asking again would bring the same. */
class TooMuch extends Fault {}
const tooMuch = (end: number): Fault =>
  new TooMuch('export.download_failed', { reason: 'more bytes than asked for', at: end })

/**
 * A broken body, as opposed to something said on purpose: faults of any other code and aborts are not tried again.
 */
const isBreak = (thrown: unknown): boolean =>
  !(thrown instanceof TooMuch) && (!(thrown instanceof Fault) || thrown.code === 'export.download_failed')

/** Why a body broke, as the download said it; null when it ended early without a word. */
const reasonOf = (broken: unknown): string | null =>
  broken instanceof Fault && typeof broken.facts.reason === 'string' ? broken.facts.reason : null

/** Asks for the half-open interval and checks that the answer is of the same file and begins where it should. */
export const getRange = async (
  download: Download,
  file: FileIdentity,
  start: number,
  end: number,
  signal: AbortSignal,
): Promise<DownloadAnswer> => {
  const answer = await download.get({ start, end: end - 1 }, signal)
  const refuse = (fault: Fault): never => {
    answer.cancel()
    throw fault
  }
  if (answer.etag !== null && file.etag !== null && answer.etag !== file.etag)
    refuse(new Fault('export.changed', { reason: 'etag' }))
  if (answer.total !== null && answer.total !== file.size)
    refuse(new Fault('export.changed', { reason: 'size', before: file.size, now: answer.total }))
  if (!answer.partial) refuse(new Fault('export.download_failed', { reason: 'range no longer honoured' }))
  if (answer.start !== start)
    refuse(new Fault('export.download_failed', { reason: 'wrong range', asked: start, got: answer.start }))
  return answer
}

/**
 * Yields exactly the bytes of the half-open interval. A body that breaks off is continued with `more` from the byte
 * after the last one received. Throws `export.download_failed` when it breaks too often or sends too much, and the
 * signal's reason when that is aborted. The transfer has ended when the iteration has, however it ends.
 */
export async function* resumed(
  start: number,
  end: number,
  more: (from: number) => Promise<DownloadAnswer>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let at = start
  let brokeAt = start
  let breaks = 0
  while (at < end) {
    const answer = await more(at)
    let complete = false
    let broken: unknown
    try {
      for await (const chunk of answer.body) {
        signal.throwIfAborted()
        if (at + chunk.byteLength > end) throw tooMuch(end)
        at += chunk.byteLength
        yield chunk
      }
      complete = true
    } catch (thrown) {
      signal.throwIfAborted()
      if (!isBreak(thrown)) throw thrown
      broken = thrown
    } finally {
      if (!complete) answer.cancel()
    }
    signal.throwIfAborted()
    breaks = at - brokeAt >= PROGRESS_BYTES ? 1 : breaks + 1
    brokeAt = at
    if (at < end && breaks >= BREAKS_IN_A_ROW)
      throw new Fault(
        'export.download_failed',
        { reason: 'transfer broke off', because: reasonOf(broken), at, breaks },
        { cause: broken },
      )
  }
}
