import { createHash } from 'node:crypto'
import type { StoredObject } from '../registry/ports.ts'
import type { Document } from './documents/render.ts'
import type { PackagingPorts } from './ports.ts'
import { originOf, type Shelf } from './shelf.ts'

/** Stores what was rendered in memory, one after the other; what is the same as before a crash is not stored again. */
export const storeDocuments = async (
  documents: readonly Document[],
  shelf: Shelf,
  ports: PackagingPorts,
  signal: AbortSignal,
): Promise<StoredObject[]> => {
  const stored: StoredObject[] = []
  for (const { key, bytes } of documents) {
    using _memory = await ports.budget.take(bytes.length + ports.registry.uploadBuffer(bytes.length), signal)
    const origin = originOf('document', createHash('sha256').update(bytes).digest('hex'))
    stored.push(await shelf.put(key, origin, { size: bytes.length, chunks: pieces(bytes) }, signal))
  }
  return stored
}

const PIECE_BYTES = 1024 * 1024

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES)
}
