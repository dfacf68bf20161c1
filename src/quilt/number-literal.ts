/** Exponents from which Python's `repr` of a float switches to scientific notation. */
const SCIENTIFIC_BELOW = -4
const SCIENTIFIC_FROM = 16

/** A number as it stood in a JSON text, kept because a JavaScript number would print (and so hash) differently. */
export class NumberLiteral {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }

  valueOf(): number {
    return Number(this.source)
  }
}

/**
 * What Python's `json` prints after it parsed this JSON number (quilt-formats.md §2.6): without point and exponent an
 * integer of any size, otherwise a float by `repr`: shortest digits, `.0` on whole values, `e-05` with two digits.
 */
export const canonicalNumber = (literal: string): string => {
  if (!/[.eE]/.test(literal)) return literal === '-0' ? '0' : literal
  const value = Number(literal)
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  const [, sign, whole, fraction = '', power] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(
    value.toExponential(),
  )!
  const exponent = Number(power)
  return sign + place(`${whole}${fraction}`, exponent)
}

const place = (digits: string, exponent: number): string => {
  if (exponent < SCIENTIFIC_BELOW || exponent >= SCIENTIFIC_FROM) {
    const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  return `${whole}.${digits.slice(exponent + 1) || '0'}`
}
