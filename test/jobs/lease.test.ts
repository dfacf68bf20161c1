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
