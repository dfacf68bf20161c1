import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dispositionName } from '../../src/benchling/content-disposition.ts'
import {
  answersRange,
  parseContentRange,
  parseUnsatisfied,
  rangeHeader,
  strongEtag,
} from '../../src/benchling/content-range.ts'

describe('the file name of a content-disposition', () => {
  it.each([
    ['attachment; filename=plain.csv', 'plain.csv'],
    ['attachment; filename="two words.csv"', 'two words.csv'],
    ['inline;filename="a;b=\\"c\\".csv"; x=y', 'a;b="c".csv'],
    ['attachment; filename="fallback.csv"; filename*=UTF-8\'\'na%C3%AFve%20%F0%9F%A7%AC.csv', 'naïve 🧬.csv'],
    ["attachment; filename*=utf-8'en'a.csv; filename=b.csv", 'a.csv'],
    ["attachment; filename*=ISO-8859-1''%A3.txt", '£.txt'],
    ["attachment; filename*=UTF-8''%FF.csv; filename=kept.csv", 'kept.csv'],
    ["attachment; filename*=UTF-8''%zz; filename=kept.csv", 'kept.csv'],
    ["attachment; filename*=UTF-16''a; filename=kept.csv", 'kept.csv'],
    ['ATTACHMENT; FILENAME = "caps.csv"', 'caps.csv'],
    ['attachment; filename=first.csv; filename=second.csv', 'first.csv'],
    [`attachment; filename="${Buffer.from('größe.csv').toString('latin1')}"`, 'größe.csv'],
    ['attachment; filename="gr\xf6\xdfe.csv"', 'größe.csv'],
    ['attachment; filename="größe 東京.csv"', 'größe 東京.csv'],
    ['attachment; filename="../../etc/passwd"', '../../etc/passwd'],
  ])('%j is %j', (value, name) => {
    expect(dispositionName(value)).toBe(name)
  })

  it.each([
    null,
    undefined,
    '',
    'attachment',
    'filename=x',
    'attachment; filename=""',
    'attachment; name=x',
    ';'.repeat(9000),
  ])('%j names none', (value) => {
    expect(dispositionName(value)).toBeNull()
  })

  it('survives a round trip through filename*', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
        const encoded = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)
        expect(dispositionName(`attachment; filename*=UTF-8''${encoded}`)).toBe(name)
      }),
      { numRuns: 200 },
    )
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        dispositionName(`attachment; ${text}`)
      }),
      { numRuns: 200 },
    )
  })
})

describe('ranges', () => {
  it.each([
    ['bytes 0-0/1', { start: 0, end: 0, total: 1 }],
    ['bytes 5-9/10', { start: 5, end: 9, total: 10 }],
    ['bytes 5-10/10', null],
    ['bytes 6-5/10', null],
    ['bytes 0-9/*', null],
    ['bytes */10', null],
    ['bytes=0-9/10', null],
    ['bytes 0-9/10, bytes 0-1/10', null],
    [' bytes 0-9/10', null],
    ['items 0-9/10', null],
    ['bytes -1-9/10', null],
    [undefined, null],
  ])('%s is read as %j', (text, range) => {
    expect(parseContentRange(text)).toEqual(range)
  })

  it('are answered only by exactly the bytes asked for, as far as the file reaches', () => {
    const got = { start: 5, end: 9, total: 10 }
    expect(answersRange({ start: 5, end: 9 }, got)).toBe(true)
    expect(answersRange({ start: 5, end: 400 }, got)).toBe(true)
    expect(answersRange({ start: 5, end: 8 }, got)).toBe(false)
    expect(answersRange({ start: 4, end: 9 }, got)).toBe(false)
    expect(answersRange({ last: 5 }, got)).toBe(true)
    expect(answersRange({ last: 6 }, got)).toBe(false)
    expect(answersRange({ last: 99 }, { start: 0, end: 9, total: 10 })).toBe(true)
  })

  it('are asked for in the form of RFC 9110', () => {
    expect(rangeHeader({ start: 0, end: 99 })).toBe('bytes=0-99')
    expect(rangeHeader({ last: 7 })).toBe('bytes=-7')
  })

  it('that cannot be satisfied tell the size', () => {
    expect(parseUnsatisfied('bytes */0')).toBe(0)
    expect(parseUnsatisfied('bytes 0-1/2')).toBeNull()
    expect(parseUnsatisfied(undefined)).toBeNull()
  })

  it('keep strong entity tags only', () => {
    expect(strongEtag('"abc"')).toBe('"abc"')
    expect([strongEtag('W/"abc"'), strongEtag('abc'), strongEtag(undefined)]).toEqual([null, null, null])
  })
})
