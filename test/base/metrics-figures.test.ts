import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { METRICS, type MetricEntry } from '../../src/base/metric-names.ts'
import { type Metrics, NO_METRICS } from '../../src/base/metrics.ts'
import { Figures, MAX_VALUES, type Taken } from '../../src/base/metrics-figures.ts'

/** Calls that types would refuse. */
type Loose = { count(...of: unknown[]): void; observe(...of: unknown[]): void; gauge(...of: unknown[]): void }

const said = (figures: Figures, name: string) => {
  const [total] = figures.totals().filter((one) => one.name === name)
  return total && ('value' in total ? total.value : { sum: total.sum, count: total.count })
}

describe('figures', () => {
  test('add up since the start, each combination of dimensions by itself', () => {
    const figures = new Figures()
    figures.count('runs_ended', 1, { kind: 'entry', outcome: 'done' })
    figures.count('runs_ended', 2, { kind: 'entry', outcome: 'done' })
    figures.count('runs_ended', 1, { kind: 'canvas', outcome: 'done' })
    expect(figures.totals().filter(({ name }) => name === 'runs_ended')).toEqual([
      { name: 'runs_ended', dimensions: { kind: 'entry', outcome: 'done' }, value: 3 },
      { name: 'runs_ended', dimensions: { kind: 'canvas', outcome: 'done' }, value: 1 },
    ])
  })

  test('say 0 where nothing was counted yet, and nothing where nobody knows what will be', () => {
    const figures = new Figures()
    expect(said(figures, 'published_files')).toBe(0)
    expect(said(figures, 'archive_bytes')).toEqual({ sum: 0, count: 0 })
    expect(said(figures, 'runs_ended')).toBeUndefined()
    expect(said(figures, 'open_work')).toBeUndefined()
  })

  test('tell observations apart by bounds that include their value', () => {
    const figures = new Figures()
    for (const seconds of [0.01, 0.011, 30, 1e9])
      figures.observe('run_seconds', seconds, 'Seconds', { kind: 'entry' })
    const total = figures.totals().find(({ name }) => name === 'run_seconds')
    const below = (bound: number) =>
      (total as unknown as { buckets: number[] }).buckets[METRICS.run_seconds.buckets.indexOf(bound)]
    expect([0.01, 0.05, 10, 30, 21_600].map(below)).toEqual([1, 2, 2, 3, 3])
    expect(total).toMatchObject({ count: 4, sum: 0.01 + 0.011 + 30 + 1e9 })
  })

  test('ask gauges when they are read, the last one that was given', () => {
    const figures = new Figures()
    let open = 3
    figures.gauge('open_work', 'Count', () => 99)
    figures.gauge('open_work', 'Count', () => open)
    expect(said(figures, 'open_work')).toBe(3)
    open = 4
    expect(said(figures, 'open_work')).toBe(4)
  })

  test('leave out a gauge that knows nothing, is no number or throws', () => {
    const figures = new Figures()
    const reads = [
      () => undefined,
      () => Number.NaN,
      () => {
        throw new Error('no')
      },
    ]
    for (const read of reads) {
      figures.gauge('open_work', 'Count', read)
      expect(said(figures, 'open_work')).toBeUndefined()
      expect(figures.take()).toEqual([])
    }
  })
})

