import type { Fault } from '../../base/fault.ts'
import { paint } from './terminal.ts'

/** How a command says that it failed: code, the catalogue's sentence, what to do. No stack, no secrets. */
export const failureLines = (fault: Fault, out: NodeJS.WriteStream = process.stderr): string[] => [
  `  ${paint('red', '✗', out)} ${fault.code}  ${fault.people}`,
  `    → ${fault.entry.hint}`,
  '',
]
