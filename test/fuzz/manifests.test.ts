import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import { canonicalJson, type Hashable } from '../../src/quilt/canonical-json.ts'
import { logicalKeyProblem } from '../../src/quilt/names.ts'
import { canonicalNumber } from '../../src/quilt/number-literal.ts'
import { parseJson } from '../../src/quilt/parse-json.ts'
import { parseManifest } from '../../src/quilt/parse-manifest.ts'
import { preparedTopHash, prepareManifest, renderManifest } from '../../src/quilt/render-manifest.ts'
import type { LogicalKey, ManifestEntry, ManifestHeader } from '../../src/quilt/types.ts'
import { manifestsOf, VECTORS, vectorJson } from '../quilt/vectors.ts'
import { anyPoint, soundPoint } from '../support/any-point.ts'
import { runs } from './runs.ts'

/**
 * Canonical JSON a second time: from tokens of the text, slowly, without `JSON.parse` and without our number rules, by
 * what Python's documentation says of `json.dumps(json.loads(text), sort_keys=True, separators=(',', ':'))`.
 */
const slowCanonical = (text: string): string => {
  let at = 0
  const space = (): void => {
    while (/\s/.test(text[at] ?? '')) at++
  }
  const string = (): number[] => {
    const points: number[] = []
    for (at++; text[at] !== '"'; ) {
      if (text[at] !== '\\') points.push(text.charCodeAt(at++))
      else if (text[at + 1] === 'u') {
        points.push(Number.parseInt(text.slice(at + 2, at + 6), 16))
        at += 6
      } else {
        points.push('\b\f\n\r\t"\\/'.charCodeAt('bfnrt"\\/'.indexOf(text[at + 1]!)))
        at += 2
      }
    }
    at++
    return points
  }
  const quote = (units: number[]): string => {
    const named: Record<number, string> = {
      8: '\\b',
      12: '\\f',
      10: '\\n',
      13: '\\r',
      9: '\\t',
      34: '\\"',
      92: '\\\\',
    }
    const one = (unit: number): string =>
      named[unit] ??
      (unit >= 32 && unit < 127 ? String.fromCharCode(unit) : `\\u${`000${unit.toString(16)}`.slice(-4)}`)
    return `"${units.map(one).join('')}"`
  }
  const number = (): string => {
    const literal = /^-?\d+(\.\d+)?([eE][+-]?\d+)?/.exec(text.slice(at))![0]
    at += literal.length
    if (/^-?\d+$/.test(literal)) return BigInt(literal).toString()
    const value = Number(literal)
    if (value === Number.POSITIVE_INFINITY) return 'Infinity'
    if (value === Number.NEGATIVE_INFINITY) return '-Infinity'
    const [digits = '', power = ''] = Math.abs(value).toExponential().split('e')
    const sign = value < 0 || Object.is(value, -0) ? '-' : ''
    const exponent = Number(power)
    if (value !== 0 && (exponent < -4 || exponent >= 16))
      return `${sign}${digits}e${exponent < 0 ? '-' : '+'}${Math.abs(exponent) < 10 ? '0' : ''}${Math.abs(exponent)}`
    const fixed = BigInt(digits.replace('.', ''))
    const scale = exponent - (digits.split('.')[1]?.length ?? 0)
    if (scale >= 0) return `${sign}${fixed * 10n ** BigInt(scale)}.0`
    const padded = fixed.toString().padStart(1 - scale, '0')
    return `${sign}${padded.slice(0, scale)}.${padded.slice(scale)}`
  }
  const value = (): string => {
    space()
    const first = text[at]!
    if (first === '"') return quote(string())
    if (first === '[' || first === '{') {
      const items: string[] = []
      const members = new Map<string, { points: number[]; text: string }>()
      at++
      space()
      while (text[at] !== ']' && text[at] !== '}') {
        if (text[at] === ',') at++
        space()
        if (first === '[') items.push(value())
        else {
          const units = string()
          space()
          at++ // the colon
          const key = quote(units)
          const points = Array.from(String.fromCharCode(...units), (char) => char.codePointAt(0)!)
          members.set(key, { points, text: `${key}:${value()}` })
        }
        space()
      }
      at++
      if (first === '[') return `[${items.join(',')}]`
      const sorted = [...members.values()].sort(({ points: a }, { points: b }) => {
        const differs = a.findIndex((point, i) => point !== b[i])
        return differs < 0 ? a.length - b.length : a[differs]! - (b[differs] ?? -1)
      })
      return `{${sorted.map((member) => member.text).join(',')}}`
    }
    if (first === '-' || /\d/.test(first)) return number()
    const word = /^(true|false|null)/.exec(text.slice(at))![0]
    at += word.length
    return word
  }
  return value()
}

