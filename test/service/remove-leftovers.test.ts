import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { createLog } from '../../src/base/log.ts'
import { createFolderStore } from '../../src/local/folder-store.ts'
import { openSqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { removeLeftovers } from '../../src/service/remove-leftovers.ts'
import { ask, claimNow } from '../jobs/support.ts'
import { body, NAME, signal } from '../registry/support.ts'
import { FakeClock } from '../support/clock.ts'

describe('A service that starts', () => {
  it('keeps what a waiting run stored, and removes what nobody will go on with', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'leftovers-'))
    const clock = new FakeClock()
    const jobs = openSqliteJobs(':memory:', { clock })
    const killed = createFolderStore(folder)
    const place = (run: string) => ({ name: NAME, key: 'a.csv' as never, run })
    await ask(jobs.subjects, 'entry:etr_1', 'd1', clock.now())
    const { run } = (await claimNow(jobs.subjects, 'entry:etr_1', clock.now()))!
    for (const id of [run.id, 'nobody-knows'])
      await createRegistry(killed, clock, { workflow: null }).store(place(id), body('a'), null, signal)
    await killed.close()

    const store = createFolderStore(folder)
    await removeLeftovers(store.sweep, jobs, createLog('silent'))
    expect(await readdir(join(folder, '.objects/.staged'))).toEqual([run.id])
    await store.close()
    await jobs.close()
    await rm(folder, { recursive: true })
  })

  it('starts although the registry cannot be looked at, and says so', async () => {
    const lines = new PassThrough()
    const sweep = () => Promise.reject(new Fault('store.forbidden'))
    await removeLeftovers(sweep, { liveRuns: async () => new Set() }, createLog('warn', lines))
    expect(JSON.parse(String(lines.read()))).toMatchObject({ code: 'store.forbidden' })
  })
})
