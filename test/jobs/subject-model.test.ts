import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Real, settle, subjectCommands } from './model/commands.ts'
import { pureSubject, type RealSubject, sqliteSubject } from './model/real-subject.ts'
import { SubjectModel } from './model/subject-model.ts'

const SUBJECTS: readonly [name: string, open: () => Promise<RealSubject>, runs: number][] = [
  ['as pure functions', pureSubject, 200],
  ['in SQLite', sqliteSubject, 40],
]

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
