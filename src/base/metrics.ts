/** What a figure counts: `Seconds` and `Bytes` are observed, `Count` is added up. */
export type Unit = 'Count' | 'Seconds' | 'Bytes' | 'Milliseconds'

/** Few, small and known values: never an id, a name or anything that people wrote. */
export type Dimensions = Readonly<Record<string, string>>

/** Where figures go. Calls are cheap, never throw and never wait. */
export interface Metrics {
  /** Adds to a counter. */
  count(name: string, by?: number, dimensions?: Dimensions): void
  /** One observation of something that varies: a duration, a size. */
  observe(name: string, value: number, unit: Unit, dimensions?: Dimensions): void
}

/** For tests and programs that nobody watches. */
export const NO_METRICS: Metrics = { count: () => {}, observe: () => {} }
