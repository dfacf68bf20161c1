import { expect, test } from 'vitest'
import { SingleFlight } from '../../src/base/single-flight.ts'

const never = new AbortController().signal

/** Work that ends when it is told to, and counts how often it began. */
const counted = () => {
  const ends: ((value: string) => void)[] = []
  const signals: AbortSignal[] = []
  const work = (signal: AbortSignal) => {
    signals.push(signal)
    return new Promise<string>((resolve, reject) => {
      ends.push(resolve)
      signal.addEventListener('abort', () => reject(signal.reason))
    })
  }
  return { work, ends, signals }
}

test('all who ask at the same time wait for one piece of work, later ones for the next', async () => {
  const flights = new SingleFlight<string>()
  const { work, ends } = counted()
  const [a, b, other] = [
    flights.run('a', never, work),
    flights.run('a', never, work),
    flights.run('b', never, work),
  ]
  expect(ends).toHaveLength(2)
  ends[0]!('first')
  ends[1]!('other')
  expect(await Promise.all([a, b, other])).toEqual(['first', 'first', 'other'])
  const later = flights.run('a', never, work)
  ends[2]!('second')
  expect(await later).toBe('second')
})

test('who leaves does not end it for the others; when all have left it is aborted, and begun anew', async () => {
  const flights = new SingleFlight<string>()
  const { work, ends, signals } = counted()
  const [first, second] = [new AbortController(), new AbortController()]
  const one = flights.run('a', first.signal, work)
  const two = flights.run('a', second.signal, work)
  first.abort(new Error('left'))
  await expect(one).rejects.toThrow('left')
  expect(signals[0]!.aborted).toBe(false)
  second.abort(new Error('left, too'))
  await expect(two).rejects.toThrow('left, too')
  expect(signals[0]!.aborted).toBe(true)
  const again = flights.run('a', never, work)
  ends[1]!('new')
  expect(await again).toBe('new')
})

test('what fails fails for all, and is tried again by the next', async () => {
  const flights = new SingleFlight<string>()
  let tries = 0
  const fail = async (): Promise<string> => {
    if (++tries === 1) throw new Error('broken')
    return 'whole'
  }
  const both = await Promise.allSettled([flights.run('a', never, fail), flights.run('a', never, fail)])
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await flights.run('a', never, fail)).toBe('whole')
  await expect(flights.run('a', AbortSignal.abort(new Error('gone')), fail)).rejects.toThrow('gone')
  expect(tries).toBe(2)
})
