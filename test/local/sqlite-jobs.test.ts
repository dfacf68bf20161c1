import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { openSqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { describeSharedJobs } from '../jobs/shared-contract.ts'
import { describeJobs } from '../jobs/subjects-contract.ts'
import { describeWorker } from '../jobs/worker-contract.ts'

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))))

describeJobs('SQLite', async (clock) => openSqliteJobs(':memory:', { clock }))
describeSharedJobs('SQLite', async (clock) => {
  const folder = await mkdtemp(join(tmpdir(), 'shared-'))
  folders.push(folder)
  const open = () => openSqliteJobs(join(folder, 'jobs.db'), { clock })
  return [open(), open()]
})
describeWorker('SQLite', async (clock) => openSqliteJobs(':memory:', { clock }))
