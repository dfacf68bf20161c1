const UNITS: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

/** `256MiB` as bytes. `option` is named when it is no size. */
export const parseSize = (option: string, text: string): number => {
  const parts = /^(\d+)(KiB|MiB|GiB)$/.exec(text)
  if (!parts) throw new Error(`--${option}: not a size: ${text} (256MiB, 1GiB)`)
  return Number(parts[1]) * UNITS[parts[2]!]!
}
