import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ByteRange } from '../../src/base/download.ts'
import { waitMs } from '../../src/benchling/attempts.ts'
import { dispositionName } from '../../src/benchling/content-disposition.ts'
import {
  answersRange,
  parseContentRange,
  parseUnsatisfied,
  rangeHeader,
  strongEtag,
} from '../../src/benchling/content-range.ts'
import { sanitised } from '../../src/benchling/detail.ts'
import { BACKOFF_CAP_SECONDS, DETAIL_MAX_CHARACTERS, RESET_WAIT_CAP_MS } from '../../src/benchling/limits.ts'
import { rateHeaders, waitBefore, windowAfter } from '../../src/benchling/rate-rule.ts'
import type { HttpAnswer } from '../../src/benchling/transport.ts'
import { anyPoint } from '../support/any-point.ts'
import { runs } from './runs.ts'

/** Numbers as headers bring them: right, nearly right, absurd. */
const numeric = fc.oneof(
  fc.nat(400).map(String),
  fc.constantFrom(
    '-1',
    '1e9',
    '0x10',
    ' 7 ',
    '7.5',
    '86400',
    '999999',
    'NaN',
    'Infinity',
    '',
    '٣',
    '00',
    '9'.repeat(400),
    '0.0',
    '1,2',
  ),
  fc.string({ maxLength: 6 }),
)
const header = fc.option(numeric, { nil: undefined })

const NAMES = ['x-rate-limit-limit', 'x-rate-limit-remaining', 'x-rate-limit-reset'] as const
const lookup = (values: readonly (string | undefined)[]) => (name: string) =>
  values[NAMES.indexOf(name as never)]

describe('what Benchling says of its rate', () => {
  test('is a sensible number or nothing, and the wait that follows is bounded', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(header, header, header), { maxLength: 6 }),
        fc.nat(8),
        (answers, inFlight) => {
          const now = 1_790_000_000_000
          let window: ReturnType<typeof windowAfter> | null = null
          for (const values of answers) {
            const read = rateHeaders(lookup(values))
            for (const value of Object.values(read))
              expect(value === null || (Number.isFinite(value) && value >= 0)).toBe(true)
            window = windowAfter(window, read, now)
            expect(window.resetAt).toBeGreaterThan(now)
            expect(window.resetAt).toBeLessThanOrEqual(now + 3_601_000)
            const wait = waitBefore(window, inFlight, now, now)
            if (wait !== 'answer') expect(wait >= 0 && wait <= 3_601_000).toBe(true)
            // after the window it goes on, whatever was said
            expect(waitBefore(window, 0, now, window.resetAt)).toBe(0)
          }
        },
      ),
      runs(400),
    )
  })

  test('never makes a single call wait longer than its cap', () => {
    fc.assert(
      fc.property(
        fc.tuple(header, header, header),
        fc.constantFrom(429, 502, 503),
        fc.integer({ min: 1, max: 2_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, status, attempt, random) => {
          const answer = { status, text: '', header: lookup(values) } as HttpAnswer
          const wait = waitMs(attempt, answer, () => random)
          expect(Number.isInteger(wait) && wait >= 0).toBe(true)
          expect(wait).toBeLessThanOrEqual(Math.max(RESET_WAIT_CAP_MS, BACKOFF_CAP_SECONDS * 1000))
        },
      ),
      runs(300),
    )
  })
})

