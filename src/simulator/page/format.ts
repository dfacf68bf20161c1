const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

export const size = (bytes: number): string => {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return unit === 0 ? `${bytes} B` : `${value.toFixed(value < 10 ? 1 : 0)} ${UNITS[unit]}`
}

export const duration = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`

export const time = (ms: number): string => new Date(ms).toLocaleTimeString('en-GB', { hour12: false })

/** Time of day, with the date when that is not today. */
export const moment = (ms: number, now: number): string => {
  const day = (at: number) => new Date(at).toLocaleDateString('sv-SE')
  return day(ms) === day(now) ? time(ms) : `${day(ms)} ${time(ms)}`
}

export const count = (amount: number): string => amount.toLocaleString('en-US')

/** "just now", "2 min ago", "3 h ago", else the date. */
export const ago = (ms: number, now: number): string => {
  const minutes = Math.floor((now - ms) / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${minutes} min ago`
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`
  return new Date(ms).toISOString().slice(0, 10)
}

const ICONS: Record<string, string> = {
  pdf: '📄',
  csv: '📊',
  xlsx: '📊',
  fasta: '🧬',
  fa: '🧬',
  gb: '🧬',
  tif: '🔬',
  tiff: '🔬',
  png: '🔬',
  jpg: '🔬',
  json: '🗂️',
  md: '📝',
  txt: '📝',
  zip: '🗜️',
}

export const icon = (name: string): string => ICONS[name.split('.').at(-1)?.toLowerCase() ?? ''] ?? '📎'
