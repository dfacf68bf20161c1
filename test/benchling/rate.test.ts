import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rateHeaders, waitBefore, windowAfter } from '../../src/benchling/rate-rule.ts'
import { anEntry, apiError, client, JumpClock, signal, tenant } from './tenant.ts'

const now = 1_000_000
const said = (remaining: number, resetSeconds = 20, limit = 300) => ({ limit, remaining, resetSeconds })

describe('the steering rule', () => {
  it('lets everybody go while plenty is left', () => {
    expect(waitBefore({ limit: 300, remaining: 290, resetAt: now + 20_000 }, 3, now, now)).toBe(0)
  })

  it('spreads what is left over the rest of the window', () => {
    const window = { limit: 300, remaining: 130, resetAt: now + 20_000 }
    expect(waitBefore(window, 0, now, now)).toBe(200)
    expect(waitBefore(window, 0, now - 150, now)).toBe(50)
    expect(waitBefore(window, 0, now - 5000, now)).toBe(0)
  })

  it('keeps a reserve for answers that other processes have not seen', () => {
    expect(waitBefore({ limit: 300, remaining: 30, resetAt: now + 20_000 }, 0, 0, now)).toBe(20_000)
  })

  it('counts requests under way as used', () => {
    expect(waitBefore({ limit: 300, remaining: 35, resetAt: now + 20_000 }, 5, 0, now)).toBe(20_000)
  })

  it('probes a window it knows nothing about with two requests', () => {
    expect([0, 1, 2].map((inFlight) => waitBefore(null, inFlight, 0, now))).toEqual([0, 0, 'answer'])
    const over = { limit: 300, remaining: 0, resetAt: now }
    expect([0, 1, 2].map((inFlight) => waitBefore(over, inFlight, 0, now))).toEqual([0, 0, 'answer'])
  })

  it('never waits longer than the window lasts, nor forever with nothing under way', () => {
    const number = fc.integer({ min: 0, max: 400 })
    fc.assert(
      fc.property(
        number,
        number,
        fc.integer({ min: 1, max: 60_000 }),
        fc.integer({ min: 0, max: 8 }),
        (limit, remaining, left, inFlight) => {
          const wait = waitBefore({ limit: limit + 1, remaining, resetAt: now + left }, inFlight, now, now)
          if (wait === 'answer') expect(inFlight).toBeGreaterThan(0)
          else expect(wait).toBeLessThanOrEqual(left)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('believes the smaller remainder within a window and everything about a new one', () => {
    const first = windowAfter(null, said(200), now)
    expect(windowAfter(first, said(220), now + 100).remaining).toBe(200)
    expect(windowAfter(first, said(150), now + 100).remaining).toBe(150)
    expect(windowAfter(first, said(299, 30), now + 21_500).remaining).toBe(299)
    expect(
      windowAfter(windowAfter(first, said(299, 30), now + 21_500), said(3, 1), now + 21_600).remaining,
    ).toBe(299)
  })

  it('counts by itself where the headers are missing', () => {
    const nothing = rateHeaders(() => undefined)
    const first = windowAfter(null, nothing, now)
    expect(first).toEqual({ limit: 300, remaining: 299, resetAt: now + 30_000 })
    expect(windowAfter(first, nothing, now).remaining).toBe(298)
  })

  it.each(['-1', 'soon', '1e9', '99999999', ''])('ignores a header that says %j', (text) => {
    expect(rateHeaders(() => text)).toEqual({ limit: null, remaining: null, resetSeconds: null })
  })
})

/** A tenant with fixed windows, counted in the clock of the test. */
const limited = (clock: JumpClock, limit: number, windowMs: number, round: (n: number) => number) => {
  const start = clock.now()
  const windows = new Map<number, number>()
  let refused = 0
  const server = tenant(() => {
    const index = Math.floor((clock.now() - start) / windowMs)
    const used = (windows.get(index) ?? 0) + 1
    windows.set(index, used)
    const headers = {
      'x-rate-limit-limit': String(limit),
      'x-rate-limit-remaining': String(Math.max(0, limit - used)),
      'x-rate-limit-reset': String(round((start + (index + 1) * windowMs - clock.now()) / 1000)),
    }
    if (used <= limit) return { headers, json: anEntry() }
    refused++
    return { status: 429, headers, json: apiError('x', 'Rate limit exceeded.') }
  })
  return { server, windows, refused: () => refused }
}

describe('several processes of one app', () => {
  it.each([
    ['two', 2, Math.ceil],
    ['four', 4, Math.floor],
  ])('%s of them stay under the limit together without being told off', async (_, processes, round) => {
    const clock = new JumpClock()
    const limit = 100
    const { server, windows, refused } = limited(clock, limit, 30_000, round)
    await using running = await server
    const clients = Array.from({ length: processes }, () => client(running.base, { clock }))
    const start = clock.now()
    const calls = clients.flatMap((one) =>
      Array.from({ length: 240 / processes }, () => one.entry('etr_1', signal)),
    )
    await Promise.all(calls)
    expect(refused()).toBe(0)
    expect(Math.max(...windows.values())).toBeLessThanOrEqual(limit)
    // 240 requests need three windows; more than five would be timidity.
    expect(clock.now() - start).toBeLessThan(5 * 31_000)
    expect(clients[0]?.rate).toMatchObject({ limit, inFlight: 0, throttled: 0 })
  })

  it('a stranger who uses the budget up makes them wait, not fail', async () => {
    const clock = new JumpClock()
    const { server, windows } = limited(clock, 60, 30_000, Math.ceil)
    await using running = await server
    windows.set(0, 60)
    const benchling = client(running.base, { clock })
    await Promise.all(Array.from({ length: 10 }, () => benchling.entry('etr_1', signal)))
    expect(benchling.rate.throttled).toBeLessThanOrEqual(2)
    expect(benchling.rate.requests).toBeLessThanOrEqual(12)
  })
})
