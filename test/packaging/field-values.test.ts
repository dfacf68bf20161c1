import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EntryField } from '../../src/benchling/entry.ts'
import { flatFields } from '../../src/packaging/documents/field-values.ts'
import { cutText, portableNumber } from '../../src/packaging/documents/portable.ts'
import { snakeCase, snakeCaseNames } from '../../src/packaging/documents/snake-case.ts'
import { bare } from './entries.ts'

const flat = (field: EntryField) => flatFields(bare({ fields: { f: field } })).values[0]?.[1]

describe('names of fields', () => {
  it.each([
    ['Quilt+ URI', 'quilt_uri'],
    ['sampleName', 'sample_name'],
    ['enable_fastq', 'enable_fastq'],
    ['OD600 (final)', 'od600_final'],
    ['  Größe / µm ', 'größe_μm'],
    ['濃度', '濃度'],
    ['DNA', 'dna'],
    ['***', 'field'],
    ['__proto__', 'proto'],
  ])('%s becomes %s', (name, snake) => {
    expect(snakeCase(name)).toBe(snake)
  })

  it('are all different, whatever their order, and one that fits keeps itself', () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'A', '_', '-', ' ', '2', 'é'), maxLength: 5 })
    fc.assert(
      fc.property(fc.uniqueArray(part), (names) => {
        const given = snakeCaseNames(names)
        expect(new Set(given.values()).size).toBe(names.length)
        expect(snakeCaseNames(names.toReversed())).toEqual(given)
        for (const name of names) if (snakeCase(name) === name) expect(given.get(name)).toBe(name)
      }),
    )
  })
})

describe('values of fields', () => {
  it.each<[string, EntryField, unknown]>([
    ['a link shows its name', { type: 'entry_link', value: 'etr_1', displayValue: 'Culture' }, 'Culture'],
    ['a link without a name shows its id', { type: 'entry_link', value: 'etr_1' }, 'etr_1'],
    ['text is taken as it is', { type: 'text', value: 'a', displayValue: 'b' }, 'a'],
    ['an integer sent as text is a number', { type: 'integer', value: '12' }, 12],
    ['a text of digits stays text', { type: 'text', value: '12' }, '12'],
    ['no value is no key', { type: 'integer', value: null, displayValue: '' }, undefined],
    ['an empty list is no key', { type: 'text', value: [], isMulti: true }, undefined],
    ['several values are texts', { type: 'integer', value: [1, 2] as never, isMulti: true }, ['1', '2']],
    [
      'names that cannot be told apart stay one text',
      { type: 'entry_link', value: ['etr_1', 'etr_2'], displayValue: 'a, b, c', isMulti: true },
      ['a, b, c'],
    ],
  ])('%s', (_, field, expected) => {
    expect(flat(field)).toEqual(expected)
  })

  it.each([
    [0.1, 0.1],
    [-0, 0],
    [9007199254740991, 9007199254740991],
    [9007199254740992, '9007199254740992'],
    [0.0001, 0.0001],
    [0.00009, '0.00009'],
    [1e-7, '1e-7'],
    [1e300, '1e+300'],
  ])('the number %d is %j where all readers must agree', (number, expected) => {
    expect(portableNumber(number)).toBe(expected)
  })

  it('are cut between characters and counted', () => {
    const { values, cut } = flatFields(
      bare({
        fields: {
          long: { type: 'long_text', value: '😀'.repeat(5_000) },
          many: { type: 'text', value: Array(501).fill('x'), isMulti: true },
          short: { type: 'text', value: 'x' },
        },
      }),
    )
    expect(cut).toBe(2)
    expect(values[0]![1]).toMatch(/^(😀)+…$/u)
    expect(values[1]![1]).toHaveLength(500)
  })

  it('never take more bytes than allowed when cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 3, max: 40 }), (text, bytes) => {
        expect(Buffer.byteLength(cutText(text, bytes))).toBeLessThanOrEqual(bytes)
      }),
    )
  })
})
