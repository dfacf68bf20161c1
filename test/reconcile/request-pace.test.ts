import { describe, expect, test } from 'vitest'
import { createLog } from '../../src/base/log.ts'
import type { RateStatus } from '../../src/benchling/rate-gate.ts'
import { RequestPace } from '../../src/reconcile/request-pace.ts'
import { SkippingClock } from './notebook.ts'

const UNKNOWN: RateStatus = {
  ...{ limit: null, remaining: null, resetAt: null },
  ...{ inFlight: 0, requests: 0, throttled: 0, waitedMs: 0 },
}
const { signal } = new AbortController()

const paced = (share: number, rate: () => RateStatus = () => UNKNOWN) => {
  const clock = new SkippingClock()
  const pace = new RequestPace({ clock, log: createLog('silent'), share, rate })
  const begun = clock.now()
  const turns = async (count: number): Promise<number[]> => {
    const at: number[] = []
    for (let i = 0; i < count; i++) {
      await pace.turn(signal)
      at.push(clock.now() - begun)
    }
    return at
  }
  return { clock, pace, turns }
}

describe('The pace of the reconciler', () => {
  test('keeps to its share of the app’s requests, evenly', async () => {
    const { turns } = paced(0.2)
    const at = await turns(200)
    for (const from of at)
      expect(at.filter((time) => time >= from && time < from + 30_000).length).toBeLessThanOrEqual(60)
    expect(at.slice(0, 3)).toEqual([0, 500, 1_000])
  })

  test('follows the limit that Benchling tells', async () => {
    const { turns } = paced(0.5, () => ({ ...UNKNOWN, limit: 60 }))
    expect(await turns(3)).toEqual([0, 1_000, 2_000])
  })

  test('leaves a window to others that use more than half of it, and asks in the next one', async () => {
    const { clock, turns } = paced(1, () => ({
      ...UNKNOWN,
      ...{ limit: 300, remaining: 150, resetAt: Math.ceil((clock.now() + 1) / 30_000) * 30_000 },
    }))
    clock.advance(7_000)
    const at = await turns(3)
    expect(at).toEqual([30_000, 60_000, 90_000])
  })

  test('asks half as often after each 429, whoever got it, and recovers', async () => {
    let throttled = 0
    const { turns } = paced(0.2, () => ({ ...UNKNOWN, throttled }))
    const gaps: number[] = []
    let last = 0
    for (const more of [0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]) {
      throttled += more
      const [at] = await turns(1)
      gaps.push(at! - last)
      last = at!
    }
    expect(gaps).toEqual([0, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 4_000, 2_000, 1_000, 500, 500])
  })

  test('ends with its signal', async () => {
    const { pace } = paced(0.2)
    const over = AbortSignal.abort(new Error('drain'))
    await expect(pace.turn(over)).rejects.toThrow('drain')
    await pace.turn(signal)
    await expect(pace.turn(over)).rejects.toThrow('drain')
  })
})
