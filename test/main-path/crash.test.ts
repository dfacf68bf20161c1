import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { createFolderStore } from '../../src/local/folder-store.ts'
import { openSqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { verifyRevision } from '../../src/registry/verify-revision.ts'
import type { PageEvent } from '../../src/simulator/page-contract.ts'
import { startTenant, type Tenant } from '../../src/simulator/tenant.ts'
import { LeapingClock } from './support/leaping-clock.ts'
import { entrySeed, file } from './support/seeds.ts'
import { ServeChild } from './support/serve-child.ts'

const ID = 'etr_Crash001'
const QUEUED = ['etr_Crash002', 'etr_Crash003']
const never = new AbortController().signal

/** A tenant whose exports end when the test says so, and a folder for the service. */
const startLab = async () => {
  const clock = new LeapingClock()
  const hold = clock.hold()
  const dir = await mkdtemp(join(tmpdir(), 'main-path-crash-'))
  const entries = [entrySeed(ID, [file('data.csv', 'a\n1\n')]), ...QUEUED.map((id) => entrySeed(id))]
  const tenant = await startTenant({ clock, page: false, entries, exportMs: 60_000 })
  return {
    tenant,
    dir,
    finishExports: () => hold[Symbol.dispose](),
    [Symbol.asyncDispose]: async () => {
      await tenant.close()
      clock[Symbol.dispose]()
      await rm(dir, { recursive: true })
    },
  }
}

const event = (tenant: Tenant, fits: (event: PageEvent) => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = (event: PageEvent) => {
      if (!fits(event)) return
      tenant.events.off('activity', look)
      resolve()
    }
    tenant.events.on('activity', look)
  })

/** The service asks how far the export is: so its task is in the journal. */
const askedForTask = (tenant: Tenant) =>
  event(tenant, (e) => e.kind === 'request' && e.request.path.startsWith('/api/v2/tasks/'))

const shownAsPackaged = (tenant: Tenant, canvasId: string) =>
  event(
    tenant,
    (e) =>
      e.kind === 'canvas' && e.canvas.id === canvasId && JSON.stringify(e.canvas.blocks).includes('Packaged'),
  )

/** Inserts a canvas into every entry; all are acknowledged, the first is in the middle of its export. */
const beginAll = async (tenant: Tenant) => {
  const asked = askedForTask(tenant)
  const inserted = []
  for (const id of [ID, ...QUEUED]) inserted.push(await tenant.insertCanvas(id))
  for (const { delivery } of inserted) expect(delivery.attempts.map(({ status }) => status)).toEqual([202])
  await asked
  expect(tenant.exports.list()).toHaveLength(1)
  return inserted.map(({ canvas }) => canvas.id)
}

const expectAllPackaged = async (dir: string) => {
  const registry = createRegistry(createFolderStore(join(dir, 'registry')), systemClock, { workflow: null })
  const names = await registry.packages(never)
  expect(names).toHaveLength(1 + QUEUED.length)
  for (const name of names) {
    const revision = await registry.current(name, never)
    await verifyRevision(registry, revision!, never)
    expect(await registry.revisions(name, never)).toHaveLength(1)
  }
}

const recordOf = async (dir: string) => {
  const jobs = openSqliteJobs(join(dir, 'data/jobs.sqlite'), { clock: systemClock })
  const runs = await jobs.history.runs({ limit: 10, key: `entry:${ID}` })
  const run = await jobs.history.run(runs[0]!.id)
  const deliveries = await jobs.history.deliveries({ limit: 10 })
  await jobs.close()
  return { runs, run, deliveries }
}

describe.concurrent('A service that ends in the middle of an export', () => {
  test('by SIGKILL goes on with the same export task when its lease ended, and nothing acknowledged is lost', async () => {
    await using lab = await startLab()
    const { tenant, dir } = lab
    const env = { LEASE_SECONDS: '2', WORKERS: '1' }
    await using first = await ServeChild.start(tenant, dir, { env })
    const canvases = await beginAll(tenant)
    await first.kill('SIGKILL')

    const packaged = canvases.map((id) => shownAsPackaged(tenant, id))
    await using second = await ServeChild.start(tenant, dir, { env })
    lab.finishExports()
    await Promise.all(packaged)
    expect(await second.kill('SIGTERM')).toEqual({ code: 0, signal: null })

    expect(
      tenant.exports
        .list()
        .map(({ entryId }) => entryId)
        .toSorted(),
    ).toEqual([ID, ...QUEUED].toSorted())
    await expectAllPackaged(dir)
    const { runs, run, deliveries } = await recordOf(dir)
    expect(runs).toHaveLength(1)
    expect(run).toMatchObject({
      outcome: 'done',
      attempt: 0,
      summary: { taskId: tenant.exports.list()[0]!.id },
    })
    expect(deliveries).toHaveLength(3)
    for (const id of canvases) expect(tenant.canvases.get(id).enabled).toBe(true)
  })

  test('by SIGTERM ends soon with 0, gives the run back without counting an attempt, and the next goes on at once', async () => {
    await using lab = await startLab()
    const { tenant, dir } = lab
    // A lease of ten minutes: going on within this test shows that the run was given back.
    const env = { LEASE_SECONDS: '600', WORKERS: '1' }
    await using first = await ServeChild.start(tenant, dir, { env })
    const canvases = await beginAll(tenant)
    const told = performance.now()
    expect(await first.kill('SIGTERM')).toEqual({ code: 0, signal: null })
    expect(performance.now() - told).toBeLessThan(10_000)
    expect(first.output).toContain('run released')

    const packaged = canvases.map((id) => shownAsPackaged(tenant, id))
    await using second = await ServeChild.start(tenant, dir, { env })
    lab.finishExports()
    await Promise.all(packaged)
    await second.kill('SIGTERM')
    expect(tenant.exports.list()).toHaveLength(3)
    await expectAllPackaged(dir)
    const { run } = await recordOf(dir)
    expect(run).toMatchObject({ outcome: 'done', attempt: 0 })
  })

  test('by SIGINT ends like SIGTERM', async () => {
    await using lab = await startLab()
    await using serve = await ServeChild.start(lab.tenant, lab.dir)
    expect(await serve.kill('SIGINT')).toEqual({ code: 0, signal: null })
    expect(serve.output).toContain('"msg":"stopped"')
  })
})
