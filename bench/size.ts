import { WrongCall } from '../test/support/options.ts'

const UNITS: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

/** `256MiB` as bytes. Throws `WrongCall` naming the option. */
export const parseSize = (option: string, text: string): number => {
  const parts = /^(\d+)(KiB|MiB|GiB)$/.exec(text)
  if (!parts) throw new WrongCall(`--${option} is a size like 256MiB or 1GiB`)
  return Number(parts[1]) * UNITS[parts[2]!]!
}