const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 25 })
const literal = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('', '-'),
      digits.map((text) => text.replace(/^0+(?=\d)/, '')),
      fc.option(digits),
      fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e+', 'e-', 'E-'), fc.nat(330))),
    )
    .map(
      ([sign, whole, fraction, power]) =>
        `${sign}${whole}${fraction ? `.${fraction}` : ''}${power ? power.join('') : ''}`,
    ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.constantFrom(
    '0',
    '-0',
    '0.0',
    '-0.0',
    '9007199254740993',
    '1e16',
    '1e-5',
    '0.0001',
    '1e400',
    '-1e400',
    '5e-324',
  ),
)

const anyText = fc.oneof(
  fc.string({ unit: anyPoint, maxLength: 8 }).map((text) => JSON.stringify(text)),
  fc
    .array(
      fc.constantFrom(
        '\\u0041',
        '\\ud83d',
        '\\ude00',
        '\\uE000',
        '\\/',
        '\\"',
        '\\n',
        'a',
        '\u007f',
        '😀',
        '\\u0000',
      ),
      { maxLength: 4 },
    )
    .map((parts) => `"${parts.join('')}"`),
  fc.constantFrom('"a"', '"b"', '"__proto__"', '"constructor"', '"toString"', '"10"', '"9"', '""'),
)

/** JSON as text, so that number literals, escapes, duplicate keys and spaces are the ones written. */
const { json } = fc.letrec<{ json: string; leaf: string }>((tie) => ({
  leaf: fc.oneof(literal, anyText, fc.constantFrom('null', 'true', 'false', '[]', '{}')),
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('json'), { maxLength: 4 }).map((items) => `[ ${items.join(' ,')}]`),
    fc
      .array(fc.tuple(anyText, tie('json')), { maxLength: 5 })
      .map((members) => `{${members.map(([key, value]) => `${key} :\t${value}`).join(', ')}}`),
  ),
}))

test('canonical JSON is what an independent, slow writer makes of the same text', () => {
  fc.assert(
    fc.property(json, (text) => {
      const { exact, plain } = parseJson(text)
      expect(canonicalJson(exact)).toBe(slowCanonical(text))
      expect(JSON.stringify(plain)).toBe(JSON.stringify(JSON.parse(text)))
    }),
    runs(600),
  )
})

test('the slow writer knows the numbers that Python printed', () => {
  for (const [text, printed] of vectorJson<[string, string][]>('numbers.json')) {
    expect(slowCanonical(text)).toBe(printed)
    expect(canonicalNumber(text)).toBe(printed)
  }
})

const part = fc.oneof(
  fc.string({ unit: soundPoint, minLength: 1, maxLength: 6 }),
  fc.constantFrom('a', 'a-', 'a b', 'é', '😀', '\ue000', '__proto__', 'x%2Fy', '%'),
)
const keys = fc
  .uniqueArray(
    fc
      .array(part, { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join('/'))
      .filter((key) => !logicalKeyProblem(key)),
    { maxLength: 8 },
  )
  .map((all) => all.filter((key) => !all.some((other) => other.startsWith(`${key}/`))))

const entryOf = (key: string, meta: JsonObject, size: number): ManifestEntry => ({
  logicalKey: key as LogicalKey,
  physicalKey: `s3://bucket/${encodeURIComponent(key)}?versionId=v1`,
  size,
  hash: { type: 'sha2-256-chunked', value: createHash('sha256').update(key).digest('base64') },
  meta,
})

const plainObject = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), {
  maxKeys: 3,
}) as fc.Arbitrary<JsonObject>
const manifest = fc.record({
  keys,
  meta: fc.oneof(plainObject, fc.constant(null), fc.constant(undefined)),
  message: fc.option(fc.string({ unit: anyPoint })),
  own: plainObject,
  size: fc.oneof(fc.nat(), fc.constant(Number.MAX_SAFE_INTEGER)),
  workflow: fc.constantFrom(undefined, { id: null, config: 's3://b/c' }),
})

