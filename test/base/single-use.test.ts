import { describe, expect, test } from 'vitest'
import { allUsedUp, singleUse, stillUsed, usedUp } from '../../src/base/single-use.ts'

const SIZE = 64 * 1024
const piece = () => new Uint8Array(SIZE).fill(7)

describe('memory that is used once', () => {
  test('is freed when its last byte is used up', () => {
    const bytes = singleUse(piece())
    usedUp(bytes.subarray(0, 100))
    expect(bytes).toHaveLength(SIZE)
    usedUp(bytes.subarray(100))
    expect(bytes).toHaveLength(0)
  })

  test('is freed whole on demand, whatever part is at hand', () => {
    const bytes = singleUse(piece())
    allUsedUp(bytes.subarray(0, 1))
    expect(bytes).toHaveLength(0)
  })

  test('stays when somebody may still be reading', () => {
    const bytes = singleUse(piece())
    stillUsed(bytes.subarray(5, 6))
    usedUp(bytes)
    allUsedUp(bytes)
    expect(bytes[SIZE - 1]).toBe(7)
  })

  test('is never touched without a mark, nor a second time', () => {
    const bytes = piece()
    usedUp(bytes)
    expect(bytes).toHaveLength(SIZE)
    const marked = singleUse(piece())
    usedUp(marked)
    expect(() => usedUp(marked)).not.toThrow()
  })

  test('is not marked when it is part of Node’s pool, whose other parts belong to others', () => {
    // Somewhere among these is the one that reaches the end of a pool.
    for (let i = 0; i < 100; i++) {
      const pooled = singleUse(Buffer.allocUnsafe(10_000).fill(7))
      usedUp(pooled)
      allUsedUp(pooled)
      expect(pooled).toHaveLength(10_000)
    }
  })

  test('is not marked when it is small, because small pieces share their memory', () => {
    const small = singleUse(new Uint8Array(1024).fill(7))
    usedUp(small)
    expect(small).toHaveLength(1024)
  })
})
