import { z } from 'zod'
import type { Parsed } from './parsers.ts'

/** A schema from a parser: its problem is the issue's message, so that no value is ever quoted. */
const of = <T>(parser: (text: string) => Parsed<T>) =>
  z.string().transform((text, context): T => {
    const parsed = parser(text)
    if ('value' in parsed) return parsed.value
    context.addIssue({ code: 'custom', message: parsed.problem })
    return z.NEVER
  })

/** One environment variable: how its text is read, what stands for it, what it means. */
export type Setting<T, Required extends boolean = boolean> = {
  readonly schema: z.ZodType<T, string>
  /** Text that stands for an absent variable; null: there is no default. */
  readonly default: string | null
  readonly required: Required
  readonly meaning: string
  /** Names that existing installations give it; its own name wins. */
  readonly aliases?: readonly string[]
  /** Its key in the secret named by `BenchlingSecret`; what the secret says wins. */
  readonly secretKey?: string
}

type More = Pick<Setting<unknown>, 'aliases' | 'secretKey'>

export const required = <T>(
  parser: (text: string) => Parsed<T>,
  meaning: string,
  more: More = {},
): Setting<T, true> => ({ schema: of(parser), default: null, required: true, meaning, ...more })

export const optional = <T>(
  parser: (text: string) => Parsed<T>,
  meaning: string,
  more: More = {},
): Setting<T, false> => ({ schema: of(parser), default: null, required: false, meaning, ...more })

export const preset = <T>(
  parser: (text: string) => Parsed<T>,
  value: string,
  meaning: string,
  more: More = {},
): Setting<T, true> => ({ schema: of(parser), default: value, required: true, meaning, ...more })
