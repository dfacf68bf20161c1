import type { ErrorCode } from '../base/errors.ts'
import { type Facts, Fault } from '../base/fault.ts'

const NAME_SHOWN = 120

/** A member's name as it may be shown: control characters and bidirectional marks out, cut to length. */
export const shown = (name: string): string => {
  const clean = name.toWellFormed().replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, '\u{fffd}')
  const points = [...clean]
  return points.length > NAME_SHOWN ? `“${points.slice(0, NAME_SHOWN).join('')}…”` : `“${clean}”`
}

export const archiveFault = (
  code: ErrorCode & `archive.${string}`,
  detail: string,
  facts: Facts = {},
  cause?: unknown,
): Fault => new Fault(code, facts, { detail, cause })

export const damaged = (detail: string, facts: Facts = {}): Fault =>
  archiveFault('archive.directory_invalid', detail, facts)
