import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { checkKeyTree } from '../../src/quilt/manifest-keys.ts'
import { inWalkOrder } from '../../src/quilt/walk-order.ts'

/** What the check means, without any order. */
const fits = (keys: readonly string[]): boolean =>
  new Set(keys).size === keys.length &&
  !keys.some((file) => keys.some((other) => other.startsWith(`${file}/`)))

test('keys in walk order are one tree when none comes twice and none is a folder, too', () => {
  // Few characters, and those that sort around the slash: so that keys meet often.
  const part = fc.string({
    unit: fc.constantFrom('a', '.', '!', '0', '\u{1F600}'),
    minLength: 1,
    maxLength: 2,
  })
  const key = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
  const seen = new Set<boolean>()
  fc.assert(
    fc.property(fc.array(key, { maxLength: 8 }), (keys) => {
      const sorted = inWalkOrder(keys.map((logicalKey) => ({ logicalKey })))
      const expected = fits(keys)
      seen.add(expected)
      if (expected) checkKeyTree(sorted)
      else expect(() => checkKeyTree(sorted)).toThrow(Fault)
    }),
    { numRuns: 2_000 },
  )
  expect(seen.size).toBe(2)
})
