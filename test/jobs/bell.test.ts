import { describe, expect, it } from 'vitest'
import type { Ring } from '../../src/jobs/ports.ts'
import { localBell } from '../../src/local/bell.ts'
import { settle } from './support.ts'

const listenTo = (bell: ReturnType<typeof localBell>) => {
  const heard: Ring[] = []
  const stop = new AbortController()
  const ended = (async () => {
    for await (const ring of bell.rings(stop.signal)) heard.push(ring)
  })()
  return { heard, ended, stop: () => stop.abort() }
}

describe('the bell of one process', () => {
  it('is heard by everybody who listens, in the order of the rings', async () => {
    const bell = localBell()
    await bell.ring('entry:before', 'd0')
    const [a, b] = [listenTo(bell), listenTo(bell)]
    await bell.ring('entry:a', 'd1')
    await bell.ring('canvas:b', 'd2')
    await settle()
    await bell.ring('entry:a', 'd3')
    await settle()
    const rings = [
      { key: 'entry:a', id: 'd1' },
      { key: 'canvas:b', id: 'd2' },
      { key: 'entry:a', id: 'd3' },
    ]
    expect([a.heard, b.heard]).toEqual([rings, rings])
    a.stop()
    b.stop()
    await Promise.all([a.ended, b.ended])
  })

  it('holds one ring a key for a listener that is busy', async () => {
    const bell = localBell()
    const { heard, stop, ended } = listenTo(bell)
    for (let i = 0; i < 1_000; i++)
      await Promise.all([bell.ring('entry:a', `d${i}`), bell.ring('entry:b', 'd')])
    await settle()
    expect(heard.length).toBeLessThan(2_000)
    expect(heard.at(-1)?.key).toMatch(/^entry:/)
    stop()
    await ended
  })

  it('ends for a listener who stops, and for one who had stopped before', async () => {
    const bell = localBell()
    const { heard, stop, ended } = listenTo(bell)
    stop()
    await ended
    await bell.ring('entry:a', 'd1')
    expect(heard).toEqual([])
    const late: Ring[] = []
    for await (const ring of bell.rings(AbortSignal.abort())) late.push(ring)
    expect(late).toEqual([])
  })
})
