import { describe, expect, it } from 'vitest'
import { contentDigest } from '../../src/packaging/content-digest.ts'
import { type EntryState, NEW_ENTRY } from '../../src/packaging/entry-state.ts'
import { unpackagedJob } from '../../src/packaging/unpackaged-job.ts'
import { bare } from './entries.ts'
import { UPDATED, World } from './world.ts'

describe('an entry where no package bucket is configured', () => {
  it('is read for its display id, and never exported', async () => {
    const world = new World(bare())
    const { change, summary } = await unpackagedJob(world.ports).run(await world.job())
    expect(change({ ...NEW_ENTRY, failure: { code: 'internal' } as EntryState['failure'] })).toEqual({
      ...NEW_ENTRY,
      displayId: 'EXP1',
      seenModifiedAt: bare().modifiedAt,
      seenDigest: contentDigest(bare()),
    })
    expect(summary).toEqual({ status: 'no-bucket', displayId: 'EXP1', exported: false })
    expect(world.memory.published).toEqual([])
  })

  it('keeps which events its run covers, so that the reconciler asks for no second one', () => {
    const world = new World(bare())
    const kind = unpackagedJob(world.ports)
    expect(kind.started(NEW_ENTRY, world.run({ causes: [UPDATED] })).seenEventAt).toBe(UPDATED.at)
  })

  it('keeps what is known of a package from before', async () => {
    const world = new World(bare())
    const { change } = await unpackagedJob(world.ports).run(await world.job())
    const before = { ...NEW_ENTRY, packageName: 'benchling/EXP1' }
    expect(change(before)).toMatchObject({ ...before, displayId: 'EXP1' })
  })
})
