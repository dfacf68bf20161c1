import { openSqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { describeJobs } from '../jobs/subjects-contract.ts'
import { describeWorker } from '../jobs/worker-contract.ts'

describeJobs('SQLite', async (clock) => openSqliteJobs(':memory:', { clock }))
describeWorker('SQLite', async (clock) => openSqliteJobs(':memory:', { clock }))
