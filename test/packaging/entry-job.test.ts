import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { entryJob } from '../../src/packaging/entry-job.ts'
import { type EntryState, NEW_ENTRY } from '../../src/packaging/entry-state.ts'
import { bare } from './entries.ts'
import { World } from './world.ts'

const ARCHIVE = { 'a.pdf': 'PDF' }

const worked = async (world: World, state: EntryState = NEW_ENTRY): Promise<EntryState> => {
  const job = await world.job(world.run(), undefined, state)
  const { change } = await entryJob(world.ports).run(job)
  return change(state)
}

const prepared = (): World => {
  const world = new World(bare())
  world.exporting(ARCHIVE)
  return world
}

describe('the record of an entry', () => {
  it('says from the start of a run that it is being read, and keeps what is known', () => {
    const world = prepared()
    const known = { ...NEW_ENTRY, displayId: 'EXP1' }
    expect(entryJob(world.ports).started(known, world.run({ startedAt: 7 }))).toEqual({
      ...known,
      seenEventAt: Date.parse('2026-04-15T14:25:03Z'),
      progress: { phase: 'reading', since: 7, filesDone: 0, filesTotal: 0, bytesDone: 0, bytesTotal: 0 },
    })
  })

  it('says after a failure what went wrong, what to do, and when it is tried again', () => {
    const world = prepared()
    const fault = new Fault('export.failed', {}, { detail: 'Alignment not found.' })
    const run = world.run({ id: 'run-9', attempt: 2 })
    const before = entryJob(world.ports).started(NEW_ENTRY, run)
    expect(entryJob(world.ports).failed(before, { fault, run, at: 10, retryAt: 20 })).toEqual({
      ...NEW_ENTRY,
      seenEventAt: Date.parse('2026-04-15T14:25:03Z'),
      failure: {
        code: 'export.failed',
        message: 'Benchling could not make the export. Alignment not found.',
        hint: fault.entry.hint,
        at: 10,
        retryAt: 20,
        attempt: 2,
        run: 'run-9',
      },
    })
  })

  it('promises no other try once the run is given up', () => {
    const world = prepared()
    const fault = new Fault('archive.truncated')
    const hintAt = (retryAt: number | null) =>
      entryJob(world.ports).failed(NEW_ENTRY, { fault, run: world.run(), at: 10, retryAt }).failure?.hint
    expect(hintAt(20)).toBe(fault.entry.hint)
    expect(hintAt(null)).toBe('Press Retry. If it stays, report the entry to Benchling.')
  })

  it('does not keep a message longer than a canvas can show', () => {
    const world = prepared()
    const fault = new Fault('benchling.rejected', {}, { detail: '😀'.repeat(2_000) })
    const { failure } = entryJob(world.ports).failed(NEW_ENTRY, {
      fault,
      run: world.run(),
      at: 0,
      retryAt: null,
    })
    expect(failure!.message.length).toBeLessThanOrEqual(1_000)
    expect(failure!.message.isWellFormed()).toBe(true)
  })

  it('says after a success which revision there is, and forgets the failure', async () => {
    const world = prepared()
    const failed = { ...NEW_ENTRY, failure: { code: 'internal' } as EntryState['failure'] }
    const state = await worked(world, failed)
    expect(state).toEqual({
      displayId: 'EXP1',
      packageName: 'benchling/EXP1',
      progress: null,
      failure: null,
      handedOver: null,
      adopted: 'benchling/EXP1',
      revision: {
        topHash: world.memory.published[0]!.topHash,
        files: 6,
        bytes: expect.any(Number),
        publishedAt: world.clock.now(),
        unchangedAt: null,
      },
    })
  })

  it('keeps the time of publishing when a later run finds nothing new', async () => {
    const world = prepared()
    const first = await worked(world)
    await world.clock.advance(60_000)
    expect((await worked(world, first)).revision).toEqual({
      ...first.revision,
      unchangedAt: first.revision!.publishedAt + 60_000,
    })
  })

  it('takes the time of a revision that the record does not know from the registry', async () => {
    const world = prepared()
    await worked(world)
    expect((await worked(world)).revision).toMatchObject({ publishedAt: 1_700_000_000_000 })
  })

  it('keeps what clicks changed while the run was under way', async () => {
    const world = prepared()
    const { change } = await entryJob(world.ports).run(await world.job())
    const clicked = { ...NEW_ENTRY, clicked: true } as EntryState
    expect(change(clicked)).toMatchObject({ clicked: true, displayId: 'EXP1' })
  })

  it('leaves a summary for people and programs', async () => {
    const world = prepared()
    const { summary } = await entryJob(world.ports).run(await world.job())
    expect(summary).toEqual({
      status: 'published',
      package: 'benchling/EXP1',
      displayId: 'EXP1',
      topHash: world.memory.published[0]!.topHash,
      files: 6,
      bytes: expect.any(Number),
      exported: true,
      taskId: 'task-1',
      archiveBytes: 3,
      members: 1,
      requests: 2,
      attachmentsFetched: 0,
      attachmentsMissing: 0,
      renamed: 0,
    })
    const again = await entryJob(world.ports).run(await world.job())
    expect(again.summary).toMatchObject({ status: 'unchanged', exported: false })
    expect(again.summary).not.toHaveProperty('taskId')
  })
})
