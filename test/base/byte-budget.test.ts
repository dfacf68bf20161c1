import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteBudget } from '../../src/base/byte-budget.ts'

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('a byte budget', () => {
  it('lets nobody hold more than the limit together', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 150 }), { maxLength: 30 }), async (wishes) => {
        const budget = new ByteBudget(100)
        let held = 0
        let most = 0
        await Promise.all(
          wishes.map(async (wish) => {
            using _ = await budget.take(wish)
            held += Math.min(wish, 100)
            most = Math.max(most, held)
            await settled()
            held -= Math.min(wish, 100)
          }),
        )
        expect(most).toBeLessThanOrEqual(100)
        expect(budget.used).toBe(0)
      }),
      { numRuns: 50 },
    )
  })

  it('serves in the order of asking, so that a large request is not starved', async () => {
    const budget = new ByteBudget(10)
    const order: string[] = []
    const first = await budget.take(6)
    const large = budget.take(10).then((held) => {
      order.push('large')
      held[Symbol.dispose]()
    })
    const small = budget.take(1).then((held) => {
      order.push('small')
      held[Symbol.dispose]()
    })
    first[Symbol.dispose]()
    await Promise.all([large, small])
    expect(order).toEqual(['large', 'small'])
  })

  it('forgets a request whose signal aborts, and lets the next one through', async () => {
    const budget = new ByteBudget(10)
    const first = await budget.take(8)
    const gone = new AbortController()
    const large = budget.take(10, gone.signal)
    const small = budget.take(2)
    gone.abort(new Error('gone'))
    await expect(large).rejects.toThrow('gone')
    ;(await small)[Symbol.dispose]()
    first[Symbol.dispose]()
    first[Symbol.dispose]()
    expect(budget.used).toBe(0)
  })
})
