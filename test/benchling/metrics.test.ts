import { describe, expect, it } from 'vitest'
import { Figures } from '../../src/base/metrics-figures.ts'
import { RateGate } from '../../src/benchling/rate-gate.ts'
import { FakeClock } from '../support/clock.ts'
import { figureOf } from '../support/figures.ts'
import { anEntry, apiError, client, type Reply, signal, tenant } from './tenant.ts'

/** A client that is answered this, one after the other, and then with an entry; `null` breaks the connection. */
const answered = async (...replies: (Reply | null)[]) => {
  const running = await tenant((_, response) => {
    const reply = replies.length === 0 ? { json: anEntry() } : replies.shift()
    if (reply) return reply
    response.socket?.destroy()
    return undefined
  })
  const figures = new Figures()
  return { running, figures, benchling: client(running.base, { metrics: figures }) }
}

const requests = (figures: Figures, answer: string) => figureOf(figures, 'benchling_requests', { answer })
const retries = (figures: Figures, why: string) => figureOf(figures, 'benchling_retries', { why })
const refused = (status: number): Reply => ({ status, json: apiError('x', 'No.') })

describe('requests to Benchling', () => {
  it('are counted by their answer, the one for a token among them', async () => {
    const { running, figures, benchling } = await answered(refused(404))
    await using _ = running
    await expect(benchling.entry('etr_1', signal)).rejects.toMatchObject({ code: 'benchling.not_found' })
    await benchling.entry('etr_1', signal)
    expect([requests(figures, '2xx'), requests(figures, '4xx')]).toEqual([2, 1])
    expect(figureOf(figures, 'benchling_token_fetches')).toBe(1)
    expect(figures.totals().filter(({ name }) => name === 'benchling_retries')).toEqual([])
  })

  it('that are made again are counted by what happened before: 429, 5xx, a broken connection', async () => {
    const { running, figures, benchling } = await answered(refused(429), refused(503), null)
    await using _ = running
    await benchling.entry('etr_1', signal)
    expect(['2xx', '429', '4xx', '5xx', 'none'].map((answer) => requests(figures, answer))).toEqual([
      2,
      1,
      undefined,
      1,
      1,
    ])
    expect(['429', '5xx', 'connection', 'timeout'].map((why) => retries(figures, why))).toEqual([
      1,
      1,
      1,
      undefined,
    ])
  })

  it('that are never answered are counted as not answered, and tried again because of a time-out', async () => {
    await using running = await tenant(() => undefined)
    const figures = new Figures()
    const benchling = client(running.base, { metrics: figures, limits: { headersTimeoutMs: 1_000 } })
    await expect(benchling.entry('etr_1', signal)).rejects.toMatchObject({ code: 'benchling.timeout' })
    // the last one is not tried again
    expect(requests(figures, 'none')).toBeGreaterThan(1)
    expect(retries(figures, 'timeout')).toBe(Number(requests(figures, 'none')) - 1)
    expect(retries(figures, 'connection')).toBeUndefined()
  })

  it('that are redirected or given up by us: the one is a 3xx, the other nothing', async () => {
    const { running, figures, benchling } = await answered({
      status: 302,
      headers: { location: '/' },
      text: '',
    })
    await using _ = running
    await expect(benchling.entry('etr_1', signal)).rejects.toMatchObject({ code: 'benchling.wrong_tenant' })
    expect(requests(figures, '3xx')).toBe(1)
    const gone = AbortSignal.abort(new Error('drained'))
    await expect(benchling.entry('etr_1', gone)).rejects.toThrow('drained')
    expect(requests(figures, 'none')).toBeUndefined()
  })
})

describe('the budget of requests', () => {
  it('shows how long requests waited for it; one that goes at once is not counted', async () => {
    const clock = new FakeClock()
    const figures = new Figures()
    const gate = new RateGate(clock, figures)
    await gate.pass(signal)
    gate.answered({ limit: 300, remaining: 0, resetSeconds: 20 }, false)
    expect(figureOf(figures, 'benchling_rate_wait_seconds')).toEqual({ sum: 0, count: 0 })
    const passed = gate.pass(signal)
    await clock.advance(30_000)
    await passed
    // 20 s as the header says, and a second because it counts whole ones
    expect(figureOf(figures, 'benchling_rate_wait_seconds')).toEqual({ sum: 21, count: 1 })
  })
})
