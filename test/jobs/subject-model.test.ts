import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openSqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { openNew } from '../aws/dynamo-lab.ts'
import { type DynamoServer, startDynamoServer } from '../support/dynamo-server.ts'
import { type Real, settle, subjectCommands } from './model/commands.ts'
import { pureSubject, type RealSubject, storedSubject } from './model/real-subject.ts'
import { SubjectModel } from './model/subject-model.ts'

// Thousands of requests over the wire.
vi.setConfig({ testTimeout: 60_000 })

const SUBJECTS: readonly [name: string, open: () => Promise<RealSubject>, runs: number][] = [
  ['as pure functions', pureSubject, 200],
  ['in SQLite', () => storedSubject(async (clock) => openSqliteJobs(':memory:', { clock })), 40],
  ['in DynamoDB', () => storedSubject((clock) => openNew(server, clock)), 6],
]
let server: DynamoServer
beforeAll(async () => {
  server = await startDynamoServer()
})
afterAll(() => server.close())

describe.each(SUBJECTS)('A subject %s, whatever happens to it', (_name, open, numRuns) => {
  it('is what the model says: one run at a time, no press lost, fenced, and everything covered in the end', async () => {
    await fc.assert(
      fc.asyncProperty(subjectCommands, async (commands) => {
        const model = new SubjectModel()
        const subject = await open()
        try {
          subject.setTime(model.now)
          const real: Real = { subject, claims: [] }
          await fc.asyncModelRun(() => ({ model, real }), commands)
          await settle(model, real)
          const covered = model.ended.map(({ covers }) => covers)
          expect(covered).toEqual([...new Set(covered)].sort((a, b) => a - b))
          for (const [at, { forced }] of model.asked.entries())
            if (forced) expect(model.ended.find(({ covers }) => covers > at)?.forced).toBe(true)
        } finally {
          await subject.close()
        }
      }),
      { numRuns },
    )
  })
})
