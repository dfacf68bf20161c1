import type { z } from 'zod'
import { badRequest } from '../api-error.ts'

/** A request body in the form the API takes, or Benchling's 400. */
export const bodyOf = <T>(schema: z.ZodType<T>, body: unknown): T => {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw badRequest(`Invalid request: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim())
}
