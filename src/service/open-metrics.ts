import type { Clock } from '../base/clock.ts'
import type { Metrics } from '../base/metrics.ts'
import { keepEmfLog } from '../base/metrics-emf-log.ts'
import { Figures } from '../base/metrics-figures.ts'
import type { Config } from '../config/config.ts'
import { listenForMetrics } from './metrics-listener.ts'

export type OpenMetrics = {
  /** Where the service counts; null: nobody looks, so nothing is counted. */
  readonly metrics: Metrics | null
  /** Where the internal endpoint is asked; null: there is none. */
  readonly url: string | null
  /** Writes what was not written yet, and listens no more. */
  close(): Promise<void>
}

const NOWHERE: OpenMetrics = { metrics: null, url: null, close: async () => {} }

/** The figures of this process, for whoever the configuration names. `write` takes whole lines. Throws `config.invalid`. */
export const openMetrics = async (
  { metrics: { emf, listen } }: Pick<Config, 'metrics'>,
  clock: Clock,
  write: (line: string) => void,
): Promise<OpenMetrics> => {
  if (!emf && !listen) return NOWHERE
  const figures = new Figures()
  const listener = listen && (await listenForMetrics(figures, listen))
  const ending = new AbortController()
  const written = emf && keepEmfLog({ ...emf, figures, clock, write }, ending.signal)
  return {
    metrics: figures,
    url: listener?.url ?? null,
    close: async () => {
      ending.abort()
      await Promise.all([written, listener?.close()])
    },
  }
}
