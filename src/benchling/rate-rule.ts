import { MAX_IN_FLIGHT, RATE_LIMIT_REQUESTS, RATE_LIMIT_WINDOW_MS } from './limits.ts'

/** What the last answers said about the window that all processes of the app share. `resetAt` in ms since the epoch. */
export type RateWindow = { readonly limit: number; readonly remaining: number; readonly resetAt: number }

export type RateHeaders = {
  readonly limit: number | null
  readonly remaining: number | null
  /** Seconds until the window ends (not an epoch). */
  readonly resetSeconds: number | null
}

/** This share of the window is never used by us: room for answers that other processes have not seen yet. */
const RESERVE_SHARE = 0.1
/** Above this share of the window nobody waits. */
const FREE_SHARE = 0.5
/** In a window nobody has told us about yet, only so many questions go out before the first answer. */
const PROBES = 2
/** The header counts whole seconds: without a margin we could come up to a second too early. */
const RESET_MARGIN_MS = 1000
/** Ends of windows that differ by less are the same window. */
const SAME_WINDOW_MS = 2500

/**
 * How long to wait before the next request: 0 go, a number of ms, or `answer` until a request under way is answered.
 * Plenty left: at once. Little left: what is left beyond the reserve is spread over the rest of the window, and since
 * every answer tells every process what all of them used, the processes slow down together. Nothing left: the next window.
 */
export const waitBefore = (
  window: RateWindow | null,
  inFlight: number,
  lastAt: number,
  now: number,
): number | 'answer' => {
  if (inFlight >= MAX_IN_FLIGHT) return 'answer'
  if (!window || now >= window.resetAt) return inFlight < PROBES ? 0 : 'answer'
  const reserve = Math.ceil(window.limit * RESERVE_SHARE)
  const free = window.remaining - inFlight - reserve
  const left = window.resetAt - now
  if (free <= 0) return left
  if (window.remaining - inFlight > window.limit * FREE_SHARE) return 0
  return Math.max(0, Math.min(left, Math.ceil(lastAt + left / free - now)))
}

/** The window after an answer. Answers overtake each other, so within one window the smaller remainder counts. */
export const windowAfter = (known: RateWindow | null, headers: RateHeaders, now: number): RateWindow => {
  const current = known && now < known.resetAt ? known : null
  if (headers.remaining === null || headers.resetSeconds === null) {
    return current
      ? { ...current, remaining: Math.max(0, current.remaining - 1) }
      : {
          limit: RATE_LIMIT_REQUESTS,
          remaining: RATE_LIMIT_REQUESTS - 1,
          resetAt: now + RATE_LIMIT_WINDOW_MS,
        }
  }
  const said: RateWindow = {
    limit: headers.limit ?? RATE_LIMIT_REQUESTS,
    remaining: headers.remaining,
    resetAt: now + headers.resetSeconds * 1000 + RESET_MARGIN_MS,
  }
  if (!current || said.resetAt > current.resetAt + SAME_WINDOW_MS) return said
  if (said.resetAt < current.resetAt - SAME_WINDOW_MS) return current
  return {
    limit: said.limit,
    remaining: Math.min(said.remaining, current.remaining),
    resetAt: Math.max(said.resetAt, current.resetAt),
  }
}

/** The three headers of an answer; what is missing or not a sensible number is null. */
export const rateHeaders = (header: (name: string) => string | undefined): RateHeaders => ({
  limit: count(header('x-rate-limit-limit'), 1),
  remaining: count(header('x-rate-limit-remaining'), 0),
  resetSeconds: count(header('x-rate-limit-reset'), 0, 3600),
})

const count = (text: string | undefined, least: number, most = 1_000_000): number | null => {
  if (text === undefined || !/^\d+(\.\d+)?$/.test(text.trim())) return null
  const value = Number(text)
  return value >= least && value <= most ? value : null
}
