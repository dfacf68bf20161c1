import { describe, expect, test } from 'vitest'
import { Lab } from './support/lab.ts'
import { ENTRY, labWithCanvas } from './support/lab-with-canvas.ts'
import { entrySeed } from './support/seeds.ts'

const OTHER = 'etr_Fault002'
const isStep = (step: string) => (activity: { key: string; kind: string; step?: string }) =>
  activity.key === `entry:${ENTRY}` && activity.kind === 'step' && activity.step === step

describe('While a run of an entry is under way', () => {
  test('ten more deliveries for it become exactly one more run', async () => {
    const { lab } = await labWithCanvas()
    await using _ = lab
    const exporting = lab.next(isStep('export'))
    await lab.tenant.created(ENTRY)
    await exporting
    using _hold = lab.clock.hold()
    for (let i = 0; i < 10; i++) {
      lab.tenant.entries.update(ENTRY, { fields: { Project: `Edit ${i}` } })
      await lab.tenant.save(ENTRY)
    }
    expect((await lab.entry(ENTRY)).wanted).toBe(11)
    _hold[Symbol.dispose]()
    await lab.rest()
    const runs = await lab.runs(ENTRY)
    expect(runs.map(({ covers }) => covers)).toEqual([1, 11])
    expect((await lab.packaged(ENTRY)).header.user_meta).toMatchObject({ fields: { project: 'Edit 9' } })
  })

  test('a press on Update becomes one more run, which exports although nothing changed', async () => {
    const { lab, canvasId, insert, enabled } = await labWithCanvas()
    await using _ = lab
    const exporting = lab.next(isStep('export'))
    await insert()
    await exporting
    const press = { type: 'v2.canvas.userInteracted', canvasId, featureId: 'quilt_entry', buttonId: 'update' }
    await lab.tenant.deliver(press)
    await lab.rest()
    const runs = await lab.runs(ENTRY)
    expect(runs.map(({ forced }) => forced)).toEqual([false, true])
    expect(lab.tenant.exports.list()).toHaveLength(2)
    expect(enabled()).toBe(true)
  })

  test('another entry is packaged side by side', async () => {
    await using lab = await Lab.start({ tenant: { entries: [entrySeed(ENTRY), entrySeed(OTHER)] } })
    using hold = lab.clock.hold()
    const exporting = lab.next(isStep('export'))
    await lab.tenant.created(ENTRY)
    await exporting
    const otherExports = lab.next(({ key, step }) => key === `entry:${OTHER}` && step === 'export')
    await lab.tenant.created(OTHER)
    await otherExports
    expect((await lab.entry(ENTRY)).run?.owner).not.toBeNull()
    expect((await lab.entry(OTHER)).run?.owner).not.toBeNull()
    hold[Symbol.dispose]()
    await lab.rest()
    await lab.packaged(ENTRY)
    await lab.packaged(OTHER)
  })
})

test('A press on Update during a back-off is done at once and forced, not after the back-off', async () => {
  const { lab, canvasId, insert, enabled, shows } = await labWithCanvas()
  await using _ = lab
  lab.tenant.faults.set('failed-export', 1)
  const failed = lab.next(({ key, kind }) => key === `entry:${ENTRY}` && kind === 'failed')
  await insert()
  await failed
  using hold = lab.clock.hold()
  const { dueAt } = await lab.entry(ENTRY)
  expect(dueAt).toBeGreaterThan(lab.clock.now())
  const claimed = lab.next(({ key, kind }) => key === `entry:${ENTRY}` && kind === 'claimed')
  await lab.tenant.deliver({ type: 'v2.canvas.userInteracted', canvasId, buttonId: 'update' })
  expect((await claimed).at).toBeLessThan(dueAt!)
  hold[Symbol.dispose]()
  await lab.rest()
  const runs = await lab.runs(ENTRY)
  expect(runs).toHaveLength(1)
  expect(runs[0]).toMatchObject({ forced: true, outcome: 'done', attempt: 0 })
  expect(runs[0]?.causes.map(({ type }) => type)).toEqual(['v2.canvas.created', 'v2.canvas.userInteracted'])
  const revision = await lab.packaged(ENTRY)
  expect(shows()).toContain(revision.topHash.slice(0, 10))
  expect(enabled()).toBe(true)
})

test('A delivery that comes again under its id, at any time, is acknowledged and done once', async () => {
  const { lab, canvasId } = await labWithCanvas()
  await using _ = lab
  const { id } = await lab.tenant.created(ENTRY)
  const during = await lab.tenant.redeliver(id)
  await lab.rest()
  const after = await lab.tenant.redeliver(id)
  const press = await lab.tenant.deliver({ type: 'v2.canvas.userInteracted', canvasId, buttonId: 'update' })
  await lab.rest()
  const again = await lab.tenant.redeliver(press.id)
  await lab.rest()
  for (const { attempts } of [during, after]) expect(attempts.map(({ status }) => status)).toEqual([200])
  expect(again.attempts.map(({ status }) => status)).toEqual([202])
  expect((await lab.entry(ENTRY)).wanted).toBe(2)
  expect(lab.tenant.exports.list()).toHaveLength(2)
})
