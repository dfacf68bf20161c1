import { METRICS, type MetricEntry, type MetricName } from './metric-names.ts'
import type { Counted, CounterName, Metrics, Observed, ObservedName, UnitOf } from './metrics.ts'

/** CloudWatch takes no more values of one metric in a document (see `metrics-emf.ts`). */
export const MAX_VALUES = 100

type Labels = Readonly<Record<string, string>>

/** One series since the start. `buckets` counts observations up to each bound of the catalogue, those of lower ones included. */
export type Total = { readonly name: MetricName; readonly dimensions: Labels } & (
  | { readonly value: number }
  | { readonly count: number; readonly sum: number; readonly buckets: readonly number[] }
)

/** One series since it was taken last: the sum of a counter, a gauge's value, or every observation, at most `MAX_VALUES`. */
export type Taken = {
  readonly name: MetricName
  readonly dimensions: Labels
  readonly value: number | readonly number[]
}

type Series = {
  readonly name: MetricName
  readonly dimensions: Labels
  readonly buckets: number[]
  sum: number
  count: number
  /** Since it was taken last; null: nothing. */
  added: number | null
  values: number[]
}

type Known = {
  readonly name: MetricName
  readonly entry: MetricEntry
  readonly allowed: readonly (readonly [string, ReadonlySet<string>])[]
  readonly series: Map<string, Series>
}

const NONE: Labels = {}

/**
 * Every figure of this process: counters and distributions since the start, and, once somebody `collects`, since they
 * were taken last. At most one series for every combination of dimensions that the catalogue knows.
 */
export class Figures implements Metrics {
  readonly #known = new Map<string, Known>()
  readonly #gauges = new Map<MetricName, () => number | undefined>()
  #full: ((taken: Taken) => void) | null = null

  constructor() {
    for (const [key, entry] of Object.entries(METRICS) as [MetricName, MetricEntry][]) {
      const allowed = Object.entries(entry.dimensions).map(
        ([dimension, values]) => [dimension, new Set(values)] as const,
      )
      const known: Known = { name: key, entry, allowed, series: new Map() }
      this.#known.set(key, known)
      // What is not counted yet is 0 and not unknown; where there are dimensions, nobody knows which will come.
      if (entry.kind !== 'gauge' && allowed.length === 0) seriesOf(known, NONE)
    }
  }

  count<N extends CounterName>(name: N, ...how: Counted<N>): void
  count(name: string, ...how: unknown[]): void {
    const [by = 1, dimensions = NONE] = how as [number?, Labels?]
    const series = Number.isFinite(by) && by >= 0 ? this.#find('counter', name, dimensions) : null
    if (!series) return
    series.sum += by
    if (this.#full) series.added = (series.added ?? 0) + by
  }

  observe<N extends ObservedName>(name: N, value: number, unit: UnitOf<N>, ...how: Observed<N>): void
  observe(name: string, value: number, unit: string, ...how: unknown[]): void {
    const [dimensions = NONE] = how as [Labels?]
    const series = Number.isFinite(value) ? this.#find('observed', name, dimensions) : null
    if (!series || METRICS[series.name].unit !== unit) return
    series.sum += value
    series.count++
    const bounds: readonly number[] = METRICS[series.name].buckets
    const bucket = bounds.findIndex((bound) => value <= bound)
    if (bucket >= 0) series.buckets[bucket]!++
    if (!this.#full) return
    series.values.push(value)
    if (series.values.length >= MAX_VALUES) this.#full(takenOf(series))
  }

  gauge(name: string, unit: string, read: () => number | undefined): void {
    const known = this.#known.get(name)
    if (known?.entry.kind === 'gauge' && known.entry.unit === unit) this.#gauges.set(known.name, read)
  }

  /** Everything since the start, in the order of the catalogue; gauges are asked now. */
  totals(): Total[] {
    return [...this.#known.values()].flatMap(({ name, entry, series }): Total[] => {
      if (entry.kind === 'gauge') return this.#asked(name)
      return [...series.values()].map(({ dimensions, sum, count, buckets }) => {
        if (entry.kind === 'counter') return { name, dimensions, value: sum }
        return { name, dimensions, sum, count, buckets: runningSums(buckets) }
      })
    })
  }

  /**
   * From now on, keeps what comes, to be taken. `full` is handed a distribution as soon as it has `MAX_VALUES`
   * observations, so that what is kept is bounded; it must not throw.
   */
  collect(full: (taken: Taken) => void): void {
    this.#full = full
  }

  /** What came since it was taken last, and what the gauges say now. */
  take(): Taken[] {
    return [...this.#known.values()].flatMap(({ name, entry, series }): Taken[] => {
      if (entry.kind === 'gauge') return this.#asked(name)
      return [...series.values()]
        .filter(({ added, values }) => added !== null || values.length > 0)
        .map(takenOf)
    })
  }

  #asked(name: MetricName): { name: MetricName; dimensions: Labels; value: number }[] {
    try {
      const value = this.#gauges.get(name)?.()
      return value === undefined || !Number.isFinite(value) ? [] : [{ name, dimensions: NONE, value }]
    } catch {
      return []
    }
  }

  /** The series that a call means; null when the catalogue knows no such figure. */
  #find(kind: MetricEntry['kind'], name: string, dimensions: Labels): Series | null {
    const known = this.#known.get(name)
    return known?.entry.kind === kind ? seriesOf(known, dimensions) : null
  }
}

const seriesOf = ({ name, entry, allowed, series }: Known, given: Labels | null): Series | null => {
  if (given === null || Object.keys(given).length !== allowed.length) return null
  let key = ''
  for (const [dimension, values] of allowed) {
    const value = given[dimension]
    if (value === undefined || !values.has(value)) return null
    key += `${value}\n`
  }
  let found = series.get(key)
  if (!found) {
    const dimensions = Object.fromEntries(allowed.map(([dimension]) => [dimension, given[dimension]!]))
    found = {
      name,
      dimensions,
      buckets: entry.buckets.map(() => 0),
      sum: 0,
      count: 0,
      added: null,
      values: [],
    }
    series.set(key, found)
  }
  return found
}

const runningSums = (numbers: readonly number[]): number[] => {
  let sum = 0
  return numbers.map((number) => {
    sum += number
    return sum
  })
}

const takenOf = (series: Series): Taken => {
  const { name, dimensions, added, values } = series
  series.added = null
  series.values = []
  return { name, dimensions, value: added ?? values }
}
