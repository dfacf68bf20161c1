import { z } from 'zod'
import { Fault } from '../base/fault.ts'
import type { Json } from '../base/json.ts'
import { sanitised } from './detail.ts'
import type { Broken, HttpAnswer } from './transport.ts'

/** How an operation is called in logs and facts, as the OpenAPI file names it: `GET /entries/{entry_id}`. */
export type Operation = string

const isHtml = (answer: HttpAnswer): boolean =>
  /\btext\/html\b/i.test(answer.header('content-type') ?? '') ||
  /^\s*<(?:!doctype|html)\b/i.test(answer.text.slice(0, 4096))

/** Statuses that are worth another try within the same call: the vendor's SDK retries exactly these. */
export const isPassing = (status: number): boolean => [429, 502, 503, 504].includes(status)

/** The JSON of a 2xx answer; everything else as the fault it means, with Benchling's own words as detail. */
export const jsonOf = (operation: Operation, answer: HttpAnswer): Json => {
  const { status } = answer
  if (status < 500 && status !== 429 && (isHtml(answer) || (status >= 300 && status < 400)))
    throw new Fault('benchling.wrong_tenant', { operation, status })
  if (status < 200 || status >= 300) throw refusal(operation, answer)
  try {
    return JSON.parse(answer.text) as Json
  } catch {
    throw new Fault('benchling.unexpected_answer', { operation, status, path: '', reason: 'not JSON' })
  }
}

const refusal = (operation: Operation, answer: HttpAnswer): Fault => {
  const { status } = answer
  const error = errorOf(answer.text)
  const facts = { operation, status, type: sanitised(error?.type), invalidId: sanitised(error?.invalidId) }
  const detail = sanitised(error?.userMessage) ?? sanitised(error?.message)
  const more = detail === undefined ? {} : { detail }
  if (status === 401) return new Fault('benchling.unauthorized', facts, more)
  if (status === 403) return new Fault('benchling.forbidden', facts, more)
  if (status === 404) return new Fault('benchling.not_found', facts, more)
  if (status === 429) return new Fault('benchling.rate_limited', facts, more)
  if (status === 408) return new Fault('benchling.timeout', facts, more)
  if (status >= 500 || status < 200) return new Fault('benchling.unavailable', facts, more)
  return new Fault('benchling.rejected', facts, more)
}

const errorBody = z.looseObject({
  error: z.looseObject({
    type: z.unknown().optional(),
    message: z.unknown().optional(),
    userMessage: z.unknown().optional(),
    invalidId: z.unknown().optional(),
  }),
})

const errorOf = (text: string) => {
  try {
    return errorBody.safeParse(JSON.parse(text)).data?.error
  } catch {
    return undefined
  }
}

/** A broken exchange as the fault it means. `maybeDone`: the other side may have acted all the same. */
export const brokenFault = (operation: Operation, broken: Broken): Fault => {
  const facts = { operation, reason: broken.code, maybeDone: broken.sent }
  if (broken.why === 'too-large')
    return new Fault('benchling.unexpected_answer', { operation, reason: 'too large' })
  return new Fault(broken.why === 'timeout' ? 'benchling.timeout' : 'benchling.unavailable', facts, {
    cause: broken,
  })
}

/** Checks an answer; what is missing or of another type is named by its path. New fields are no problem. */
export const checked = <T>(schema: z.ZodType<T>, operation: Operation, json: Json): T => {
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const path = (issue?.path ?? []).map(String).join('.').slice(0, 200)
  throw new Fault(
    'benchling.unexpected_answer',
    { operation, path, reason: issue?.code },
    { detail: sanitised(`${operation}: ${path || 'the answer'} is missing or has another form.`) ?? '' },
  )
}
