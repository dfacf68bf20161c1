/** A time of Benchling in microseconds since the epoch, for comparing; `Date` knows milliseconds only. */
export const microseconds = (time: string): number => {
  const [, fraction = ''] = /\.(\d+)/.exec(time) ?? []
  return Date.parse(time) * 1000 + Number(fraction.slice(3, 6).padEnd(3, '0'))
}

/** The whole second a time of Benchling lies in, since the epoch. */
export const secondOf = (time: string): number => Math.floor(Date.parse(time) / 1000)
