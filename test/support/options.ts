import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'

/** A program was called with something it does not understand; the message is for who called it. */
export class WrongCall extends Error {}

/** Options and nothing else. Throws `WrongCall` on any other, and on one without its value. */
export const readOptions = <const T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) => {
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (thrown) {
    throw new WrongCall((thrown as Error).message)
  }
}

/** Throws `WrongCall` naming the option. */
export const wholeNumber = (name: string, text: string, from: number, to: number): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value >= from && value <= to) return value
  throw new WrongCall(`--${name} is a whole number from ${from} to ${to}`)
}

/** What a program says and ends with when it was called wrongly; any other fault is thrown on. */
export const explainWrongCall = (thrown: unknown, usage: string): 2 => {
  if (!(thrown instanceof WrongCall)) throw thrown
  process.stderr.write(`${thrown.message}\n${usage}\n`)
  return 2
}
