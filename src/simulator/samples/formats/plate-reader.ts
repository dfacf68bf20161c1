import { seededRandom } from '../../random.ts'

const ROWS = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H']

/** A kinetic read of a 96-well plate as a reader exports it: a preamble, then one line a time point. */
export const plateReaderCsv = (seed: number, timePoints: number): Buffer => {
  const random = seededRandom(seed)
  const wells = ROWS.flatMap((row) => Array.from({ length: 12 }, (_, column) => `${row}${column + 1}`))
  const rates = wells.map(() => 0.005 + random() * 0.05)
  const lines = Array.from({ length: timePoints }, (_, t) => {
    const values = rates.map((rate) => (0.08 + rate * t + (random() - 0.5) * 0.004).toFixed(4))
    return `${t * 30},30.0,${values.join(',')}`
  })
  return Buffer.from(
    [
      'Instrument,Plate reader',
      'Protocol,Kinetic absorbance 410 nm',
      'Temperature (C),30.0',
      '',
      `Time (s),T 410,${wells.join(',')}`,
      ...lines,
      '',
    ].join('\r\n'),
  )
}

/** Rows as CSV, quoted where needed (RFC 4180). */
export const csv = (rows: readonly (readonly (string | number)[])[]): Buffer =>
  Buffer.from(
    rows
      .map((row) =>
        row
          .map(String)
          .map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
          .join(','),
      )
      .join('\r\n')
      .concat('\r\n'),
  )
