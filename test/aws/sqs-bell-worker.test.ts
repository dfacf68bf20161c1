import { vi } from 'vitest'
import { openSqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { describeWorker } from '../jobs/worker-contract.ts'
import { openSqsLab } from './sqs-lab.ts'

// Each hour that passes in a test is hundreds of requests on a real socket.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

describeWorker(
  'SQLite, with SQS,',
  async (clock) => openSqliteJobs(':memory:', { clock }),
  async (clock) => {
    const lab = await openSqsLab('bell.fifo', clock)
    return { bell: lab.bell(), close: lab.server.close }
  },
)