const made = (
  one: typeof manifest extends fc.Arbitrary<infer T> ? T : never,
  order = (list: ManifestEntry[]) => list,
) => {
  const header = {
    version: 'v0',
    message: one.message,
    ...(one.meta === undefined ? {} : { user_meta: one.meta }),
    ...(one.workflow ? { workflow: one.workflow } : {}),
  } as ManifestHeader
  const entries = one.keys.map((key, i) => entryOf(key, i % 2 ? { user_meta: one.own } : {}, one.size))
  const prepared = prepareManifest(header, order(entries))
  return { prepared, topHash: preparedTopHash(prepared), bytes: Buffer.concat([...renderManifest(prepared)]) }
}

/** The top hash by its definition, from the lines themselves, in any order they stand in. */
const slowTopHash = (bytes: Buffer): string => {
  const [header = '', ...lines] = bytes.toString().split('\n').slice(0, -1)
  const parsed = lines.map((line) => JSON.parse(line) as JsonObject)
  const path = (key: unknown) =>
    String(key)
      .split('/')
      .map((name) => Buffer.from(name))
  const compare = (a: Buffer[], b: Buffer[]): number => {
    const at = a.findIndex((name, i) => !b[i] || !name.equals(b[i]))
    return at < 0 ? a.length - b.length : Buffer.compare(a[at]!, b[at] ?? Buffer.alloc(0))
  }
  parsed.sort((a, b) => compare(path(a.logical_key), path(b.logical_key)))
  const hash = createHash('sha256').update(slowCanonical(header))
  for (const { physical_keys: _, ...hashed } of parsed) hash.update(slowCanonical(JSON.stringify(hashed)))
  return hash.digest('hex')
}

test('a manifest is read back as it was written, with the top hash of its definition', () => {
  fc.assert(
    fc.property(manifest, (one) => {
      const { topHash, bytes, prepared } = made(one)
      const again = parseManifest(bytes)
      expect(again.topHash).toBe(topHash)
      expect(slowTopHash(bytes)).toBe(topHash)
      expect(again.entries.map(({ logicalKey }) => logicalKey)).toEqual(
        prepared.entries.map(({ logicalKey }) => logicalKey),
      )
      expect(
        Buffer.concat([...renderManifest(prepareManifest(again.header, again.entries))]).equals(bytes),
      ).toBe(true)
    }),
    runs(120),
  )
})

test('the order of entries and of lines changes nothing', () => {
  fc.assert(
    fc.property(manifest, fc.infiniteStream(fc.nat()), (one, stream) => {
      const shuffled = <T>(list: T[]): T[] =>
        list
          .map((item) => ({ item, at: stream.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ item }) => item)
      const { bytes, topHash } = made(one)
      expect(made(one, shuffled).bytes.equals(bytes)).toBe(true)
      const [header = '', ...lines] = bytes.toString().split('\n').slice(0, -1)
      expect(parseManifest(Buffer.from([header, ...shuffled(lines)].join('\n'))).topHash).toBe(topHash)
    }),
    runs(80),
  )
})

const REAL: readonly Buffer[] = VECTORS.flatMap(({ id }) => manifestsOf(id).map(({ bytes }) => bytes))
const FRAGMENTS = [
  '{',
  '}',
  '"',
  ',',
  'null',
  '0',
  '-0',
  '1.0',
  '1e3',
  '{}',
  '[]',
  '"meta":',
  '\n',
  '../',
  '\ufeff',
  '{"version":"v0"}\n',
]

