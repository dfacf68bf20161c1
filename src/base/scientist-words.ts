import type { Fault } from './fault.ts'

/** What a scientist reads of a fault: what is wrong, and what to do. */
export type ScientistWords = { readonly says: string; readonly advice: string }

const TELL =
  'Tell whoever runs this service, with the code. Nothing is lost: the work goes on by itself when that is put right.'
const AGAIN = 'It is tried again by itself. If it stays, tell whoever runs this service.'

/** What advice promises while a fault is still tried again. */
const PROMISE = /^(?:It is tried again|A new export is made) by itself(?:, twice at most)?\. /
const ASKS = /^(?:If it has given up, p|Then p)ress Retry/

/** The same advice when nothing is tried by itself any more: what is left is to press *Retry*. */
export const onceGivenUp = (advice: string): string => {
  const rest = advice.replace(PROMISE, '')
  if (rest === advice) return advice
  return ASKS.test(rest) ? rest.replace(ASKS, 'Press Retry') : `Press Retry. ${rest}`
}

/** Parts that a scientist has never heard of: what is wrong with them is in the logs and in the readiness check. */
const INNER = /^(?:config|aws|queue|network|health|jobs)\./
/** Details of others, such as Benchling's own message, a file name, or a rule of the lab. */
const TELLING = /^(?:benchling|export|archive|package|workflow|canvas)\./

/**
 * A fault in front of a scientist: never a name of an AWS part, a setting or an identifier of one, which help nobody
 * there, and may tell too much.
 */
export const scientistWords = (fault: Fault): ScientistWords => {
  const { code, entry } = fault
  const waits = entry.class === 'operator'
  if (INNER.test(code))
    return waits
      ? { says: 'This service is not set up right at the moment.', advice: TELL }
      : { says: 'A part that this service works with does not answer at the moment.', advice: AGAIN }
  return {
    says: TELLING.test(code) ? fault.people : entry.people,
    advice: entry.scientist ?? (waits ? TELL : entry.hint),
  }
}
