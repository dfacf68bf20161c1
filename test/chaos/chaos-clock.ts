import { type Clock, systemClock } from '../../src/base/clock.ts'
import { RESEND_AFTER_MS } from '../../src/simulator/outbox.ts'

/** Benchling's pauses before it sends again take minutes; here each is this much longer than the one before. */
const RESEND_STEP_MS = 250

const resends: readonly number[] = RESEND_AFTER_MS

/** The present for a tenant: with short pauses before resends, and with the time a service was down left out. */
export class ChaosClock implements Clock {
  /** How far this clock is ahead, ms. */
  skippedMs = 0

  now(): number {
    return Date.now() + this.skippedMs
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const resend = resends.indexOf(ms)
    return systemClock.sleep(resend < 0 ? ms : (resend + 1) * RESEND_STEP_MS, signal)
  }
}
