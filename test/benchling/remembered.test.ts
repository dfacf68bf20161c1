import { expect, it } from 'vitest'
import { Remembered } from '../../src/benchling/remembered.ts'
import { FakeClock } from '../support/clock.ts'

it('remembers for a while, and null as well', async () => {
  const clock = new FakeClock()
  const names = new Remembered<string | null>(clock, 3)
  names.set('a', 'A', 1000)
  names.set('b', null, 500)
  expect([names.get('a'), names.get('b')]).toMatchObject([{ value: 'A' }, { value: null }])
  await clock.advance(500)
  expect([names.get('a')?.value, names.get('b')]).toEqual(['A', undefined])
  await clock.advance(500)
  expect(names.get('a')).toBeUndefined()
})

it('forgets what was longest not asked for when it is full', () => {
  const names = new Remembered<string>(new FakeClock(), 3)
  for (const key of ['a', 'b', 'c']) names.set(key, key, 1000)
  names.get('a')
  names.set('d', 'd', 1000)
  expect(['a', 'b', 'c', 'd'].filter((key) => names.get(key))).toEqual(['a', 'c', 'd'])
})
