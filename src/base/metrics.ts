import type { METRICS, MetricEntry, MetricName } from './metric-names.ts'

/** What a figure counts, in CloudWatch's words; Prometheus has the same base units. */
export type Unit = 'Count' | 'Seconds' | 'Bytes'

type Catalogue = typeof METRICS
type Named<K extends MetricEntry['kind']> = {
  [N in MetricName]: Catalogue[N]['kind'] extends K ? N : never
}[MetricName]

export type CounterName = Named<'counter'>
export type ObservedName = Named<'observed'>
export type GaugeName = Named<'gauge'>
export type UnitOf<N extends MetricName> = Catalogue[N]['unit']

/** The dimensions of a figure, each with one of the values that the catalogue knows. */
export type DimensionsOf<N extends MetricName> = {
  readonly [D in keyof Catalogue[N]['dimensions']]: Catalogue[N]['dimensions'][D] extends readonly (infer V)[]
    ? V
    : never
}

type Bare<N extends MetricName> = keyof Catalogue[N]['dimensions'] extends never ? true : false

/** What follows the name of a counter, and the unit of an observation. */
export type Counted<N extends MetricName> =
  Bare<N> extends true ? [by?: number] : [by: number, dimensions: DimensionsOf<N>]
export type Observed<N extends MetricName> = Bare<N> extends true ? [] : [dimensions: DimensionsOf<N>]

/**
 * Where figures go. Calls are cheap, never throw and never wait. Names, units and dimensions are those of
 * `metric-names.ts`; whatever else reaches these calls (through a cast) is counted under nothing.
 */
export interface Metrics {
  /** Adds to a counter: one, or `by` (never negative). */
  count<N extends CounterName>(name: N, ...how: Counted<N>): void
  /** One observation of something that varies: a duration, a size. In the unit's base: seconds, bytes. */
  observe<N extends ObservedName>(name: N, value: number, unit: UnitOf<N>, ...how: Observed<N>): void
  /** Something that is so much now, asked whenever figures are read; undefined: not known. A second one takes its place. */
  gauge<N extends GaugeName>(name: N, unit: UnitOf<N>, read: () => number | undefined): void
}

/** For tests and programs that nobody watches. */
export const NO_METRICS: Metrics = { count: () => {}, observe: () => {}, gauge: () => {} }