describe('what the catalogue does not know', () => {
  test('is refused by types', () => {
    const metrics: Metrics = NO_METRICS
    // @ts-expect-error no such name
    metrics.count('something')
    // @ts-expect-error no such value
    metrics.count('jwks_fetches', 1, { outcome: 'perhaps' })
    // @ts-expect-error no such dimension
    metrics.count('published_files', 1, { kind: 'entry' })
    // @ts-expect-error without its dimension
    metrics.count('jwks_fetches', 1)
    // @ts-expect-error another unit
    metrics.observe('archive_bytes', 1, 'Seconds')
    // @ts-expect-error a counter
    metrics.observe('published_files', 1, 'Count')
    // @ts-expect-error a distribution
    metrics.gauge('archive_bytes', 'Bytes', () => 1)
    metrics.count('jwks_fetches', 1, { outcome: 'failed' })
    metrics.count('published_files')
  })

  test('is counted under nothing, whatever comes', () => {
    const names = Object.keys(METRICS)
    const name = fc.oneof(
      fc.constantFrom(...names),
      fc.constantFrom('constructor', '__proto__', 'x'),
      fc.string(),
    )
    const dimensions = fc.oneof(
      fc.anything(),
      fc.dictionary(fc.constantFrom('kind', 'outcome', 'code', 'step', 'x'), fc.string()),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.anything(), fc.anything(), dimensions)), (calls) => {
        const figures = new Figures()
        figures.collect(() => {})
        const before = figures.totals()
        const loose = figures as unknown as Loose
        for (const [called, value, unit, given] of calls) {
          const dimensionless =
            Object.keys((METRICS as Record<string, MetricEntry>)[called]?.dimensions ?? {}).length === 0
          if (dimensionless && Object.hasOwn(METRICS, called)) continue
          loose.count(called, value, given)
          loose.observe(called, value, unit, given)
          loose.gauge('jwks_age_seconds', unit, () => 1)
        }
        expect(figures.totals()).toEqual(before)
        expect(figures.take()).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, '1', null])('is no number to count: %s', (by) => {
    const figures = new Figures()
    ;(figures as unknown as Loose).count('published_files', by)
    expect(said(figures, 'published_files')).toBe(0)
  })

  test('has no series: there are never more than combinations in the catalogue', () => {
    const figures = new Figures()
    const loose = figures as unknown as Loose
    for (let at = 0; at < 1_000; at++) {
      loose.count('deliveries_refused', 1, { code: `webhook.made_up_${at}` })
      loose.count('deliveries_refused', 1, { code: 'webhook.wrong_app', more: String(at) })
      loose.observe('step_seconds', 1, 'Seconds', { step: `export ${at}` })
    }
    expect(
      figures.totals().filter(({ name }) => ['deliveries_refused', 'step_seconds'].includes(name)),
    ).toEqual([])
  })
})

describe('figures that are collected', () => {
  const collected = () => {
    const figures = new Figures()
    const full: Taken[] = []
    figures.collect((taken) => full.push(taken))
    return { figures, full }
  }

  test('are what came since they were taken last, and the totals go on', () => {
    const { figures } = collected()
    figures.count('published_files', 5)
    figures.observe('archive_bytes', 100, 'Bytes')
    figures.observe('archive_bytes', 300, 'Bytes')
    expect(figures.take()).toEqual([
      { name: 'published_files', dimensions: {}, value: 5 },
      { name: 'archive_bytes', dimensions: {}, value: [100, 300] },
    ])
    expect(figures.take()).toEqual([])
    figures.count('published_files', 2)
    expect(figures.take()).toEqual([{ name: 'published_files', dimensions: {}, value: 2 }])
    expect(said(figures, 'published_files')).toBe(7)
  })

  test('are handed over when there are as many as a document takes, so that no more are kept', () => {
    const { figures, full } = collected()
    for (let at = 0; at < 2 * MAX_VALUES + 1; at++) figures.observe('archive_bytes', at, 'Bytes')
    expect(full.map(({ value }) => [value].flat().length)).toEqual([MAX_VALUES, MAX_VALUES])
    expect(full[1]?.value).toEqual(Array.from({ length: MAX_VALUES }, (_, at) => MAX_VALUES + at))
    expect(figures.take()).toEqual([{ name: 'archive_bytes', dimensions: {}, value: [2 * MAX_VALUES] }])
  })

  test('are not kept while nobody collects', () => {
    const figures = new Figures()
    for (let at = 0; at < 10 * MAX_VALUES; at++) figures.observe('archive_bytes', at, 'Bytes')
    figures.count('published_files', 5)
    expect(figures.take()).toEqual([])
  })
})
