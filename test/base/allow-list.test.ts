import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AllowList, parseAllowList } from '../../src/base/allow-list.ts'
import { isBucketName } from '../../src/base/bucket-name.ts'

const list = (text: string): AllowList => {
  const parsed = parseAllowList(text)
  if ('problem' in parsed) throw new Error(parsed.problem)
  return parsed.value
}

describe('an allow list', () => {
  it.each(['', ' ', ',', ' , '])('that is empty allows everything: %j', (text) => {
    expect(list(text).allows('any', 'a/b')).toBe(true)
    expect(list(text).allowsBucket('any')).toBe(true)
  })

  it.each([
    ['lab', 'lab', 'a/b', true],
    ['lab', 'lab-two', 'a/b', false],
    ['lab, other', 'other', 'a/b', true],
    ['lab/team', 'lab', 'team/b', true],
    ['lab/team', 'lab', 'team-two/b', false],
    ['lab/team', 'lab', 'other/team', false],
    ['lab/team', 'lab-two', 'team/b', false],
    ['lab/team-*', 'lab', 'team-two/b', true],
    ['lab/*-open', 'lab', 'team-open/b', true],
    ['lab/*-open', 'lab', 'team-open-not/b', false],
    ['lab-*', 'lab-', 'a/b', true],
    ['*', 'any.bucket', 'a/b', true],
    ['*/team', 'any', 'team/b', true],
    ['a*b*c', 'a-b-c', 'x/y', true],
    ['a*b*c', 'a-c', 'x/y', false],
    ['ab*ba', 'aba', 'x/y', false],
    ['a.b', 'axb', 'x/y', false],
    ['lab/team', 'lab', 'team', false],
  ])('%s allows %s %s: %s', (text, bucket, name, allowed) => {
    expect(list(text).allows(bucket, name)).toBe(allowed)
  })

  it('needs a bucket to be searched as soon as any of its packages may be shown', () => {
    expect(list('lab/team').allowsBucket('lab')).toBe(true)
    expect(list('lab/team').allowsBucket('other')).toBe(false)
  })

  it.each(['LAB', 'lab/', '/team', 'lab/a/b', 's3://lab', 'lab/é', 'lab lab', `lab,${'x,'.repeat(100)}`])(
    'says what is wrong, without the text: %s',
    (text) => {
      const parsed = parseAllowList(text)
      expect(parsed).toEqual({ problem: expect.stringMatching(/^must be /) })
      expect('problem' in parsed && parsed.problem.includes(text)).toBe(false)
    },
  )

  it('compares as a pattern with .* in place of * would', () => {
    const piece = fc.array(fc.constantFrom('a', 'b', '-', '*'), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(piece, fc.array(fc.constantFrom('a', 'b', '-'), { maxLength: 8 }), (pattern, text) => {
        const expected = new RegExp(`^${pattern.join('').replaceAll('*', '.*')}$`).test(text.join(''))
        expect(list(pattern.join('')).allowsBucket(text.join(''))).toBe(expected)
      }),
    )
  })
})

describe('a bucket’s name', () => {
  it.each(['lab', 'a.b-c', '1a2', 'a'.repeat(63)])('is %s', (name) => {
    expect(isBucketName(name)).toBe(true)
  })
  it.each(['', 'ab', 'LAB', 'a_b', 'a..b', '-ab', 'ab.', '10.0.0.1', 'a'.repeat(64), "a'b", 'a\n', 'a"b'])(
    'is not %j',
    (name) => {
      expect(isBucketName(name)).toBe(false)
    },
  )
})