describe('ranges', () => {
  const token = fc.constantFrom(
    'bytes',
    'Bytes',
    ' ',
    '-',
    '/',
    '*',
    '0',
    '1',
    '9',
    '999999999999999999',
    ',',
    '=',
    '\u0661',
  )
  const small = fc.nat(4)
  const anyRange = fc.oneof(
    fc.array(token, { maxLength: 8 }).map((parts) => parts.join('')),
    fc.tuple(small, small, small).map(([start, end, total]) => `bytes ${start}-${end}/${total}`),
  )
  test('are read as RFC 9110 writes them, or not at all', () => {
    fc.assert(
      fc.property(anyRange, (text) => {
        const range = parseContentRange(text)
        if (range) {
          expect(
            range.start <= range.end && range.end < range.total && Number.isSafeInteger(range.total),
          ).toBe(true)
          expect(text.toLowerCase().replaceAll(/(?<=\D|^)0+(?=\d)/g, '')).toBe(
            `bytes ${range.start}-${range.end}/${range.total}`,
          )
        }
        const total = parseUnsatisfied(text)
        if (total !== null) expect(text.toLowerCase()).toMatch(/^bytes \*\/\d+$/)
      }),
      runs(500),
    )
  })

  test('that answer what was asked are recognised, and others are not', () => {
    const size = fc.integer({ min: 1, max: 1_000_000 })
    fc.assert(
      fc.property(
        size,
        fc.nat(),
        fc.nat(),
        fc.boolean(),
        fc.integer({ min: -1, max: 1 }),
        fc.integer({ min: -1, max: 1 }),
        (total, a, b, tail, left, right) => {
          const [start, end] = [a % total, b % (2 * total)].sort((x, y) => x - y) as [number, number]
          const asked: ByteRange = tail ? { last: 1 + (a % (2 * total)) } : { start, end }
          const wanted =
            'last' in asked
              ? { start: Math.max(0, total - asked.last), end: total - 1 }
              : { start, end: Math.min(end, total - 1) }
          expect(rangeHeader(asked)).toMatch(/^bytes=(\d+-\d+|-\d+)$/)
          const got = { start: wanted.start + left, end: wanted.end + right, total }
          expect(answersRange(asked, got)).toBe(left === 0 && right === 0)
        },
      ),
      runs(300),
    )
  })

  test('only strong tags in printable quotes count', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: anyPoint }),
          fc.string().map((text) => `"${text}"`),
        ),
        (text) => {
          const tag = strongEtag(text)
          if (tag !== null) expect(tag).toBe(text)
          expect(tag !== null).toBe(/^"[!#-~\u0080-\u00ff]*"$/.test(text))
        },
      ),
      runs(300),
    )
  })
})

describe('the name in a content-disposition', () => {
  test('is read in a time that grows with the text, whatever it is', () => {
    const bits = [
      ';',
      '; ',
      ' ',
      '"',
      '\\',
      '\\"',
      '=',
      'a',
      'a=',
      ';a="',
      'filename',
      "*=UTF-8''%",
      ';filename*=',
      '\t',
    ]
    for (const one of bits) {
      for (const two of bits) {
        const begun = performance.now()
        dispositionName(`attachment; ${(one + two).repeat(8_192)}`.slice(0, 8_192))
        expect(performance.now() - begun).toBeLessThan(1_000)
      }
    }
  })

  test('is a text without surrounding syntax, from any header', () => {
    const bits = fc.constantFrom(
      'attachment',
      ';',
      ' ',
      'filename',
      '*',
      '=',
      '"',
      '\\',
      "UTF-8''",
      "iso-8859-1''",
      '%41',
      '%FF',
      '%',
      'é',
      '\xe9',
      'a.csv',
      '/',
      '..',
    )
    fc.assert(
      fc.property(fc.array(bits, { maxLength: 12 }), (parts) => {
        const name = dispositionName(parts.join(''))
        if (name !== null) expect(name).not.toBe('')
      }),
      runs(500),
    )
  })
})

describe('words of the other side', () => {
  test('are one short line without secrets of addresses', () => {
    const bits = fc.constantFrom(
      'https://files.example.com/a?X-Amz-Signature=CANARY&x=CANARY',
      'http://user:CANARY@host/x',
      'https://u:CANARY@host/x#CANARY',
      'Bearer CANARY.x-y_z',
      'basic CANARY==',
      '/path?token=CANARY',
      'HTTPS://H/P?CANARY',
      ' and ',
      '\n',
      ', ',
      'Entry not found',
      '\u202e',
      '😀',
      "it's ",
    )
    fc.assert(
      fc.property(fc.array(bits, { maxLength: 8 }), (parts) => {
        const words = sanitised(parts.join(' '))
        if (words === undefined) return
        expect(words).not.toContain('CANARY')
        expect(words).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e]/u)
        expect([...words].length).toBeLessThanOrEqual(DETAIL_MAX_CHARACTERS)
      }),
      runs(400),
    )
  })

  test('are cleaned in a time that grows with the text', () => {
    for (const bit of ['https://', 'a@', '?a', '?a=', 'bearer ', 'eyJ', ' ', 'http://a@', '\n']) {
      const begun = performance.now()
      sanitised(bit.repeat(200_000))
      expect(performance.now() - begun).toBeLessThan(1_000)
    }
  })
})
