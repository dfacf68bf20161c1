import type { Fault } from '../../base/fault.ts'
import { paint } from './terminal.ts'

/** How a command says that it failed: code, the catalogue's sentence, what to do. No stack, no secrets. */
export const failureLines = (fault: Fault, out: NodeJS.WriteStream = process.stderr): string[] => {
  const { problems } = fault.facts
  const several = Array.isArray(problems) && problems.length > 1 ? (problems as readonly string[]) : []
  return [
    `  ${paint('red', '✗', out)} ${fault.code}  ${several.length > 0 ? fault.entry.people : fault.people}`,
    ...several.map((problem) => `    · ${problem}`),
    `    → ${fault.entry.hint}`,
    '',
  ]
}
