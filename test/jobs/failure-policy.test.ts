import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/base/errors.ts'
import { Fault } from '../../src/base/fault.ts'
import {
  BACKOFF_CAP_MS,
  MAX_ATTEMPTS,
  OPERATOR_CAP_MS,
  type PastFailure,
  verdictOn,
} from '../../src/jobs/failure-policy.ts'
import type { Run } from '../../src/jobs/ports.ts'

const run = (more: Partial<Run> = {}): Run => ({
  id: 'r',
  covers: 1,
  forced: false,
  attempt: 0,
  renewals: 0,
  fence: 1,
  owner: 'a',
  leaseUntil: 1,
  startedAt: 0,
  causes: [],
  ...more,
})
const past = (...codes: ErrorCode[]): PastFailure[] =>
  codes.map((code) => ({ code, class: new Fault(code).entry.class }))
const verdict = (code: ErrorCode, r = run(), before: PastFailure[] = [], random = 1) =>
  verdictOn(new Fault(code), r, before, () => random)

describe('the verdict on a fault', () => {
  it('buries what can never succeed', () => {
    expect(verdict('benchling.not_found')).toEqual({ action: 'bury' })
  })

  it.each(['benchling.unavailable', 'internal', 'jobs.deadline'] as const)(
    'never buries endless work for %s, however often it comes',
    (code) => {
      const tired = run({ attempt: MAX_ATTEMPTS })
      const before = past(...Array<ErrorCode>(MAX_ATTEMPTS).fill(code))
      const on = (options: { endless?: boolean }) =>
        verdictOn(new Fault(code), tired, before, () => 1, options)
      expect(on({ endless: true })).toEqual({ action: 'postpone', waitMs: BACKOFF_CAP_MS, counts: true })
      expect(on({})).toEqual({ action: 'bury' })
    },
  )

  it('never buries endless work for a worn-out export, but for what can never succeed', () => {
    const tired = run({ attempt: MAX_ATTEMPTS, renewals: 9 })
    const on = (code: ErrorCode) => verdictOn(new Fault(code), tired, [], () => 1, { endless: true })
    expect(on('export.failed')).toEqual({ action: 'renew', waitMs: BACKOFF_CAP_MS })
    expect(on('benchling.rejected')).toEqual({ action: 'bury' })
  })

  it('backs off with jitter, from two seconds, doubling to five minutes', () => {
    const waits = [0, 1, 2, 6].map((attempt) => verdict('store.unavailable', run({ attempt })))
    expect(waits.map((v) => v.action === 'postpone' && v.waitMs)).toEqual([2_000, 4_000, 8_000, 128_000])
    expect(verdict('store.unavailable', run(), [], 0)).toMatchObject({ waitMs: 1_000, counts: true })
    expect(BACKOFF_CAP_MS).toBe(300_000)
  })

  it('buries at the last attempt', () => {
    expect(verdict('store.unavailable', run({ attempt: MAX_ATTEMPTS - 2 })).action).toBe('postpone')
    expect(verdict('store.unavailable', run({ attempt: MAX_ATTEMPTS - 1 })).action).toBe('bury')
  })

  it('tries what nobody foresaw three times, outages in between not counted', () => {
    const two = past('internal', 'store.unavailable', 'store.unavailable')
    expect(verdict('internal', run({ attempt: 3 }), two).action).toBe('postpone')
    expect(verdict('internal', run({ attempt: 4 }), [...two, ...past('internal')]).action).toBe('bury')
  })

  it('asks for a new export twice', () => {
    expect(verdict('export.link_expired', run({ attempt: 1, renewals: 1 })).action).toBe('renew')
    expect(verdict('export.link_expired', run({ attempt: 2, renewals: 2 })).action).toBe('bury')
  })

  it('waits for configuration without counting, from half a minute to five minutes, anew after another failure', () => {
    const denied = 'store.forbidden'
    const first = verdict(denied, run({ attempt: 7 }), [], 0)
    expect(first).toEqual({ action: 'postpone', waitMs: 30_000, counts: false })
    const waits = [1, 2, 9].map((n) => verdict(denied, run(), past(...Array(n).fill(denied))))
    expect(waits.map((v) => v.action === 'postpone' && v.waitMs)).toEqual([120_000, 240_000, OPERATOR_CAP_MS])
    expect(verdict(denied, run(), past(denied, denied, 'store.unavailable'))).toMatchObject({
      waitMs: 60_000,
    })
  })
})
