import { describe, expect, test } from 'vitest'
import { ChaosLab } from './chaos-lab.ts'
import type { Told } from './instants.ts'
import { seedEntries } from './people.ts'
import { readRecords } from './read-records.ts'
import { atRest } from './rest.ts'
import { unsynced } from './sync-order.ts'

/** Processes are started; on a busy machine each may take seconds. */
const PATIENCE = 60_000
const ENTRY = 'etr_Chaos001'

describe('A service that is killed', () => {
  test(
    'right after its answer left has the delivery; right before it, has it once; marks only what is on the disk',
    async () => {
      await using lab = await ChaosLab.open({ entries: seedEntries(1), exportMs: 0 }, { skipDowntime: true })
      const first = await lab.start({ instant: { at: 'at reply 200 left', nth: 1 } })
      const answered = await lab.tenant.created(ENTRY)
      expect(answered.attempts.map(({ status }) => status)).toEqual([200])
      await lab.kill(first, await first.stopped)
      expect(readRecords(lab.dir).deliveries.map(({ id }) => id)).toEqual([answered.id])

      const second = await lab.start({ instant: { at: 'before reply 200', nth: 1 } })
      const unanswered = lab.tenant.created(ENTRY)
      await lab.kill(second, await second.stopped)
      const { id, attempts } = await unanswered
      expect(attempts.map(({ status }) => status)).toEqual([null])
      expect(readRecords(lab.dir).deliveries.map((delivery) => delivery.id)).toEqual([answered.id, id])

      const third = await lab.start({ record: true })
      expect(await atRest(lab.tenant, lab.dir, performance.now() + PATIENCE / 2)).toBe(true)
      await lab.stop(third)
      const { deliveries, subjects } = readRecords(lab.dir)
      expect(deliveries).toHaveLength(2)
      expect(subjects.map(({ key, wanted, done }) => [key, wanted, done])).toEqual([[`entry:${ENTRY}`, 2, 2]])
      expect(lab.complaints).toEqual([])
      told = third.told
    },
    PATIENCE,
  )
  let told: Told[] = []

  test('finds on the disk what a mark or a name promises: files and folders are synced before', () => {
    const marked = told.flatMap(({ at, marks = [] }) => (at.startsWith('before') ? marks : []))
    expect(marked.length).toBeGreaterThan(2)
    expect(unsynced(told)).toEqual([])
  })

  test.each([
    'datasync unfinished file',
    'rename to staged object',
    'sync staging folder',
    'sync object folder',
    'sync quilt folder',
  ])('(and it is seen when there is no %s)', (left) => {
    expect(unsynced(told.filter(({ at }) => !at.endsWith(left)))).not.toEqual([])
  })
})
