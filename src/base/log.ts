import { type DestinationStream, type Logger, pino } from 'pino'
import { type Facts, Fault } from './fault.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'
export type { Logger }

/** Keys that never reach a log line, at any depth the service logs at. */
const SECRET_KEYS = [
  'authorization',
  'clientSecret',
  'client_secret',
  'access_token',
  'token',
  'downloadURL',
  'url',
  'signature',
  'webhook-signature',
  'body',
  'headers',
]

/** Standard output, for all who write lines to it: each is written whole before the next. */
export const standardOutput = (): DestinationStream => pino.destination({ fd: 1, sync: true })

/** JSON lines on standard output (or the given stream). One correlation id, the webhook-id, goes as `delivery`. */
export const createLog = (level: LogLevel, to?: DestinationStream): Logger => {
  const options = {
    level,
    base: { service: 'benchling-webhook' },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: SECRET_KEYS.flatMap((key) => [`["${key}"]`, `*["${key}"]`]), remove: true },
  }
  return to ? pino(options, to) : pino(options)
}

/** A fault as the fields of a log line: code, facts and the chain of causes by name only (messages may hold addresses). */
export const faultFields = (fault: Fault): Facts => ({
  code: fault.code,
  detail: fault.detail,
  ...fault.facts,
  cause: causes(fault.cause),
})

const causes = (cause: unknown): string | undefined => {
  if (cause === undefined) return undefined
  if (cause instanceof Fault) return cause.code
  if (!(cause instanceof Error)) return typeof cause
  const code = (cause as { code?: unknown }).code
  const own = typeof code === 'string' ? `${cause.name}(${code})` : cause.name
  const deeper = causes(cause.cause)
  return deeper ? `${own} < ${deeper}` : own
}
