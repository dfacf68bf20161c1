import { METRICS, type MetricName } from '../../src/base/metric-names.ts'
import type { Figures } from '../../src/base/metrics-figures.ts'

/** What figures say of one series now: a number, or sum and count of a distribution; undefined when there is none. */
export const figureOf = (
  figures: Figures,
  name: MetricName,
  dimensions: Readonly<Record<string, string>> = {},
): number | { sum: number; count: number } | undefined => {
  const wanted = Object.keys(METRICS[name].dimensions).map((key) => dimensions[key])
  const total = figures
    .totals()
    .find((one) => one.name === name && Object.values(one.dimensions).join() === wanted.join())
  if (!total) return undefined
  return 'value' in total ? total.value : { sum: total.sum, count: total.count }
}
