import { Ajv } from 'ajv'

const text = (most: number) => ({ type: 'string', minLength: 1, maxLength: most })

/** CloudWatch's own units: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
const UNITS = ['Seconds', 'Bytes', 'Count']

/**
 * Documents as the specification demands them, as far as a schema can say it, and without what we have no use for:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
const SCHEMA = {
  type: 'object',
  required: ['_aws'],
  properties: {
    _aws: {
      type: 'object',
      required: ['Timestamp', 'CloudWatchMetrics'],
      additionalProperties: false,
      properties: {
        Timestamp: { type: 'integer', minimum: 0 },
        CloudWatchMetrics: {
          type: 'array',
          minItems: 1,
          items: {
            type: 'object',
            required: ['Namespace', 'Dimensions', 'Metrics'],
            additionalProperties: false,
            properties: {
              Namespace: { ...text(255), pattern: '^[A-Za-z0-9._/#:-]+$' },
              Dimensions: {
                type: 'array',
                minItems: 1,
                uniqueItems: true,
                items: { type: 'array', maxItems: 9, uniqueItems: true, items: text(255) },
              },
              Metrics: {
                type: 'array',
                minItems: 1,
                maxItems: 100,
                items: {
                  type: 'object',
                  required: ['Name', 'Unit'],
                  additionalProperties: false,
                  properties: { Name: text(255), Unit: { enum: UNITS } },
                },
              },
            },
          },
        },
      },
    },
  },
  // Targets: dimensions are texts, metrics numbers or up to a hundred of them; never an object.
  additionalProperties: {
    anyOf: [
      text(1024),
      { type: 'number' },
      { type: 'array', minItems: 1, maxItems: 100, items: { type: 'number' } },
    ],
  },
}

type Directive = {
  readonly Namespace: string
  readonly Dimensions: readonly (readonly string[])[]
  readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[]
}
export type EmfDocument = {
  readonly _aws: { readonly Timestamp: number; readonly CloudWatchMetrics: readonly Directive[] }
  readonly [target: string]: unknown
}

const isValid: (document: unknown) => boolean = new Ajv({ allErrors: true }).compile(SCHEMA)

/** One line as a document. Throws when CloudWatch would not take it. */
export const readEmf = (line: string): EmfDocument => {
  if (!line.endsWith('\n') || line.indexOf('\n') !== line.length - 1) throw new Error('not one line')
  if (Buffer.byteLength(line) > 256 * 1024) throw new Error('too long for a log event')
  const document: EmfDocument = JSON.parse(line)
  if (!isValid(document)) throw new Error(`not as specified: ${line}`)
  for (const { Dimensions, Metrics } of document._aws.CloudWatchMetrics) {
    for (const name of Dimensions.flat())
      if (typeof document[name] !== 'string') throw new Error(`the dimension ${name} has no text`)
    for (const { Name } of Metrics)
      if (document[Name] === undefined || typeof document[Name] === 'string')
        throw new Error(`the metric ${Name} has no value`)
    if (new Set(Metrics.map(({ Name }) => Name)).size < Metrics.length) throw new Error('a metric twice')
  }
  return document
}

/** What CloudWatch makes of documents: sum and number of values by metric and dimensions (`name{"code":"x"}`). */
export const cloudWatchOf = (
  documents: readonly EmfDocument[],
): Map<string, { sum: number; count: number; last: number }> => {
  const metrics = new Map<string, { sum: number; count: number; last: number }>()
  for (const document of documents)
    for (const { Dimensions, Metrics } of document._aws.CloudWatchMetrics)
      for (const set of Dimensions)
        for (const { Name } of Metrics) {
          const key = `${Name}${JSON.stringify(Object.fromEntries(set.map((name) => [name, document[name]])))}`
          const values = [document[Name]].flat() as number[]
          const { sum = 0, count = 0 } = metrics.get(key) ?? {}
          metrics.set(key, {
            sum: values.reduce((all, value) => all + value, sum),
            count: count + values.length,
            last: values.at(-1) ?? 0,
          })
        }
  return metrics
}
