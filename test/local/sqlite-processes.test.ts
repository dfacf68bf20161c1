import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Key } from '../../src/jobs/ports.ts'
import { openSqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { FakeClock } from '../support/clock.ts'

const CHILD = fileURLToPath(new URL('./sqlite-child.ts', import.meta.url))

describe('a jobs file', () => {
  let folder: string
  const path = () => join(folder, 'jobs.db')
  const start = (...args: string[]): ChildProcess =>
    spawn(process.execPath, [CHILD, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const open = () => openSqliteJobs(path(), { clock: new FakeClock() })

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'processes-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('holds everything that was acknowledged before SIGKILL, each delivery whole', async () => {
    const child = start('record', path())
    const acknowledged: string[] = []
    for await (const line of createInterface({ input: child.stdout! })) {
      acknowledged.push(line)
      if (acknowledged.length === 400) child.kill('SIGKILL')
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(400)

    const { subjects, history, close } = open()
    const kept = await history.deliveries({ limit: 1_000_000 })
    const ids = new Set(kept.map((d) => d.id))
    expect(acknowledged.filter((id) => !ids.has(id))).toEqual([])
    const asked = new Map<Key, number>()
    for (const key of kept.flatMap((d) => d.keys)) asked.set(key, (asked.get(key) ?? 0) + 1)
    expect(asked.size).toBe(10)
    for (const [key, times] of asked)
      expect(await subjects.get(key)).toMatchObject({ wanted: times, done: 0 })
    expect(await subjects.due(Number.MAX_SAFE_INTEGER, 100)).toHaveLength(10)
    await close()
  })

  it('may be created and written by several processes at once', async () => {
    const children = ['a', 'b', 'c'].map((name) => start('count', path(), name))
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]))
    expect(codes).toEqual([0, 0, 0])
    const { subjects, close } = open()
    expect((await subjects.get('entry:etr_1'))?.wanted).toBe(300)
    await close()
  })
})
