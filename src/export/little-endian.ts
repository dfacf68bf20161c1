import { damaged } from './faults.ts'

/** A 64-bit field as a number. No file is larger than 2^53 bytes: a field that says so is a lie. */
export const u64 = (bytes: Buffer, offset: number): number => {
  const value = bytes.readBigUInt64LE(offset)
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged('It states an impossible size.')
  return Number(value)
}

export const MAX_U16 = 0xffff
export const MAX_U32 = 0xffffffff
