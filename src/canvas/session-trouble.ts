import type { Clock } from '../base/clock.ts'
import type { Fault } from '../base/fault.ts'

/** Where Benchling refuses sessions, somebody has to change something: the app’s rights, or Benchling’s plan of this lab. */
export const SESSIONS_REFUSED_MS = 10 * 60_000
/** After any other trouble no session is touched for so long: each draw would wait for the same again. */
export const SESSIONS_PAUSE_MS = 60_000

/** What a process remembers of session calls that failed, for all canvases. */
export type SessionTrouble = {
  /** True while no new session is asked for. */
  refused(): boolean
  /** True while no call is made for any session. */
  paused(): boolean
  refuse(): void
  pause(): void
}

export const createSessionTrouble = (clock: Clock): SessionTrouble => {
  let refusedUntil = 0
  let pausedUntil = 0
  return {
    refused: () => clock.now() < refusedUntil,
    paused: () => clock.now() < pausedUntil,
    refuse: () => {
      refusedUntil = clock.now() + SESSIONS_REFUSED_MS
    },
    pause: () => {
      pausedUntil = clock.now() + SESSIONS_PAUSE_MS
    },
  }
}

/** True for an answer that the same request would get again. */
export const isRefusal = ({ code }: Fault): boolean =>
  code === 'benchling.forbidden' || code === 'benchling.not_found' || code === 'benchling.rejected'
