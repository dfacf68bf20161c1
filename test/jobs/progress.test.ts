import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import type { Json } from '../../src/base/json.ts'
import { createLog } from '../../src/base/log.ts'
import { PROGRESS_EVERY_MS, ProgressWriter } from '../../src/jobs/progress.ts'
import { FakeClock } from '../support/clock.ts'

const setUp = () => {
  const clock = new FakeClock()
  const written: Json[] = []
  const outage: { fault: Fault | null } = { fault: null }
  const writer = new ProgressWriter(clock, createLog('silent'), async (change) => {
    if (outage.fault) throw outage.fault
    written.push(change(written.at(-1) ?? []))
  })
  const report = (word: string, now = false) => writer.report((state) => [...(state as string[]), word], now)
  return { clock, written, outage, writer, report }
}

describe('progress', () => {
  it('loses no change that waited for its turn, and keeps their order', async () => {
    const { clock, written, report } = setUp()
    for (const word of ['a', 'b', 'c']) await report(word)
    expect(written).toEqual([['a']])
    await clock.advance(PROGRESS_EVERY_MS)
    expect(written).toEqual([['a'], ['a', 'b', 'c']])
  })

  it('waits no longer than its turn when the clock is set back', async () => {
    const { clock, written, report } = setUp()
    await report('a')
    clock.setBack(3_600_000)
    await report('b')
    await clock.advance(PROGRESS_EVERY_MS)
    expect(written).toEqual([['a'], ['a', 'b']])
  })

  it('takes what waits along when something cannot wait', async () => {
    const { clock, written, report } = setUp()
    await report('a')
    await report('b')
    await report('c', true)
    expect(written.at(-1)).toEqual(['a', 'b', 'c'])
    await clock.advance(PROGRESS_EVERY_MS)
    expect(written).toHaveLength(2)
  })

  it('costs no run when the store is away, but tells it when it is no longer its own', async () => {
    const { outage, report } = setUp()
    outage.fault = new Fault('jobs.store_unavailable')
    await expect(report('a', true)).resolves.toBeUndefined()
    outage.fault = new Fault('jobs.fenced')
    await expect(report('b', true)).rejects.toMatchObject({ code: 'jobs.fenced' })
  })

  it('writes nothing after it was closed', async () => {
    const { clock, written, writer, report } = setUp()
    await report('a')
    await report('b')
    await writer.close()
    await clock.advance(PROGRESS_EVERY_MS)
    expect(written).toEqual([['a']])
  })
})
