import { METRICS } from './metric-names.ts'
import type { Taken } from './metrics-figures.ts'

/** Metrics that one document may name. */
const MAX_METRICS = 100

/**
 * Figures as documents in CloudWatch's embedded metric format, one line each: figures with the same dimensions share
 * one. What has dimensions is published a second time without any, because CloudWatch adds nothing up over dimensions
 * by itself, and an alarm on "any refusal" needs one metric. `at` in ms since the epoch.
 * Format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * (metric targets are numbers or arrays of at most 100; at most 100 metrics; a set of dimensions may be empty).
 */
export const emfLines = (
  figures: readonly Taken[],
  options: { readonly namespace: string; readonly at: number },
): string[] => {
  const groups = Map.groupBy(figures, ({ dimensions }) => JSON.stringify(dimensions))
  return [...groups.values()].flatMap((group) => {
    const documents: string[] = []
    for (let from = 0; from < group.length; from += MAX_METRICS)
      documents.push(documentOf(group.slice(from, from + MAX_METRICS), options))
    return documents
  })
}

const documentOf = (
  figures: readonly Taken[],
  { namespace, at }: { readonly namespace: string; readonly at: number },
): string => {
  const dimensions = figures[0]?.dimensions ?? {}
  const names = Object.keys(dimensions)
  return JSON.stringify({
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          Dimensions: names.length === 0 ? [[]] : [names, []],
          Metrics: figures.map(({ name }) => ({ Name: name, Unit: METRICS[name].unit })),
        },
      ],
    },
    ...dimensions,
    ...Object.fromEntries(figures.map(({ name, value }) => [name, value])),
  })
}
