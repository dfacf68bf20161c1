import { describe, expect, it } from 'vitest'
import { mapConcurrent } from '../../src/base/concurrency.ts'
import { backoffMs, retry } from '../../src/base/retry.ts'
import { FakeClock } from '../support/clock.ts'

describe('retry', () => {
  it('tries again after growing pauses until the work succeeds', async () => {
    const clock = new FakeClock()
    const started = clock.now()
    const done = retry(
      clock,
      { attempts: 4, baseMs: 1000, capMs: 15_000, when: () => true, random: () => 1 },
      async (attempt) => {
        if (attempt < 4) throw new Error('not yet')
        return clock.now() - started
      },
    )
    await clock.advance(60_000)
    expect(await done).toBe(1000 + 2000 + 4000)
  })

  it('stops at once at an error that is not worth another try', async () => {
    let attempts = 0
    const options = { attempts: 5, baseMs: 1, capMs: 1, when: () => false }
    const work = async () => {
      attempts++
      throw new Error('final')
    }
    await expect(retry(new FakeClock(), options, work)).rejects.toThrow('final')
    expect(attempts).toBe(1)
  })

  it('waits as long as the other side asks', async () => {
    const clock = new FakeClock()
    const started = clock.now()
    const options = { attempts: 2, baseMs: 1, capMs: 1, when: () => true, waitFor: () => 7000 }
    const done = retry(clock, options, async (attempt) => {
      if (attempt === 1) throw new Error('slow down')
      return clock.now() - started
    })
    await clock.advance(10_000)
    expect(await done).toBe(7000)
  })

  it('never waits longer than the cap, nor less than half of the step', () => {
    for (let attempt = 1; attempt < 40; attempt++) {
      expect(backoffMs(attempt, 1000, 15_000, () => 1)).toBeLessThanOrEqual(15_000)
      expect(backoffMs(attempt, 1000, 15_000, () => 0)).toBeGreaterThanOrEqual(500)
    }
  })
})

describe('mapConcurrent', () => {
  it('keeps the order and the limit', async () => {
    let running = 0
    let most = 0
    const results = await mapConcurrent([5, 4, 3, 2, 1], 2, async (n) => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
      return n * 10
    })
    expect(results).toEqual([50, 40, 30, 20, 10])
    expect(most).toBe(2)
  })

  it('throws the first failure after the others were told to stop and have settled', async () => {
    const stopped: number[] = []
    const work = mapConcurrent([1, 2], 2, async (n, signal) => {
      if (n === 1) throw new Error('first')
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      stopped.push(n)
      return n
    })
    await expect(work).rejects.toThrow('first')
    expect(stopped).toEqual([2])
  })
})
