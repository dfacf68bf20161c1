import { createHash } from 'node:crypto'
import { ChunkedHasher } from './chunked-hash.ts'
import { Crc64Nvme } from './crc64-nvme.ts'

/** What quilt3 verifies; the second is what it, and we, write (quilt-formats.md §3). */
export const HASH_TYPES = ['SHA256', 'sha2-256-chunked', 'CRC64NVME'] as const

export type ObjectHasher = { update(bytes: Uint8Array): void; digest(): string }

/** A hasher that computes `hash.value` of an entry with this hash type and size; null for a type we do not know. */
export const objectHasher = (type: string, size: number): ObjectHasher | null => {
  if (type === 'CRC64NVME') return new Crc64Nvme()
  if (type === 'SHA256') {
    const hash = createHash('sha256')
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex') }
  }
  if (type !== 'sha2-256-chunked') return null
  const chunked = new ChunkedHasher(size)
  return { update: (bytes) => chunked.update(bytes), digest: () => chunked.digest().value }
}
