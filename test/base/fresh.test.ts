import { describe, expect, it } from 'vitest'
import { Fresh } from '../../src/base/fresh.ts'
import { FakeClock } from '../support/clock.ts'

const counter = (clock: FakeClock) => {
  let fetched = 0
  let broken = false
  const fresh = new Fresh(clock, { refreshAfterMs: 10, expireAfterMs: 100, forceEveryMs: 50 }, async () => {
    fetched++
    await Promise.resolve()
    if (broken) throw new Error('down')
    return fetched
  })
  return { fresh, fetched: () => fetched, breakIt: () => (broken = true) }
}

describe('a fresh value', () => {
  it('is fetched once for all who ask at the same time', async () => {
    const { fresh, fetched } = counter(new FakeClock())
    expect(await Promise.all([fresh.get(), fresh.get(), fresh.get()])).toEqual([1, 1, 1])
    expect(fetched()).toBe(1)
  })

  it('is served stale while a new one is fetched', async () => {
    const clock = new FakeClock()
    const { fresh } = counter(clock)
    await fresh.get()
    await clock.advance(20)
    expect(await fresh.get()).toBe(1)
    await clock.advance(0)
    expect(await fresh.get()).toBe(2)
  })

  it('survives a failing refresh until it expires', async () => {
    const clock = new FakeClock()
    const { fresh, breakIt } = counter(clock)
    await fresh.get()
    breakIt()
    await clock.advance(50)
    expect(await fresh.get()).toBe(1)
    await clock.advance(60)
    await expect(fresh.get()).rejects.toThrow('down')
  })

  it('is renewed by force no more often than allowed', async () => {
    const clock = new FakeClock()
    const { fresh } = counter(clock)
    await fresh.get()
    expect(await fresh.renew()).toBe(2)
    expect(await fresh.renew()).toBeUndefined()
    await clock.advance(50)
    expect(await fresh.renew()).toBe(3)
  })
})
