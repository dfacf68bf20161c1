import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import type { PackageName } from '../../src/quilt/types.ts'
import { type CachedQuery, cachedQuery } from '../../src/registry/cached-query.ts'
import { collectFound, type FoundPackages } from '../../src/registry/package-query.ts'
import { FakeClock } from '../support/clock.ts'

let clock: FakeClock
let cache: CachedQuery
let asked: string[]
let answer: (value: string, signal: AbortSignal) => Promise<FoundPackages>
let changes: string[]

const these = (...names: string[]): FoundPackages =>
  collectFound(
    names.map((name) => ({ bucket: 'lab', name: name as PackageName, topHash: null })),
    true,
  )

beforeEach(() => {
  clock = new FakeClock()
  asked = []
  changes = []
  answer = async () => these('lab/a')
  const find = (value: string, signal: AbortSignal) => {
    asked.push(value)
    return answer(value, signal)
  }
  cache = cachedQuery({ find }, { clock, log: pino({ level: 'silent' }) })
  cache.onChange((value) => void changes.push(value))
})
afterEach(() => cache.close())

const named = () => cache.peek('EXP1').packages.map(({ name }) => name)
const settled = () => clock.advance(0)

describe('a cached query', () => {
  it('answers at once, searches once for all who look, and tells when there is an answer', async () => {
    const nothing = { packages: [], complete: false, at: null, warning: null, searching: true }
    expect([cache.peek('EXP1'), cache.peek('EXP1')]).toEqual([nothing, nothing])
    await settled()
    expect(changes).toEqual(['EXP1'])
    expect(asked).toEqual(['EXP1'])
    expect(cache.peek('EXP1')).toEqual({
      ...these('lab/a'),
      problem: undefined,
      at: clock.now(),
      warning: null,
      searching: false,
    })
  })

  it('tells of an answer that nothing was found', async () => {
    answer = async () => these()
    cache.peek('EXP1')
    await settled()
    expect(changes).toEqual(['EXP1'])
    expect(cache.peek('EXP1')).toMatchObject({ at: clock.now(), complete: true })
  })

  it('serves the old answer while it looks again, and tells only of another one', async () => {
    cache.peek('EXP1')
    await clock.advance(60_000)
    expect(named()).toEqual(['lab/a'])
    await settled()
    expect(asked).toHaveLength(2)
    expect(changes).toHaveLength(1)
    answer = async () => these('lab/a', 'lab/b')
    await clock.advance(60_000)
    expect(named()).toEqual(['lab/a'])
    await settled()
    expect(changes).toHaveLength(2)
    expect(named()).toEqual(['lab/a', 'lab/b'])
  })

  it('looks again by itself, once, when somebody looked at an answer of some seconds', async () => {
    cache.peek('EXP1')
    await settled()
    cache.peek('EXP1')
    await clock.advance(10_000)
    expect(clock.sleeping).toBe(0)
    cache.peek('EXP1')
    cache.peek('EXP1')
    answer = async () => these('lab/late')
    await clock.advance(50_000)
    expect(asked).toHaveLength(2)
    expect(changes).toHaveLength(2)
    await clock.advance(3_600_000)
    expect(asked).toHaveLength(2)
  })

  it('keeps the last good answer when a search fails, with a warning, and tries again ever later', async () => {
    cache.peek('EXP1')
    await settled()
    answer = async () => {
      throw new Fault('query.timeout')
    }
    await clock.advance(60_000)
    cache.peek('EXP1')
    await settled()
    expect(cache.peek('EXP1')).toMatchObject({
      packages: these('lab/a').packages,
      warning: { code: 'query.timeout' },
    })
    expect(changes).toHaveLength(2)
    await clock.advance(60_000)
    expect(asked).toHaveLength(3)
    await clock.advance(119_000)
    expect(asked).toHaveLength(3)
    await clock.advance(1_000)
    expect(asked).toHaveLength(4)
    expect(changes).toHaveLength(2)
    answer = async () => these('lab/a')
    await clock.advance(240_000)
    expect(cache.peek('EXP1')).toMatchObject({ warning: null })
    expect(changes).toHaveLength(3)
  })

  it('tries nine times in all, then waits until somebody looks', async () => {
    answer = async () => {
      throw new Error('x')
    }
    cache.peek('EXP1')
    await clock.advance(24 * 3_600_000)
    expect(asked).toHaveLength(9)
    expect(cache.peek('EXP1')).toMatchObject({ at: null, warning: { code: 'internal' } })
    await settled()
    expect(asked).toHaveLength(10)
  })

  it('does not repeat by itself what will never be answered', async () => {
    answer = async () => {
      throw new Fault('query.value_unsupported')
    }
    cache.peek('EXP1')
    await clock.advance(24 * 3_600_000)
    expect(asked).toHaveLength(1)
  })

  it('adds what was known before while a part cannot be searched', async () => {
    answer = async () => these('lab/a', 'lab/b')
    cache.peek('EXP1')
    await clock.advance(60_000)
    answer = async () => ({ ...these('lab/b', 'lab/c'), problem: new Fault('query.failed') })
    cache.peek('EXP1')
    await settled()
    expect(named()).toEqual(['lab/a', 'lab/b', 'lab/c'])
    expect(cache.peek('EXP1').warning).toMatchObject({ code: 'query.failed' })
    answer = async () => these('lab/c')
    await clock.advance(60_000)
    expect(named()).toEqual(['lab/c'])
  })

  it('searches for four values at a time', async () => {
    const ends: (() => void)[] = []
    answer = () => new Promise((resolve) => ends.push(() => resolve(these())))
    for (const value of ['a', 'b', 'c', 'd', 'e', 'f']) cache.peek(value)
    await settled()
    expect(asked).toEqual(['a', 'b', 'c', 'd'])
    ends[1]!()
    await settled()
    expect(asked).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(changes).toEqual(['b'])
    for (let at = 0; at < 6; at++) {
      ends[at]?.()
      await settled()
    }
    expect(asked).toHaveLength(6)
  })

  it('forgets the values looked at longest ago', async () => {
    cache.peek('first')
    cache.peek('second')
    await settled()
    for (let at = 0; at < 998; at++) cache.peek(`v${at}`)
    cache.peek('first')
    cache.peek('one more')
    await settled()
    expect(cache.peek('first').at).not.toBeNull()
    expect(cache.peek('second').at).toBeNull()
  })

  it('looks again when the clock was set back', async () => {
    cache.peek('EXP1')
    await settled()
    clock.setBack(3_600_000)
    cache.peek('EXP1')
    await settled()
    expect(asked).toHaveLength(2)
  })

  it('ends its searches when it is closed, and begins none', async () => {
    answer = (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    cache.peek('EXP1')
    await settled()
    await cache.close()
    expect(changes).toEqual([])
    cache.peek('EXP2')
    await settled()
    expect(asked).toEqual(['EXP1'])
  })
})
