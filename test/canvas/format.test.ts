import { describe, expect, it } from 'vitest'
import { byteSize } from '../../src/base/byte-size.ts'
import { files, minute } from '../../src/canvas/format.ts'
import { link, text } from '../../src/canvas/markdown.ts'

describe('figures on a canvas', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [270_997, '271.0 kB'],
    [2_147_483_648, '2.1 GB'],
    [5e15, '5000.0 TB'],
  ])('shows %i bytes as %s', (count, shown) => {
    expect(byteSize(count)).toBe(shown)
  })

  it('shows times to the minute in UTC and counts with their unit', () => {
    expect(minute(Date.UTC(2026, 3, 15, 12, 0, 59))).toBe('2026-04-15 12:00 UTC')
    expect([files(1), files(2000)]).toEqual(['1 file', '2,000 files'])
  })
})

describe('Markdown from people', () => {
  it.each([
    ['plain words', 'plain words'],
    ['a_b*c', 'a\\_b\\*c'],
    ['# heading', '\\# heading'],
    ['1. item', '1\\. item'],
    ['12) item', '12\\) item'],
    ['ftp://evil.test', 'ftp:\u2060//evil.test'],
    ['help@evil.test', 'help@\u2060evil.test'],
    ['- item', '\\- item'],
    ['line\u2028break\nand\ttab', 'line break and tab'],
    ['\u202Egpj.exe', 'gpj.exe'],
    ['see www.evil.test', 'see www\u2060.evil.test'],
    ['_www.evil.test', '\\_www\u2060.evil.test'],
    ['\ud800', '\ufffd'],
  ])('%j becomes %j', (given, shown) => {
    expect(text(given)).toBe(shown)
  })

  it('cuts long text', () => {
    expect([...text('x'.repeat(1000), 10)]).toHaveLength(10)
  })

  it('encodes what could end a link early', () => {
    expect(link('a]b', 'https://c.test/(x) y')).toBe('[a\\]b](https://c.test/%28x%29%20y)')
    expect(link('a', null)).toBe('a')
  })
})
