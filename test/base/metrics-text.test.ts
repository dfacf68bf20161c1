import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { METRICS, type MetricName } from '../../src/base/metric-names.ts'
import { Figures, type Total } from '../../src/base/metrics-figures.ts'
import { exposedName, metricsText } from '../../src/base/metrics-text.ts'
import { readExposition } from '../support/prometheus.ts'

const names = Object.keys(METRICS) as MetricName[]

describe('the text of figures', () => {
  test('has help, type and samples of each, with the base units of Prometheus', () => {
    const figures = new Figures()
    figures.count('jwks_fetches', 2, { outcome: 'failed' })
    figures.count('published_bytes', 4096)
    figures.gauge('jwks_age_seconds', 'Seconds', () => 12.5)
    const text = metricsText(figures.totals())
    expect(text).toContain(
      [
        '# HELP benchling_webhook_jwks_age_seconds Age of the keys in use; absent while there are none.',
        '# TYPE benchling_webhook_jwks_age_seconds gauge',
        'benchling_webhook_jwks_age_seconds 12.5',
        '# HELP benchling_webhook_jwks_fetches_total Fetches of the keys.',
        '# TYPE benchling_webhook_jwks_fetches_total counter',
        'benchling_webhook_jwks_fetches_total{outcome="failed"} 2',
        '',
      ].join('\n'),
    )
    expect(text).toContain('\nbenchling_webhook_published_bytes_total 4096\n')
  })

  test('has distributions as histograms', () => {
    const figures = new Figures()
    for (const bytes of [1, 2 ** 20, 2 ** 50]) figures.observe('archive_bytes', bytes, 'Bytes')
    const family = readExposition(metricsText(figures.totals())).get('benchling_webhook_archive_bytes')
    const bucket = (le: string) => family?.samples.find(({ labels }) => labels.le === le)?.value
    expect(family?.type).toBe('histogram')
    expect([bucket('65536'), bucket('1048576'), bucket('274877906944'), bucket('+Inf')]).toEqual([1, 2, 2, 3])
    expect(family?.samples.slice(-2).map(({ value }) => value)).toEqual([1 + 2 ** 20 + 2 ** 50, 3])
  })

  test('leaves out what has no sample', () => {
    expect(metricsText([])).toBe('')
    expect(metricsText(new Figures().totals())).not.toContain('runs_ended')
  })

  test('is read back as it was by a strict reader, whatever the values are', () => {
    const number = fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e300, noNaN: true }))
    const total = fc.constantFrom(...names).chain((name): fc.Arbitrary<Total> => {
      const keys = Object.keys(METRICS[name].dimensions)
      const dimensions = fc
        .array(fc.string({ unit: 'binary' }), { minLength: keys.length, maxLength: keys.length })
        .map((texts) => Object.fromEntries(keys.map((key, at) => [key, texts[at]!])))
      return METRICS[name].kind === 'observed'
        ? fc.record({
            name: fc.constant(name),
            dimensions,
            sum: number,
            count: fc.constant(1_000),
            buckets: fc.constant(METRICS[name].buckets.map((_: number, at: number) => at)),
          })
        : fc.record({ name: fc.constant(name), dimensions, value: number })
    })
    const totals = fc
      .uniqueArray(total, {
        selector: ({ name, dimensions }) => `${name}${JSON.stringify(dimensions)}`,
        maxLength: 40,
      })
      .map((all) => all.toSorted((a, b) => names.indexOf(a.name) - names.indexOf(b.name)))
    fc.assert(
      fc.property(totals, (all) => {
        const families = readExposition(metricsText(all))
        expect(families.size).toBe(new Set(all.map(({ name }) => name)).size)
        for (const one of all) {
          const family = families.get(exposedName(one.name))!
          expect(family.help).toBe(METRICS[one.name].meaning)
          const suffix = 'value' in one ? '' : '_sum'
          const sample = family.samples.find(
            ({ name, labels }) =>
              name === `${family.name}${suffix}` && JSON.stringify(labels) === JSON.stringify(one.dimensions),
          )
          expect(sample?.value).toBe('value' in one ? one.value : one.sum)
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('the strict reader', () => {
  test.each([
    ['no end', '# HELP a_total A.\n# TYPE a_total counter\na_total 1'],
    ['no type', '# HELP a_total A.\na_total 1\n'],
    ['a counter of another name', '# HELP a A.\n# TYPE a counter\na 1\n'],
    ['a sample of another metric', '# HELP a A.\n# TYPE a gauge\nb 1\n'],
    ['a series twice', '# HELP a A.\n# TYPE a gauge\na{b="c"} 1\na{b="c"} 2\n'],
    ['a label that is not escaped', '# HELP a A.\n# TYPE a gauge\na{b="c"d"} 1\n'],
    ['no number', '# HELP a A.\n# TYPE a gauge\na x\n'],
    ['an empty line', '# HELP a A.\n# TYPE a gauge\n\na 1\n'],
    [
      'a histogram without an end',
      '# HELP a A.\n# TYPE a histogram\na_bucket{le="1"} 1\na_sum 1\na_count 1\n',
    ],
    [
      'a histogram that does not agree',
      '# HELP a A.\n# TYPE a histogram\na_bucket{le="+Inf"} 1\na_sum 1\na_count 2\n',
    ],
  ])('refuses %s', (_, text) => {
    expect(() => readExposition(text)).toThrow()
  })
})
