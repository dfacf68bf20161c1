import { describe, expect, it } from 'vitest'
import type { Download } from '../../src/base/download.ts'
import { Fault } from '../../src/base/fault.ts'
import type { Subject, Touch } from '../../src/jobs/ports.ts'
import { newSubject } from '../../src/jobs/subject.ts'
import { type EntryState, NEW_ENTRY } from '../../src/packaging/entry-state.ts'
import { createFindPackage } from '../../src/packaging/find-package.ts'
import { packageName } from '../../src/quilt/names.ts'
import type { TopHash } from '../../src/quilt/types.ts'
import { FakeClock } from '../support/clock.ts'
import { bare } from './entries.ts'
import { FakeBenchling } from './fake-benchling.ts'
import { MemoryRegistry } from './memory-registry.ts'

const signal = new AbortController().signal
const HASH = 'a'.repeat(64) as TopHash

const make = (meta?: Record<string, unknown>) => {
  const registry = new MemoryRegistry()
  const clock = new FakeClock()
  const benchling = new FakeBenchling(bare(), null as unknown as Download)
  const { id, displayId } = benchling.entryNow
  const name = packageName(`benchling/${displayId}`)
  const files = [{ size: 3 }, { size: 4 }] as never
  if (meta)
    registry.published.push({
      name,
      topHash: HASH,
      header: { version: 'v0', message: null, user_meta: meta } as never,
      entries: files,
    })
  const find = createFindPackage({
    benchling: benchling.port(),
    registry: registry.port(),
    clock,
    prefix: 'benchling',
  })
  return { find, id, displayId, name, registry, clock }
}

const applied = (touch: Touch | null, state: EntryState = NEW_ENTRY): Subject<EntryState> => {
  if (!touch) throw new Error('there is no news')
  return touch.change(newSubject(touch.key, state) as Subject) as Subject<EntryState>
}

describe('looking for the package of an entry that no run has met', () => {
  it('finds what the known system made, with its files and when it was made, and asks for no work', async () => {
    const { find, id, displayId, name } = make({ entry_id: bare().id })
    const touch = await find(id, null, signal)
    const after = applied(touch)
    expect(after).toMatchObject({ key: `entry:${id}`, wanted: 0 })
    expect(after.state).toMatchObject({
      displayId,
      packageName: name,
      revision: { topHash: HASH, files: 2, bytes: 7, publishedAt: 1_700_000_000_000, unchangedAt: null },
    })
    expect(touch?.watch).toHaveLength(1)
  })

  it('learns the display id where there is no package', async () => {
    const { find, id, displayId } = make()
    const touch = await find(id, null, signal)
    expect(applied(touch).state).toEqual({ ...NEW_ENTRY, displayId })
    expect(touch?.watch ?? []).toEqual([])
  })

  it('has no news where that is known', async () => {
    const { find, id, displayId } = make()
    expect(await find(id, { ...NEW_ENTRY, displayId }, signal)).toBeNull()
  })

  it('leaves a package alone that belongs to another entry', async () => {
    const { find, id, displayId } = make({ entry_id: 'etr_Other' })
    expect(applied(await find(id, null, signal)).state).toEqual({ ...NEW_ENTRY, displayId })
  })

  it('changes nothing in a record that met it meanwhile', async () => {
    const { find, id } = make({ entry_id: bare().id })
    const met = {
      ...NEW_ENTRY,
      packageName: 'benchling/EXP1',
      revision: { ...SHOWN, topHash: 'c'.repeat(64) },
    }
    expect(applied(await find(id, null, signal), met).state).toBe(met)
  })

  it('says why it cannot look', async () => {
    const { find } = make()
    await expect(find('etr_Unknown', null, signal)).rejects.toThrow(Fault)
  })
})

const SHOWN = { topHash: 'b'.repeat(64), files: 1, bytes: 1, publishedAt: 1, unchangedAt: null }

describe('looking for a revision that nobody told of', () => {
  const met = (more: Partial<EntryState> = {}): EntryState => ({
    ...NEW_ENTRY,
    displayId: 'EXP1',
    packageName: 'benchling/EXP1',
    adopted: 'benchling/EXP1',
    revision: SHOWN,
    ...more,
  })

  it('finds what somebody pushed over ours', async () => {
    const { find, id } = make({ entry_id: bare().id })
    const after = applied(await find(id, met(), signal), met())
    expect(after).toMatchObject({
      wanted: 0,
      state: { adopted: 'benchling/EXP1', revision: { topHash: HASH, files: 2 } },
    })
  })

  it('has no news when the record shows what is current', async () => {
    const { find, id } = make({ entry_id: bare().id })
    expect(await find(id, met({ revision: { ...SHOWN, topHash: HASH } }), signal)).toBeNull()
  })

  it('has no news when there is no such package any more', async () => {
    const { find, id } = make()
    expect(await find(id, met(), signal)).toBeNull()
  })

  it('does not take what was pushed for another entry, or for none', async () => {
    for (const meta of [{ entry_id: 'etr_Other' }, {}]) {
      const { find, id } = make(meta)
      expect(await find(id, met(), signal)).toBeNull()
    }
  })

  it('believes an event of a moment ago more than `latest`, which lags behind', async () => {
    const { find, id, clock } = make({ entry_id: bare().id })
    const told = met({ revision: { ...SHOWN, announcedAt: clock.now() } })
    expect(await find(id, told, signal)).toBeNull()
    await clock.advance(60_001)
    expect(await find(id, told, signal)).not.toBeNull()
  })

  it('is no event: what `latest` names a moment later is news again', async () => {
    const { find, id, name, registry } = make({ entry_id: bare().id })
    const found = applied(await find(id, met(), signal), met()).state
    registry.published.push({ ...registry.latest(name)!, topHash: 'e'.repeat(64) as TopHash })
    expect(applied(await find(id, found, signal), found).state.revision?.topHash).toBe('e'.repeat(64))
  })

  it('leaves a record alone that shows another revision by now', async () => {
    const { find, id } = make({ entry_id: bare().id })
    const touch = await find(id, met(), signal)
    const later = met({ revision: { ...SHOWN, topHash: 'd'.repeat(64) } })
    expect(applied(touch, later).state).toBe(later)
  })
})
