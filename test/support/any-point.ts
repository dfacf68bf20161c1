import fc from 'fast-check'

/**
 * One code point of any kind as a unit of strings, half pairs and controls included. fast-check's own `binary` and
 * `grapheme` build their tables for a second first.
 */
export const anyPoint = fc
  .oneof(
    fc.integer({ min: 0x20, max: 0x7e }),
    fc.nat(0xff),
    fc.nat(0xffff),
    fc.nat(0x10ffff),
    fc.integer({ min: 0xd7f0, max: 0xe010 }),
  )
  .map((point) => String.fromCodePoint(point))

/** The same without half pairs. */
export const soundPoint = anyPoint.map((point) => point.toWellFormed())
