/**
 * Writes docs/metrics.md from the catalogue of figures: `npm run docs:metrics`. `--check` writes nothing and is red
 * when the page is not what would be written; a test does the same, so that page and catalogue cannot part.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ERROR_CODES, METRICS, type MetricEntry, type MetricName } from '../src/base/metric-names.ts'
import { EMF_EVERY_MS } from '../src/base/metrics-emf-log.ts'
import { exposedName } from '../src/base/metrics-text.ts'
import { SETTINGS } from '../src/config/settings.ts'
import { LOOK_EVERY_MS } from '../src/jobs/queue-age.ts'

const PAGE = join(import.meta.dirname, '../docs/metrics.md')

const KINDS: Readonly<Record<MetricEntry['kind'], string>> = {
  counter: 'counter',
  observed: 'distribution',
  gauge: 'gauge',
}

const valuesOf = (values: readonly string[]): string =>
  values === ERROR_CODES
    ? 'a code of [errors.md](errors.md)'
    : values.map((value) => `\`${value}\``).join(', ')

const section = (name: MetricName): string => {
  const entry: MetricEntry = METRICS[name]
  return [
    `### <a id="${name}"></a>\`${name}\``,
    '',
    entry.meaning,
    '',
    `- ${KINDS[entry.kind]}, unit ${entry.unit}; on the endpoint \`${exposedName(name)}\``,
    ...Object.entries(entry.dimensions).map(
      ([dimension, values]) => `- \`${dimension}\`: ${valuesOf(values)}`,
    ),
    ...(entry.buckets.length === 0 ? [] : [`- bounds on the endpoint: ${entry.buckets.join(', ')}`]),
    '',
  ].join('\n')
}

/** The whole page. */
export const metricsPage = (): string => {
  const names = Object.keys(METRICS) as MetricName[]
  return `${[
    '# Metrics',
    '',
    '<!-- Written by `npm run docs:metrics` from src/base/metric-names.ts. Change it there. -->',
    '',
    'The service keeps the same figures for two readers. Names, units and values never change their meaning.',
    '',
    '## CloudWatch',
    '',
    `With \`METRICS=emf\` figures are written to standard output every ${EMF_EVERY_MS / 1_000} seconds, and once more when the service`,
    'stops, as lines in CloudWatch’s',
    '[embedded metric format](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).',
    `CloudWatch Logs makes metrics of them in the namespace \`METRICS_NAMESPACE\`, \`${SETTINGS.METRICS_NAMESPACE.default}\` by default; no`,
    'agent and no permission is needed beyond writing logs. A counter’s value is what came since the line before: use the',
    'statistic Sum. A distribution’s values are the observations themselves. A gauge has one value a line and process: use',
    'Maximum.',
    '',
    'What has dimensions is there once for each combination that occurred, and once without any dimension, with all of them',
    'together. CloudWatch charges for each combination. A counter that did not move has no data point.',
    '',
    '## The internal endpoint',
    '',
    'With `METRICS_PORT` set, `GET /metrics` on that port answers in Prometheus’ text format 0.0.4, with what this process',
    'counted since it started. It listens on `METRICS_HOST`, 127.0.0.1 by default, and nothing of the door’s port leads to it:',
    'keep it away from gateways and load balancers, for it asks nobody who they are. Distributions are histograms.',
    '',
    '## All figures',
    '',
    `Never an id, a name or anything that people wrote is part of a figure. Gauges about work are at most ${LOOK_EVERY_MS / 1_000} seconds old.`,
    '',
    '| figure | kind | unit | dimensions |',
    '| --- | --- | --- | --- |',
    ...names.map((name) => {
      const { kind, unit, dimensions }: MetricEntry = METRICS[name]
      const keys = Object.keys(dimensions).map((dimension) => `\`${dimension}\``)
      return `| [\`${name}\`](#${name}) | ${KINDS[kind]} | ${unit} | ${keys.join(', ') || '–'} |`
    }),
    '',
    ...names.map(section),
  ]
    .join('\n')
    .trimEnd()}\n`
}

/** True when the page on disk is what would be written. */
export const metricsPageIsCurrent = (): boolean => readFileSync(PAGE, 'utf8') === metricsPage()

if (import.meta.main) {
  if (!process.argv.includes('--check')) writeFileSync(PAGE, metricsPage())
  else if (!metricsPageIsCurrent()) {
    process.stderr.write('docs/metrics.md is not what the catalogue says: npm run docs:metrics\n')
    process.exitCode = 1
  }
}
