import { expect, it } from 'vitest'
import type { Key } from '../../src/jobs/ports.ts'
import { Wakeups } from '../../src/jobs/wakeups.ts'
import { FakeClock } from '../support/clock.ts'

it('wakes each key at the earliest time it was given, with one timer for all', async () => {
  const clock = new FakeClock(0)
  const woken: [number, Key][] = []
  const wakeups = new Wakeups(clock, (key) => woken.push([clock.now(), key]))
  wakeups.at('entry:late', 5_000)
  wakeups.at('entry:early', 1_000)
  wakeups.at('canvas:c', 2_000)
  wakeups.at('canvas:c', 3_000)
  wakeups.at('entry:late', 4_000)
  await clock.advance(0)
  expect(clock.sleeping).toBe(1)
  await clock.advance(10_000)
  expect(woken).toEqual([
    [1_000, 'entry:early'],
    [2_000, 'canvas:c'],
    [4_000, 'entry:late'],
  ])
  wakeups.at('entry:late', 11_000)
  wakeups.clear()
  await clock.advance(10_000)
  expect(woken).toHaveLength(3)
  expect(clock.sleeping).toBe(0)
})

it('has room for every subject of a large tenant', async () => {
  const clock = new FakeClock(0)
  let woken = 0
  const wakeups = new Wakeups(clock, () => woken++)
  wakeups.at('entry:first', 1_000)
  for (let n = 0; n < 200_000; n++) wakeups.at(`entry:${n}`, 2_000)
  await clock.advance(3_000)
  expect(woken).toBe(200_001)
})
