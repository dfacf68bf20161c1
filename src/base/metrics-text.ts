import { METRICS, type MetricName } from './metric-names.ts'
import type { Total } from './metrics-figures.ts'

/** What the text is served as. */
export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

const PREFIX = 'benchling_webhook_'
const TYPES = { counter: 'counter', observed: 'histogram', gauge: 'gauge' } as const

/** The name that Prometheus has a figure under. */
export const exposedName = (name: MetricName): string =>
  `${PREFIX}${name}${METRICS[name].kind === 'counter' ? '_total' : ''}`

/**
 * Figures in Prometheus' text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
 * Figures of one name must stand together.
 */
export const metricsText = (totals: readonly Total[]): string => {
  const groups = Map.groupBy(totals, ({ name }) => name)
  return [...groups].flatMap(([name, group]) => [...headOf(name), ...group.flatMap(samplesOf)]).join('')
}

const headOf = (name: MetricName): string[] => {
  const { meaning, kind } = METRICS[name]
  const help = meaning.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return [`# HELP ${exposedName(name)} ${help}\n`, `# TYPE ${exposedName(name)} ${TYPES[kind]}\n`]
}

const samplesOf = (total: Total): string[] => {
  const { name, dimensions } = total
  const exposed = exposedName(name)
  if ('value' in total) return [sample(exposed, dimensions, total.value)]
  const bounds: readonly number[] = METRICS[name].buckets
  return [
    ...bounds.map((bound, at) =>
      sample(`${exposed}_bucket`, { ...dimensions, le: String(bound) }, total.buckets[at] ?? 0),
    ),
    sample(`${exposed}_bucket`, { ...dimensions, le: '+Inf' }, total.count),
    sample(`${exposed}_sum`, dimensions, total.sum),
    sample(`${exposed}_count`, dimensions, total.count),
  ]
}

const sample = (name: string, labels: Readonly<Record<string, string>>, value: number): string => {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`
}

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
