import { crc32 } from 'node:zlib'
import type { Member } from './archive.ts'
import type { Cursor } from './cursor.ts'
import { archiveFault, shown } from './faults.ts'
import { InflateError, inflateStream, inflateWhole } from './inflate.ts'
import { isOneShot } from './spans.ts'

const invalid = (member: Member, detail: string, cause?: unknown): Error =>
  archiveFault('archive.member_invalid', `${shown(member.name)} ${detail}`, { record: member.index }, cause)

async function* unpacked(
  member: Member,
  cursor: Cursor,
  inMemory: boolean,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { compressedSize, size, method } = member
  if (compressedSize === 0) return
  if (method === 'stored')
    yield* inMemory ? [await cursor.take(compressedSize)] : cursor.pieces(compressedSize)
  else if (isOneShot(member)) yield await inflateWhole(await cursor.take(compressedSize), size)
  else
    yield* inflateStream(inMemory ? once(await cursor.take(compressedSize)) : cursor.pieces(compressedSize))
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes
}

/**
 * The bytes of the member that the cursor stands before, checked while they flow: no more than declared ever leaves,
 * and the last piece only when size and CRC-32 are right. `inMemory`: the cursor reads from a buffer.
 * Throws `archive.member_invalid`, and what the source throws.
 */
export async function* memberBytes(
  member: Member,
  cursor: Cursor,
  inMemory: boolean,
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = member.size
  let crc = 0
  const check = (): void => {
    if (crc !== member.crc32) throw invalid(member, 'does not match its checksum.')
  }
  try {
    for await (const chunk of unpacked(member, cursor, inMemory)) {
      if (chunk.byteLength === 0) continue
      left -= chunk.byteLength
      if (left < 0) throw invalid(member, 'is larger than declared.')
      crc = crc32(chunk, crc)
      if (left === 0) check()
      yield chunk
    }
  } catch (thrown) {
    throw thrown instanceof InflateError ? invalid(member, 'cannot be unpacked.', thrown) : thrown
  }
  if (left > 0) throw invalid(member, 'is smaller than declared.')
}
