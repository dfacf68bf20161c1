import { describe, expect, test } from 'vitest'
import { createLog } from '../../src/base/log.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { Key, RunRecord } from '../../src/jobs/ports.ts'
import { startService } from '../../src/service/start.ts'
import { bufferSource } from '../../src/simulator/archive/byte-source.ts'
import { textNote } from '../../src/simulator/entries/sample.ts'
import { environmentFor, Lab, type LabOptions, reconcileEnv } from './support/lab.ts'
import { entrySeed } from './support/seeds.ts'

const EVERY_MS = 60_000
/** Sweep, export and publishing after the entry was touched. */
const SLACK_MS = 30_000
const ENTRY = 'etr_Recon001'
const OTHER = 'etr_Recon002'
/** From before the first look. */
const OLD = { createdAt: Date.UTC(2020, 0, 1) }
const RECONCILE = { everyMs: EVERY_MS, rateShare: 0.2 }

const labWith = async (options: LabOptions = {}) => {
  const lab = await Lab.start({
    reconcile: RECONCILE,
    ...options,
    tenant: { entries: [entrySeed(ENTRY, [], OLD), entrySeed(OTHER, [], OLD)], ...options.tenant },
  })
  const key: Key = `tenant:${lab.tenant.credentials.tenant}`
  return {
    lab,
    looks: async (): Promise<RunRecord[]> =>
      (await lab.service.history.runs({ limit: 500, key })).toReversed(),
    /** Resolves when so many looks ended, of those to come. */
    look: async (times = 1) => {
      for (let i = 0; i < times; i++) await lab.next((a) => a.key === key && a.kind === 'done')
    },
    done: (entryId: string) => lab.next((a) => a.key === `entry:${entryId}` && a.kind === 'done'),
  }
}

const commits = async (lab: Lab, entryId: string) => {
  const { state } = await lab.entry(entryId)
  return (await lab.revisions(state.packageName!)).map(({ header }) => header.message).reverse()
}

describe('What Benchling sends no event for', () => {
  test('an edit of the text becomes a revision within the configured time', async () => {
    const { lab, done, look } = await labWith()
    await using _ = lab
    await lab.tenant.created(ENTRY)
    await lab.rest()
    await look()
    using hold = lab.clock.hold()
    const at = lab.clock.now()
    lab.tenant.entries.append(ENTRY, textNote('Weighed 25 mg, really.'))
    const found = done(ENTRY)
    hold[Symbol.dispose]()
    await found
    const { state } = await lab.entry(ENTRY)
    expect(state.revision!.publishedAt - at).toBeLessThanOrEqual(EVERY_MS + SLACK_MS)
    expect(await lab.text(await lab.packaged(ENTRY), 'entry_data.json')).toContain('Weighed 25 mg, really.')
    expect(await commits(lab, ENTRY)).toEqual([
      expect.stringMatching(/^Benchling v2\.entry\.created at /),
      expect.stringMatching(/^Benchling entry modified at /),
    ])
    const [run] = (await lab.runs(ENTRY)).slice(-1)
    expect(run?.causes).toEqual([
      { delivery: expect.stringMatching(/^reconcile:/), type: 'reconcile', at: expect.any(Number), by: null },
    ])
  })

  test('so does an attachment that was added, and one that was removed', async () => {
    const { lab, done } = await labWith()
    await using _ = lab
    await lab.tenant.created(ENTRY)
    await lab.rest()
    const added = done(ENTRY)
    const { id } = lab.tenant.entries.addAttachment(ENTRY, {
      name: 'late.csv',
      content: bufferSource(Buffer.from('a\n1\n')),
    })
    await added
    expect(await lab.text(await lab.packaged(ENTRY), 'late.csv')).toBe('a\n1\n')
    const removed = done(ENTRY)
    lab.tenant.entries.removeAttachment(ENTRY, id)
    await removed
    const { entries } = await lab.packaged(ENTRY)
    expect(entries.map(({ logicalKey }) => logicalKey)).not.toContain('late.csv')
  })

  test('an edit made right behind the page that was read is found by the next look', async () => {
    let pages = 0
    const { lab, looks, done } = await labWith({
      tenant: {
        entries: [entrySeed(ENTRY), entrySeed(OTHER, [], OLD)],
        onExchange: ({ path, query }) => {
          if (!path.endsWith('/entries') || query.sort !== 'modifiedAt:asc') return
          if (++pages === 2) lab.tenant.entries.append(OTHER, textNote('Behind the page.'))
        },
      },
    })
    await using _ = lab
    await done(OTHER)
    expect(await lab.text(await lab.packaged(OTHER), 'entry_data.json')).toContain('Behind the page.')
    expect((await looks()).map(({ summary }) => summary.touched)).toEqual([1, 0, 1])
  })
})

test('Deliveries that were lost for good are found among the events', async () => {
  const { lab, done, look } = await labWith()
  await using _ = lab
  await lab.tenant.created(ENTRY)
  await lab.rest()
  await look()
  using hold = lab.clock.hold()
  lab.tenant.faults.set('lost-deliveries', true)
  const [changed, created] = [done(ENTRY), done(OTHER)]
  lab.tenant.entries.update(ENTRY, { fields: { Project: 'Told to nobody' } })
  await lab.tenant.save(ENTRY)
  await lab.tenant.created(OTHER)
  hold[Symbol.dispose]()
  await Promise.all([changed, created])
  expect((await lab.packaged(ENTRY)).header.user_meta).toMatchObject({
    fields: { project: 'Told to nobody' },
  })
  await lab.packaged(OTHER)
  const found = { delivery: expect.stringMatching(/^event:evt_/), by: null, at: expect.any(Number) }
  expect((await lab.runs(ENTRY)).at(-1)?.causes).toEqual([{ ...found, type: 'v2.entry.updated.fields' }])
  expect((await lab.runs(OTHER)).map(({ causes }) => causes)).toEqual([
    [{ ...found, type: 'v2.entry.created' }],
  ])
})

