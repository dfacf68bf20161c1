import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ChunkedHasher, chunkSize } from '../../src/quilt/chunked-hash.ts'
import { HASH_TYPES, objectHasher } from '../../src/quilt/object-hash.ts'
import { sample } from '../registry/object-store-contract.ts'
import { vectorJson } from './vectors.ts'

type FileHashes = {
  files: { size: number; sha256_hex: string; 'sha2-256-chunked': string; CRC64NVME: string }[]
  chunksize_rule: { file_size: number; chunksize: number; parts: number }[]
}
const { files, chunksize_rule } = vectorJson<FileHashes>('file_hashes.json')

const hashOf = (type: string, bytes: Uint8Array, step: number): string => {
  const hasher = objectHasher(type, bytes.length)!
  for (let at = 0; at < bytes.length; at += step) hasher.update(bytes.subarray(at, at + step))
  return hasher.digest()
}

describe('hashes of objects', () => {
  it.each(files.map((file) => [file.size, file] as const))(
    'of %i bytes are those of quilt3',
    (size, file) => {
      const bytes = sample(size)
      expect(hashOf('SHA256', bytes, size || 1)).toBe(file.sha256_hex)
      expect(hashOf('sha2-256-chunked', bytes, 1_000_003)).toBe(file['sha2-256-chunked'])
      expect(hashOf('CRC64NVME', bytes, 3_000_001)).toBe(file.CRC64NVME)
    },
  )

  it('do not depend on how the bytes were cut', () => {
    const bytes = sample(10_000)
    const whole = HASH_TYPES.map((type) => hashOf(type, bytes, bytes.length))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), (step) => {
        expect(HASH_TYPES.map((type) => hashOf(type, bytes, step))).toEqual(whole)
      }),
      { numRuns: 40 },
    )
  })

  it('match the published check value of CRC-64/NVME', () => {
    expect(hashOf('CRC64NVME', Buffer.from('123456789'), 9)).toBe('rosUhgp5mIg=')
  })

  it('of an unknown type are not guessed', () => {
    expect(objectHasher('BLAKE9', 1)).toBeNull()
  })

  it('count what they saw', () => {
    const hasher = new ChunkedHasher(5)
    hasher.update(Buffer.from('abc'))
    expect(hasher.bytes).toBe(3)
  })
})

describe('the chunk rule', () => {
  it.each(chunksize_rule.map((rule) => [rule.file_size, rule] as const))(
    'holds for %i bytes',
    (size, rule) => {
      expect(chunkSize(size)).toBe(rule.chunksize)
      expect(Math.ceil(size / chunkSize(size))).toBe(rule.parts)
    },
  )
})
