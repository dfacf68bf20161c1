import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memberName } from '../../src/export/member-name.ts'
import { RESERVED_KEYS } from '../../src/packaging/documents/document-keys.ts'
import { KEY_MAX_BYTES, logicalKeys } from '../../src/packaging/logical-keys.ts'
import { checkKeyTree } from '../../src/quilt/manifest-keys.ts'
import { logicalKeyProblem, MAX_KEY_BYTES } from '../../src/quilt/names.ts'
import { decodePercent, encodePart, encodePath } from '../../src/quilt/percent.ts'
import { fileUrl, parsePhysicalKey, s3Url } from '../../src/quilt/physical-key.ts'
import { inWalkOrder } from '../../src/quilt/walk-order.ts'
import { anyPoint, soundPoint } from '../support/any-point.ts'
import { runs } from './runs.ts'

const RESERVED = new Set([...RESERVED_KEYS, 'tables/'])

/** Bytes as they stand in archives: UTF-8, code pages, halves of characters, separators, what Windows and macOS do. */
const nameBytes = fc
  .array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.uint8Array({ minLength: 1, maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
      },
      {
        weight: 4,
        arbitrary: fc
          .constantFrom(
            'a',
            'b.csv',
            'é',
            'e\u0301',
            '実験',
            '💡',
            'İ',
            'ß',
            'ﬁ',
            'K',
            '\u202e',
            '\u200b',
            'x'.repeat(300),
          )
          .map((text) => Buffer.from(text)),
      },
      {
        weight: 4,
        arbitrary: fc
          .constantFrom(
            '/',
            '\\',
            '//',
            '../',
            './',
            '..',
            '.',
            ' ',
            'C:',
            'NUL',
            'com1.txt',
            '%2F',
            '%',
            '.quilt',
            '?',
          )
          .map((text) => Buffer.from(text)),
      },
      { weight: 1, arbitrary: fc.constantFrom(...RESERVED_KEYS).map((text) => Buffer.from(text)) },
    ),
    { minLength: 1, maxLength: 7 },
  )
  .map((parts) => Buffer.concat(parts))

const unicodeField = (plain: Buffer, name: Buffer, right: boolean): Buffer => {
  const head = Buffer.from([1, 0, 0, 0, 0])
  head.writeUInt32LE((crc32(plain) + (right ? 0 : 1)) >>> 0, 1)
  return Buffer.concat([head, name])
}

/** A member's name by any of the roads a name can take. */
const decoded = fc
  .tuple(nameBytes, fc.option(fc.tuple(nameBytes, fc.boolean())))
  .map(([plain, other]) => memberName(plain, other ? unicodeField(plain, other[0], other[1]) : undefined))

test('a name is decoded to the same text each time, and to text that UTF-8 can hold', () => {
  fc.assert(
    fc.property(nameBytes, nameBytes, fc.boolean(), (plain, other, right) => {
      const field = unicodeField(plain, other, right)
      const name = memberName(plain, field)
      expect(name).toBe(memberName(Buffer.from(plain), Buffer.from(field)))
      expect(name.isWellFormed()).toBe(true)
      expect(name === memberName(plain, undefined) || (right && name === other.toString())).toBe(true)
    }),
    runs(300),
  )
})

test('whatever bytes members are named by, their keys can stand in one package', () => {
  fc.assert(
    fc.property(fc.array(decoded, { maxLength: 20 }), (names) => {
      const { keys } = logicalKeys(names, RESERVED)
      for (const key of keys) {
        expect(logicalKeyProblem(key)).toBeNull()
        expect(Buffer.byteLength(key)).toBeLessThanOrEqual(KEY_MAX_BYTES)
      }
      checkKeyTree(inWalkOrder(keys.map((logicalKey) => ({ logicalKey }))))
      expect(logicalKeys(names, RESERVED).keys).toEqual(keys)
    }),
    runs(250),
  )
})

test('the next revision keeps the keys, whatever new files come beside them', () => {
  const fresh = fc.array(
    decoded.map((name) => `run 7/${name.replaceAll(/[\\/]/g, '')}x`),
    { maxLength: 6 },
  )
  fc.assert(
    fc.property(fc.array(decoded, { maxLength: 12 }), fresh, (names, added) => {
      fc.pre(names.every((name) => !/^[^a-z]*run 7/i.test(name)))
      const before = logicalKeys(names, RESERVED).keys
      expect(logicalKeys([...added, ...names], RESERVED).keys.slice(added.length)).toEqual(before)
      expect(logicalKeys([...names, ...added], RESERVED).keys.slice(0, names.length)).toEqual(before)
    }),
    runs(200),
  )
})

test('keys, and any other text, survive the way into a physical key and back', () => {
  const text = fc.oneof(decoded, fc.string({ unit: anyPoint, minLength: 1 }), fc.string({ minLength: 1 }))
  fc.assert(
    fc.property(text, fc.option(fc.string({ unit: soundPoint, minLength: 1 })), (any, versionId) => {
      const key = any.toWellFormed()
      expect(decodePercent(encodePart(key))).toBe(key)
      expect(decodePercent(encodePath(key))).toBe(key)
      expect(encodePart(key)).toMatch(/^(?:[A-Za-z0-9_.~-]|%[0-9A-F]{2})*$/)
      expect(parsePhysicalKey(s3Url('lab-data', key, versionId))).toEqual({
        scheme: 's3',
        bucket: 'lab-data',
        key,
        versionId,
      })
      if (key.includes('\0')) return
      expect(parsePhysicalKey(fileUrl(`/${key}`))).toEqual({ scheme: 'file', path: `/${key}` })
    }),
    runs(400),
  )
})

test('a physical key of anybody is an address, or refused as part of a manifest that is not valid', () => {
  const url = fc
    .tuple(
      fc.constantFrom('s3://', 'file://', 's3:', 'S3://', 'file:///', 'http://', ''),
      fc.array(
        fc.constantFrom(
          'a',
          '/',
          '?',
          '#',
          '%',
          '%2',
          '%00',
          '%ff',
          'versionId=',
          '&',
          '..',
          ' ',
          '+',
          '\ud800',
        ),
        {
          maxLength: 8,
        },
      ),
      fc.string({ unit: anyPoint, maxLength: 5 }),
    )
    .map(([scheme, parts, end]) => scheme + parts.join('') + end)
  fc.assert(
    fc.property(url, (any) => {
      try {
        const key = parsePhysicalKey(any)
        expect(
          key.scheme === 's3' ? key.key !== '' : key.path.startsWith('/') && !key.path.includes('\0'),
        ).toBe(true)
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'manifest.invalid' })
      }
    }),
    runs(500),
  )
})

test('a logical key is refused exactly when it has a part that no path may have, or is too long', () => {
  const text = fc
    .array(
      fc.oneof(fc.constantFrom('', '.', '..', 'a', 'é', '...', '\ud800', 'x'.repeat(500)), fc.string()),
      { maxLength: 5 },
    )
    .map((parts) => parts.join('/'))
  fc.assert(
    fc.property(text, (key) => {
      const bad =
        key === '' ||
        /(^|\/)\.{0,2}(\/|$)/.test(key) ||
        Buffer.from(key).toString() !== key ||
        Buffer.byteLength(key) > MAX_KEY_BYTES
      expect(logicalKeyProblem(key) !== null).toBe(bad)
    }),
    runs(400),
  )
})
