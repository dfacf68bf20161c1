import { expect, it } from 'vitest'
import { LeastRecent } from '../../src/base/least-recent.ts'

it('forgets, when full, what was longest not asked for', () => {
  const held = new LeastRecent<string, number>(2)
  held.set('a', 1)
  held.set('b', 2)
  expect(held.get('a')).toBe(1)
  held.set('c', 3)
  expect([held.get('a'), held.get('b'), held.get('c')]).toEqual([1, undefined, 3])
})

it('holds the newest value of a key, once, until it is deleted', () => {
  const held = new LeastRecent<string, number>(2)
  held.set('a', 1)
  held.set('b', 2)
  held.set('a', 3)
  expect([held.get('a'), held.get('b')]).toEqual([3, 2])
  held.delete('a')
  expect(held.get('a')).toBeUndefined()
})
