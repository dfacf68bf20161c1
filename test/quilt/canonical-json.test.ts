import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, canonicalString, wellFormed } from '../../src/quilt/canonical-json.ts'
import { compareCodePoints } from '../../src/quilt/code-points.ts'
import { canonicalNumber } from '../../src/quilt/number-literal.ts'
import { parseJson } from '../../src/quilt/parse-json.ts'
import { vectorJson } from './vectors.ts'

describe('canonical numbers', () => {
  const numbers = vectorJson<[string, string][]>('numbers.json')

  it('are printed as Python prints each of 8,027 literals', () => {
    expect(numbers).toHaveLength(8_027)
    expect(numbers.filter(([literal, printed]) => canonicalNumber(literal) !== printed)).toEqual([])
  })

  it('survive parsing: a text with the literal hashes as Python would hash it', () => {
    const wrong = numbers.filter(
      ([literal, printed]) => canonicalJson(parseJson(`{"a":[${literal}]}`).exact) !== `{"a":[${printed}]}`,
    )
    expect(wrong).toEqual([])
  })

  it('are, for a JavaScript number, what its JSON text would hash as', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(canonicalJson(value)).toBe(canonicalNumber(JSON.stringify(value)))
        expect(canonicalJson(parseJson(JSON.stringify(value)).exact)).toBe(canonicalJson(value))
      }),
    )
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuse %d, which quilt3 does not write', (value) => {
    expect(() => canonicalJson({ a: [value] })).toThrow(TypeError)
  })
})

describe('canonical JSON', () => {
  it('escapes everything outside printable ASCII, DEL and the halves of pairs included', () => {
    expect(canonicalString('/ é \u007f \u2028 😀 \ud800 "\\\n\r\t\f\b\u0000\u001f')).toBe(
      '"/ \\u00e9 \\u007f \\u2028 \\ud83d\\ude00 \\ud800 \\"\\\\\\n\\r\\t\\f\\b\\u0000\\u001f"',
    )
  })

  it('sorts keys by code point at every level and knows keys that JavaScript treats as special', () => {
    const text =
      '{"b":1,"10":1,"9":1,"__proto__":{"z":1,"a":2},"～":1,"😀":1,"":0,"constructor":[{"y":1,"x":2}]}'
    const { exact, plain } = parseJson(text)
    const expected =
      '{"":0,"10":1,"9":1,"__proto__":{"a":2,"z":1},"b":1,"constructor":[{"x":2,"y":1}],"\\uff5e":1,"\\ud83d\\ude00":1}'
    expect(canonicalJson(exact)).toBe(expected)
    expect(canonicalJson(plain)).toBe(expected)
  })

  it('keeps own keys named __proto__ also where numbers keep their literal', () => {
    const { exact, plain } = parseJson('{"__proto__":{"a":1.0},"b":[1.50]}')
    expect(canonicalJson(exact)).toBe('{"__proto__":{"a":1.0},"b":[1.5]}')
    expect(Object.keys(plain as object)).toEqual(['__proto__', 'b'])
    expect(JSON.stringify(plain)).toBe('{"__proto__":{"a":1},"b":[1.5]}')
  })

  it('leaves undefined properties out, as JSON.stringify does', () => {
    expect(canonicalJson({ a: undefined, b: [null, true] })).toBe('{"b":[null,true]}')
  })

  it('means the same as the JSON it came from', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value as never)
        expect(text).toMatch(/^[\x20-\x7e]*$/)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(parseJson(text).exact)).toBe(text)
      }),
    )
  })

  it('replaces lone surrogates in keys and values where text is to be written', () => {
    expect(wellFormed({ 'k\ud800': ['\udc00', '😀', 1, null] })).toEqual({
      'k\ufffd': ['\ufffd', '😀', 1, null],
    })
  })
})

describe('code point order', () => {
  it('is that of UTF-32, lone surrogates included', () => {
    const points = (text: string) => Array.from(text, (char) => char.codePointAt(0)!)
    const reference = (a: string, b: string) => {
      const [x, y] = [points(a), points(b)]
      const at = x.findIndex((point, i) => point !== y[i])
      if (at === -1) return x.length - y.length
      return at < y.length ? x[at]! - y[at]! : 1
    }
    const char = fc.constantFrom(
      'a',
      '/',
      '\0',
      '\ud800',
      '\udc00',
      '\ud83d',
      '\ude00',
      '\ue000',
      '\uffff',
      '😀',
    )
    const text = fc.array(char, { maxLength: 6 }).map((chars) => chars.join(''))
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareCodePoints(a, b))).toBe(Math.sign(reference(a, b)))
      }),
      { numRuns: 2_000 },
    )
  })
})