describe('Where nothing changed', () => {
  test('an entry packaged because of its delivery is not run again', async () => {
    const { lab, look } = await labWith()
    await using _ = lab
    await lab.tenant.created(ENTRY)
    await lab.rest()
    lab.tenant.entries.update(ENTRY, { fields: { Project: 'Delivered' } })
    await lab.tenant.save(ENTRY)
    await lab.rest()
    await look(5)
    expect(await lab.runs(ENTRY)).toHaveLength(2)
  })

  test('there is no revision, no run and no drawing, although every drawing moves the entry’s time', async () => {
    const { lab, look } = await labWith()
    await using _ = lab
    let drawings = 0
    lab.tenant.events.on('activity', (event) => {
      if (event.kind !== 'canvas' || event.canvas.entryId !== ENTRY) return
      drawings++
      lab.tenant.entries.update(ENTRY, {})
    })
    await lab.tenant.insertCanvas(ENTRY)
    await lab.rest()
    await look(3)
    await lab.rest()
    const before = { runs: (await lab.runs(ENTRY)).length, drawings }
    await look(5)
    await lab.rest()
    expect({ runs: (await lab.runs(ENTRY)).length, drawings }).toEqual(before)
    expect(await commits(lab, ENTRY)).toHaveLength(1)
    expect((await lab.entry(ENTRY)).state.seenModifiedAt).toBe(lab.tenant.entries.get(ENTRY).api.modifiedAt)
  })

  test('entries from before the first start are left alone', async () => {
    const { lab, look } = await labWith({
      tenant: { entries: [entrySeed(ENTRY, [], OLD), entrySeed(OTHER)] },
    })
    await using _ = lab
    await look(3)
    await lab.rest()
    expect(await lab.service.subjects.get(`entry:${ENTRY}`)).toBeNull()
  })

  test('an entry that cannot be packaged is not tried again because its canvas said so', async () => {
    const { lab, look } = await labWith({ env: { EXPORT_MAX_MEMBERS: '1' } })
    await using _ = lab
    lab.tenant.events.on('activity', (event) => {
      if (event.kind === 'canvas' && event.canvas.entryId === ENTRY) lab.tenant.entries.update(ENTRY, {})
    })
    lab.tenant.entries.addAttachment(ENTRY, { name: 'a.csv', content: bufferSource(Buffer.from('a')) })
    await lab.tenant.insertCanvas(ENTRY)
    await lab.rest()
    await look(4)
    await lab.rest()
    const runs = await lab.runs(ENTRY)
    expect(new Set(runs.map(({ code }) => code))).toEqual(new Set(['archive.too_many_members']))
    await look(3)
    expect(await lab.runs(ENTRY)).toHaveLength(runs.length)
  })
})

test('Two services on one store look one at a time, and no more often than one', async () => {
  const { lab, looks, look } = await labWith()
  await using _ = lab
  await using second = await startService(
    loadConfig({ ...environmentFor(lab.tenant, lab.dir), ...reconcileEnv({ reconcile: RECONCILE }) }),
    { log: createLog('silent'), clock: lab.clock },
  ).then((service) => ({ service, [Symbol.asyncDispose]: () => service.stop(0) }))
  const either = () =>
    Promise.race([
      look(),
      new Promise<void>((resolve) => {
        const stop = second.service.onActivity(({ key, kind }) => {
          if (!key.startsWith('tenant:') || kind !== 'done') return
          stop()
          resolve()
        })
      }),
    ])
  for (let i = 0; i < 8; i++) await either()
  const runs = await looks()
  expect(runs.length).toBeGreaterThanOrEqual(8)
  for (const [i, run] of runs.entries()) {
    const next = runs[i + 1]
    if (next) expect(next.startedAt - run.startedAt).toBeGreaterThanOrEqual(EVERY_MS)
    if (next) expect(next.startedAt).toBeGreaterThanOrEqual(run.endedAt)
  }
})

test('A storm of 429 slows the reconciler down and hurts nobody', async () => {
  const { lab, looks, look, done } = await labWith()
  await using _ = lab
  await lab.tenant.created(ENTRY)
  await lab.rest()
  lab.tenant.faults.set('rate-limited', true)
  await look(4)
  const storm = (await looks()).filter(({ summary }) => summary.code === 'benchling.rate_limited')
  expect(storm.length).toBeGreaterThanOrEqual(3)
  const waits = storm.slice(1).map(({ startedAt }, i) => startedAt - storm[i]!.startedAt)
  expect(waits[1]).toBeGreaterThanOrEqual(2 * EVERY_MS)
  lab.tenant.entries.append(ENTRY, textNote('Written in the storm.'))
  const found = done(ENTRY)
  lab.tenant.faults.set('rate-limited', false)
  await found
  expect(await lab.text(await lab.packaged(ENTRY), 'entry_data.json')).toContain('Written in the storm.')
  expect((await looks()).every(({ outcome }) => outcome === 'done')).toBe(true)
  expect(lab.logged.filter((line) => line.includes('"level":"error"'))).toEqual([])
  expect(lab.logged.join('')).toContain('the reconciler slows down')
})
