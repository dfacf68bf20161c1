import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import { generatedSource } from '../../src/simulator/archive/byte-source.ts'
import { entrySeed, file } from '../main-path/support/seeds.ts'
import { BUCKET } from './cloud.ts'
import { CloudLab } from './cloud-lab.ts'
import { checkRegistry, problemsOf } from './quilt3.ts'

const ID = 'etr_Cloud001'
const FILES = [file('reads.fastq', '@r1\nACGT\n+\nIIII\n')]
/** Two parts of a multipart upload. */
const LARGE = { ...file('large.bin', ''), content: generatedSource(7, 9 * 2 ** 20) }
/** Whoever goes on within a test did not wait for it. */
const LONG_LEASE = { LEASE_SECONDS: '600', SHUTDOWN_SECONDS: '1' }
/** A busy machine needs time for what a healthy one does at once. */
const WITHIN_MS = 150_000

const unfinishedUploads = async (lab: CloudLab): Promise<number> => {
  const client = new S3Client(lab.cloud.s3Address)
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }))
  client.destroy()
  return Uploads.length
}

const created = { type: 'v2.entry.created', resourceId: ID, schema: null }

describe.concurrent('Tasks that share a table and a queue', () => {
  it('end at SIGTERM in the middle of an upload, and another goes on at once with the same export', async () => {
    await using lab = await CloudLab.start({ entries: [entrySeed(ID, [...FILES, LARGE])] })
    const { wire } = lab.cloud
    const first = await lab.serve(LONG_LEASE)
    await lab.untilReady()
    const holding = Promise.withResolvers<void>()
    const free = Promise.withResolvers<void>()
    const hold = wire.when(async ({ search }) => {
      if (!search.has('partNumber')) return 'pass'
      holding.resolve()
      await free.promise
      return 'drop'
    })
    const { canvas, delivery } = await lab.tenant.insertCanvas(ID)
    await holding.promise
    const second = await lab.serve(LONG_LEASE)
    const stopped = first.kill('SIGTERM')
    expect(await stopped).toEqual({ code: 0, signal: null })
    expect(first.output).toContain('run released')
    hold[Symbol.dispose]()
    free.resolve()
    const uploads = () => wire.calls.filter(({ search }) => search.has('uploads')).length
    // Within a minute, under a lease of ten: it was given back.
    await lab.until('the upload begins anew', () => uploads() === 2)
    await lab.untilShown(canvas.id, 'Packaged', WITHIN_MS)
    await lab.rest(ID)
    expect(second.output).toContain('run done')
    expect(lab.tenant.exports.list()).toHaveLength(1)
    expect(await lab.runs(ID)).toMatchObject([
      { outcome: 'done', attempt: 0, summary: { taskId: lab.tenant.exports.list()[0]!.id } },
    ])
    expect(await lab.revisions(ID)).toHaveLength(1)
    expect(await unfinishedUploads(lab)).toBe(0)
    expect(await lab.recorded()).toEqual([delivery.id])
    expect(await lab.problems()).toEqual([])
  })

  it('record a delivery once and run once for it, however often it comes, one after the other and all at once', async () => {
    await using lab = await CloudLab.start({ entries: [entrySeed(ID, FILES)], quickTable: true })
    const { tenant } = lab
    const tasks = [await lab.serve(), await lab.serve()]
    await lab.untilReady()
    const id = 'msg_TenTimes'
    const send = (to: number) => {
      tenant.webhookUrl = tasks[to % 2]!.url
      return tenant.deliver(created, { id })
    }
    const sent = []
    for (let i = 0; i < 5; i++) sent.push(await send(i))
    sent.push(...(await Promise.all([0, 1, 2, 3, 4].map(send))))
    expect(sent.map(({ attempts }) => attempts.map(({ status }) => status))).toEqual(Array(10).fill([200]))
    await lab.rest(ID)
    expect(await lab.recorded()).toEqual([id])
    expect(await lab.runs(ID)).toMatchObject([{ outcome: 'done', attempt: 0, causes: [{ delivery: id }] }])
    expect(tenant.exports.list()).toHaveLength(1)
    expect(await lab.revisions(ID)).toHaveLength(1)
    const { canvas } = await tenant.insertCanvas(ID)
    await lab.untilShown(canvas.id, 'Packaged', WITHIN_MS)
    await lab.rest(ID)
    // The canvas is part of the entry.
    expect(await lab.revisions(ID)).toHaveLength(2)
    expect(await lab.problems()).toEqual([])
  })

  it('do one run at a time when two deliveries of one entry reach two of them at once', async () => {
    await using lab = await CloudLab.start({ entries: [entrySeed(ID, FILES)], quickTable: true })
    const { tenant } = lab
    const tasks = [await lab.serve(), await lab.serve()]
    await lab.untilReady()
    const both = async (say: (task: number) => Promise<unknown>) => {
      await Promise.all(
        tasks.map((task, i) => {
          tenant.webhookUrl = task.url
          return say(i)
        }),
      )
      await lab.rest(ID)
    }
    await both((i) => (i === 0 ? tenant.insertCanvas(ID) : tenant.deliver(created)))
    const [canvas] = tenant.canvases.list()
    expect(await lab.revisions(ID)).toHaveLength(1)
    tenant.entries.update(ID, { fields: { Project: 'Edited' } })
    await both(() => tenant.save(ID, ['Project']) ?? Promise.resolve())
    await lab.untilShown(canvas!.id, 'Packaged', WITHIN_MS)
    await lab.rest(ID)
    const revisions = await lab.revisions(ID)
    expect(revisions).toHaveLength(2)
    expect((await lab.recorded()).length).toBe(4)
    expect(await lab.problems()).toEqual([])
    const checked = await checkRegistry('s3://lab-data', lab.cloud.moto.env)
    expect(problemsOf(checked)).toEqual([])
    const latest = checked[0]!.revisions.find(({ pointer }) => pointer === 'latest')
    expect(JSON.stringify(latest!.userMeta)).toContain('Edited')
  })

  it('share twenty entries: each is packaged once, and both did their part', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `etr_Cloud${String(i).padStart(3, '0')}`)
    await using lab = await CloudLab.start({
      entries: ids.map((id) => entrySeed(id, FILES)),
      quickTable: true,
    })
    const { tenant } = lab
    // A lease that a starved process cannot renew would make a second run of what is one.
    const env = { LEASE_SECONDS: '20' }
    const tasks = [await lab.serve(env), await lab.serve(env)]
    await lab.untilReady()
    const inserted = await Promise.all(
      ids.map((id, i) => {
        tenant.webhookUrl = tasks[i % 2]!.url
        return tenant.insertCanvas(id)
      }),
    )
    for (const { canvas } of inserted) await lab.untilShown(canvas.id, 'Packaged', WITHIN_MS)
    await lab.rest(...ids)
    const runs = (await Promise.all(ids.map((id) => lab.runs(id)))).flat()
    expect(runs.map(({ key, outcome, attempt }) => ({ key, outcome, attempt }))).toEqual(
      ids.map((id) => ({ key: `entry:${id}`, outcome: 'done', attempt: 0 })),
    )
    expect(new Set(runs.map(({ owner }) => owner)).size).toBe(2)
    expect(
      tenant.exports
        .list()
        .map(({ entryId }) => entryId)
        .toSorted(),
    ).toEqual(ids)
    for (const id of ids) expect(await lab.revisions(id)).toHaveLength(1)
    expect(await lab.recorded()).toHaveLength(20)
    expect(await lab.problems()).toEqual([])
  })
})
