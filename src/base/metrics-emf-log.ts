import type { Clock } from './clock.ts'
import { emfLines } from './metrics-emf.ts'
import type { Figures, Taken } from './metrics-figures.ts'

/** CloudWatch keeps metrics by the minute. */
export const EMF_EVERY_MS = 60_000

export type EmfLogOptions = {
  readonly figures: Figures
  readonly clock: Clock
  /** Takes whole lines as they are: a document must be the root of its log event. */
  readonly write: (line: string) => void
  /** Two installations in one account and region need two. */
  readonly namespace?: string
}

/**
 * Writes figures in CloudWatch's embedded metric format every `EMF_EVERY_MS`, and once more when aborted; then it
 * resolves. A distribution that has as many values as a document may have is written at once.
 */
export const keepEmfLog = async (options: EmfLogOptions, signal: AbortSignal): Promise<void> => {
  const { figures, clock, namespace = 'BenchlingWebhook' } = options
  const write = (taken: readonly Taken[]) => {
    for (const line of emfLines(taken, { namespace, at: clock.now() })) {
      try {
        options.write(`${line}\n`)
      } catch {
        // whoever counts is at work on something else, and must not suffer from an output that is gone
      }
    }
  }
  figures.collect((taken) => write([taken]))
  while (!signal.aborted) {
    await clock.sleep(EMF_EVERY_MS, signal).catch(() => {})
    write(figures.take())
  }
}
