const UNITS = ['B', 'KB', 'MB', 'GB', 'TB']

/** Bytes for people, in steps of 1024 with one decimal ("1.0 KB"), as existing canvases show them. */
export const bytes = (count: number): string => {
  let value = count
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return unit === 0 ? `${count} B` : `${value.toFixed(1)} ${UNITS[unit]}`
}

/** `2026-04-15 12:00 UTC` */
export const minute = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`

export const files = (count: number): string =>
  count === 1 ? '1 file' : `${count.toLocaleString('en-US')} files`
