import { expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { createLog } from '../../src/base/log.ts'
import { keepLease, LEASE_MS } from '../../src/jobs/lease.ts'
import type { Run, Subjects } from '../../src/jobs/ports.ts'
import { FakeClock } from '../support/clock.ts'

const RUN = { id: 'run-1', fence: 1, leaseUntil: LEASE_MS } as Run

const refusedLease = () => {
  const clock = new FakeClock()
  const lines: string[] = []
  let lost = 0
  const change: Subjects['change'] = () => Promise.reject(new Fault('jobs.fenced'))
  const lease = keepLease({
    subjects: { change } as Subjects,
    clock,
    log: createLog('warn', { write: (line: string) => void lines.push(line) }),
    key: 'entry:etr_1',
    run: RUN,
    leaseMs: LEASE_MS,
    renewed: () => {},
    lost: () => void lost++,
  })
  return { clock, lines, lease, lost: () => lost }
}

test('a lease that somebody else took is lost, and that is said', async () => {
  const { clock, lines, lease, lost } = refusedLease()
  await clock.advance(LEASE_MS / 3)
  await lease.stop()
  expect([lost(), lines.length]).toEqual([1, 1])
})

test('a renewal that meets the end of its own run is neither a loss nor worth a word', async () => {
  const { clock, lines, lease, lost } = refusedLease()
  lease.ends()
  await clock.advance(LEASE_MS / 3)
  await lease.stop()
  expect([lost(), lines]).toEqual([0, []])
})

test('a lease is lost at its end, whether or not a store that hangs has answered by then', async () => {
  const clock = new FakeClock()
  let lostAt: number | null = null
  let answer = (): void => {}
  const asked = new Promise<null>((resolve) => {
    answer = () => resolve(null)
  })
  const begun = clock.now()
  const lease = keepLease({
    subjects: { change: () => asked } as never as Subjects,
    clock,
    log: createLog('silent'),
    key: 'canvas:cnvs_1',
    run: { ...RUN, leaseUntil: begun + LEASE_MS },
    leaseMs: LEASE_MS,
    renewed: () => {},
    lost: () => {
      lostAt = clock.now() - begun
    },
  })
  await clock.advance(2 * LEASE_MS)
  expect(lostAt).toBe(LEASE_MS)
  answer()
  await lease.stop()
})

test('a process that slept through the end of its lease asks before it gives up', async () => {
  const clock = new FakeClock()
  let lost = 0
  const lease = keepLease({
    subjects: { change: async () => ({}) } as never as Subjects,
    clock,
    log: createLog('silent'),
    key: 'canvas:cnvs_1',
    run: { ...RUN, leaseUntil: clock.now() - 1 },
    leaseMs: LEASE_MS,
    renewed: () => {},
    lost: () => void lost++,
  })
  await clock.advance(3 * LEASE_MS)
  await lease.stop()
  expect(lost).toBe(0)
})
