const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/** Bytes for people, in decimal steps with one decimal: `271.0 kB`, `2.0 GB`. The same on canvas and terminal. */
export const byteSize = (count: number): string => {
  let value = count
  let unit = 0
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return unit === 0 ? `${count} B` : `${value.toFixed(1)} ${UNITS[unit]}`
}