const changedManifest = fc
  .tuple(
    fc.constantFrom(...REAL),
    fc.array(
      fc.record({
        at: fc.nat(),
        more: fc.nat(30),
        how: fc.constantFrom('byte', 'cut', 'drop', 'double', 'insert', 'line'),
        value: fc.nat(),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([bytes, changes]) =>
    changes.reduce((now, { at: where, more, how, value }) => {
      const at = now.length === 0 ? 0 : where % now.length
      const end = Math.min(now.length, at + more)
      const fragment = Buffer.from(FRAGMENTS[value % FRAGMENTS.length]!)
      if (how === 'cut') return now.subarray(0, at)
      if (how === 'drop') return Buffer.concat([now.subarray(0, at), now.subarray(end)])
      if (how === 'double') return Buffer.concat([now.subarray(0, end), now.subarray(at)])
      if (how === 'insert') return Buffer.concat([now.subarray(0, at), fragment, now.subarray(at)])
      if (how === 'line') {
        const lines = now.toString().split('\n')
        lines.splice(value % lines.length, 1, lines[where % lines.length]!)
        return Buffer.from(lines.join('\n'))
      }
      const copy = Buffer.from(now)
      if (copy.length > 0) copy[at] = value & 0xff
      return copy
    }, bytes),
  )

/** Reads what may be nonsense. What is accepted must be a revision: valid, and writable with a hash that holds. */
const readAny = (bytes: Buffer): 'refused' | 'read' => {
  let read: ReturnType<typeof parseManifest>
  try {
    read = parseManifest(bytes)
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'manifest.invalid' })
    return 'refused'
  }
  expect(read.topHash).toMatch(/^[0-9a-f]{64}$/)
  for (const { meta, hash, size } of read.entries) {
    expect([typeof meta, Array.isArray(meta), meta === null]).toEqual(['object', false, false])
    expect([typeof hash.type, typeof hash.value]).toEqual(['string', 'string'])
    expect(Number.isSafeInteger(size) && size >= 0).toBe(true)
  }
  // Beyond what a double holds: hashed as Python hashes it, but neither quilt3 nor we would write it again.
  if (/[eE]\+?\d{3,}/.test(bytes.toString('latin1'))) return 'read'
  const prepared = prepareManifest(read.header, read.entries)
  const again = parseManifest(Buffer.concat([...renderManifest(prepared)]))
  expect(again.topHash).toBe(preparedTopHash(prepared))
  expect(again.entries.map(({ logicalKey, size }) => [logicalKey, size + 0])).toEqual(
    read.entries.map(({ logicalKey, size }) => [logicalKey, size + 0]),
  )
  return 'read'
}

test('any bytes, and manifests of quilt3 that were changed, are a revision or are refused', () => {
  const seen = { refused: 0, read: 0 }
  fc.assert(
    fc.property(changedManifest, (bytes) => {
      seen[readAny(bytes)]++
    }),
    runs(500),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      expect(readAny(Buffer.from(bytes))).toBe('refused')
    }),
    runs(100),
  )
  expect(Math.min(seen.refused, seen.read)).toBeGreaterThan(20)
})

test('a line of any JSON in a manifest is an entry or is refused', () => {
  /** Mostly right, so that one thing is wrong at a time. */
  const mostly = (right: readonly string[], other: fc.Arbitrary<string>) =>
    fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...right) }, { weight: 1, arbitrary: other })
  const line = fc.record(
    {
      logical_key: mostly(['"a"', '"a/b"', '"d/"', '"../x"', '"\\ud800"'], json),
      physical_keys: mostly(['["s3://b/k"]', '["file:///x","s3://b/k"]', '[]'], json),
      size: mostly(['1', '0', '1.0', '9007199254740992'], fc.oneof(literal, json)),
      hash: mostly(['{"type":"SHA256","value":"x"}', '{"type":"x","value":"","more":1.0}'], json),
      meta: mostly(['null', '{}', '{"user_meta":{"a":1.50}}', '0.0', '""', '[]'], json),
    },
    { requiredKeys: ['logical_key', 'physical_keys'] },
  )
  const seen = { refused: 0, read: 0 }
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 2 }), (lines) => {
      const texts = lines.map(
        (fields) => `{${Object.entries(fields).map(([name, value]) => `"${name}":${value}`)}}`,
      )
      seen[readAny(Buffer.from(['{"version":"v0"}', ...texts].join('\n')))]++
    }),
    runs(600),
  )
  expect(seen.read).toBeGreaterThan(0)
})

test.each([10, 1_000, 100_000])('metadata nested %i deep is read or refused, and never a crash', (depth) => {
  const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`
  const line = `{"logical_key":"a","physical_keys":["s3://b/k"],"size":1,"hash":{"type":"SHA256","value":"x"},"meta":{"x":${deep}}}`
  for (const text of [`{"version":"v0"}\n${line}`, `{"version":"v0","user_meta":{"x":${deep}}}\n`]) {
    let outcome: unknown = 'read'
    try {
      parseManifest(Buffer.from(text))
    } catch (thrown) {
      outcome = (thrown as { code?: unknown }).code
    }
    expect(outcome).toBe(depth > 10_000 ? 'manifest.invalid' : 'read')
  }
})

test('a hash is of what JSON holds: undefined members and the order of keys are nothing', () => {
  fc.assert(
    fc.property(plainObject, fc.string(), (object, name) => {
      const turned = Object.fromEntries(Object.entries(object).reverse())
      const text = canonicalJson(object as Hashable)
      expect(canonicalJson(turned as Hashable)).toBe(text)
      if (!Object.hasOwn(object, name) && name !== '__proto__')
        expect(canonicalJson({ ...object, [name]: undefined } as Hashable)).toBe(text)
    }),
    runs(100),
  )
})
