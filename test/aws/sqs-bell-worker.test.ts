import { openSqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { describeWorker } from '../jobs/worker-contract.ts'
import { openSqsLab } from './sqs-lab.ts'

describeWorker(
  'SQLite, with SQS,',
  async (clock) => openSqliteJobs(':memory:', { clock }),
  async (clock) => {
    const lab = await openSqsLab('bell.fifo', clock)
    return { bell: lab.bell(), close: lab.server.close }
  },
)
