import { afterEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { createLog } from '../../src/base/log.ts'
import type { JobKind, Leftover } from '../../src/jobs/ports.ts'
import { createWorker, type Worker } from '../../src/jobs/worker.ts'
import { localBell } from '../../src/local/bell.ts'
import { openSqliteJobs, type SqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { FakeClock } from '../support/clock.ts'
import { ask } from './support.ts'
import { type ToyRun, type ToyState, toyKind } from './worker-harness.ts'

const KEY = 'entry:etr_1'

let jobs: SqliteJobs | undefined
const workers: Worker[] = []
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.drain(0)
  await jobs?.close()
})

/** A worker of one toy kind; `left` is what its clean-up was told of: the run, whether it is held, and its marks. */
const open = (run: ToyRun, discard: JobKind<ToyState>['discard'] = async () => {}) => {
  const clock = new FakeClock()
  const store = openSqliteJobs(':memory:', { clock })
  jobs = store
  const left: { run: string; held: boolean; marks: string[]; ended: boolean }[] = []
  const kind: JobKind<ToyState> = {
    ...toyKind(run),
    discard: async (leftover: Leftover) => {
      const ended = (await store.history.run(leftover.run)) !== null
      left.push({
        run: leftover.run,
        held: leftover.held,
        marks: [...leftover.steps.marks('made').keys()],
        ended,
      })
      await discard(leftover)
    },
  }
  const worker = createWorker({
    ...store,
    bell: localBell(),
    clock,
    log: createLog('silent'),
    owner: 'w',
    concurrency: 1,
    version: '1',
    random: () => 0,
    kinds: { entry: kind, canvas: kind, place: kind },
  })
  workers.push(worker)
  const event = (id: string) => ask(store.subjects, KEY, id, clock.now())
  const runs = async () => (await store.history.runs({ limit: 9 })).map(({ outcome }) => outcome)
  return { clock, store, worker, left, event, runs }
}

describe('What a run made', () => {
  it('is cleaned up before the run is buried, with everything it marked', async () => {
    const { worker, left, event, runs } = open(async ({ steps }) => {
      steps.mark('made', 'a', 1)
      throw new Fault('archive.overlap')
    })
    await event('d1')
    await worker.idle()
    expect(left).toEqual([{ run: expect.any(String), held: true, marks: ['a'], ended: false }])
    expect(await runs()).toEqual(['buried'])
  })

  it('is cleaned up before it is made anew, and then is no longer known', async () => {
    let tries = 0
    const { clock, worker, left, event, runs } = open(async ({ steps }) => {
      tries++
      steps.mark('made', `try ${tries}`, 1)
      if (tries < 2) throw new Fault('export.failed')
      return undefined
    })
    await event('d1')
    await worker.idle()
    expect(left.map(({ marks }) => marks)).toEqual([['try 1']])
    await clock.advance(10_000)
    await worker.idle()
    expect(left).toHaveLength(1)
    expect(await runs()).toEqual(['done'])
  })

  it('stays while the run is only put off', async () => {
    const { worker, left, event } = open(async () => {
      throw new Fault('store.unavailable')
    })
    await event('d1')
    await worker.idle()
    expect(left).toEqual([])
  })

  it('is cleaned up once by the run that took its place', async () => {
    let tries = 0
    const { clock, worker, left, event, runs } = open(async ({ steps }) => {
      tries++
      steps.mark('made', `try ${tries}`, 1)
      if (tries < 3) throw new Fault('store.unavailable')
      return undefined
    })
    await event('d1')
    await worker.idle()
    await event('d2')
    await clock.advance(10_000)
    await worker.idle()
    expect(left).toEqual([{ run: expect.any(String), held: false, marks: ['try 1'], ended: false }])
    await clock.advance(10_000)
    await worker.idle()
    expect(left).toHaveLength(1)
    expect(await runs()).toEqual(['done'])
  })

  it('keeps no run from its end when it cannot be cleaned up', async () => {
    const { worker, event, runs } = open(
      async () => {
        throw new Fault('archive.overlap')
      },
      () => Promise.reject(new Fault('store.unavailable')),
    )
    await event('d1')
    await worker.idle()
    expect(await runs()).toEqual(['buried'])
  })

  it('keeps no run from its end when cleaning up takes for ever', async () => {
    let begun = () => {}
    const cleaning = new Promise<void>((resolve) => {
      begun = resolve
    })
    const { clock, worker, event, runs } = open(
      async () => {
        throw new Fault('archive.overlap')
      },
      ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
          begun()
        }),
    )
    await event('d1')
    const idle = worker.idle()
    await cleaning
    await clock.advance(60_000)
    await idle
    expect(await runs()).toEqual(['buried'])
  })
})
