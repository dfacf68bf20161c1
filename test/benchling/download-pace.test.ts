import { expect, it } from 'vitest'
import { DOWNLOAD_MIN_BYTES_PER_SECOND } from '../../src/benchling/limits.ts'
import { Pace } from '../../src/benchling/pace.ts'
import { FakeClock } from '../support/clock.ts'

/** Pieces of a size that come after so many ms of waiting each; resolves with how many came before it was too slow. */
const piecesUntilTooSlow = async (
  piece: { bytes: number; afterMs: number },
  consumerMs = 0,
  most = 100,
): Promise<number | null> => {
  const clock = new FakeClock()
  const pace = new Pace(clock)
  async function* chunks() {
    for (;;) {
      await clock.advance(piece.afterMs)
      yield new Uint8Array(piece.bytes)
    }
  }
  const all = chunks()
  for (let n = 1; n <= most; n++) {
    await pace.next(all)
    await clock.advance(consumerMs)
    if (pace.tooSlow) return n
  }
  return null
}

it('a byte every twenty seconds is too slow after a minute', async () => {
  expect(await piecesUntilTooSlow({ bytes: 1, afterMs: 20_000 })).toBe(3)
})

it('the least rate is fast enough, a little less is not', async () => {
  const bytes = DOWNLOAD_MIN_BYTES_PER_SECOND * 5
  expect(await piecesUntilTooSlow({ bytes, afterMs: 5_000 })).toBeNull()
  expect(await piecesUntilTooSlow({ bytes: bytes - 100, afterMs: 5_000 })).toBe(12)
})

it('bursts count by their average, and an early burst does not pay for later minutes', async () => {
  expect(await piecesUntilTooSlow({ bytes: DOWNLOAD_MIN_BYTES_PER_SECOND * 29, afterMs: 29_000 })).toBeNull()
  const clock = new FakeClock()
  const pace = new Pace(clock)
  let n = 0
  const all = {
    next: async () => {
      await clock.advance(10_000)
      return { done: false as const, value: new Uint8Array(n++ === 0 ? 1 << 24 : 1) }
    },
  }
  const verdicts: boolean[] = []
  for (let at = 0; at < 12; at++) {
    await pace.next(all)
    verdicts.push(pace.tooSlow)
  }
  expect(verdicts.indexOf(true)).toBe(11)
})

it('a slow consumer of ours is no slow server', async () => {
  expect(await piecesUntilTooSlow({ bytes: 1_000, afterMs: 1 }, 60_000)).toBeNull()
})
