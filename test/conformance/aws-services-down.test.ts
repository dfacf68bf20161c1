import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { generatedSource } from '../../src/simulator/archive/byte-source.ts'
import { entrySeed, file } from '../main-path/support/seeds.ts'
import type { Verdict, WireCall } from '../support/wire-proxy.ts'
import { CloudLab } from './cloud-lab.ts'
import { queueResult } from './moto-athena.ts'
import { checkRegistry, problemsOf } from './quilt3.ts'

const IDS = ['etr_Cloud001', 'etr_Cloud002', 'etr_Cloud003'] as const
const FILES = [file('reads.fastq', '@r1\nACGT\n+\nIIII\n')]
/** Two parts of a multipart upload. */
const LARGE = { ...file('large.bin', ''), content: generatedSource(7, 9 * 2 ** 20) }
const OUTAGE_MS = 20_000
/** A busy machine needs time for what a healthy one does at once. */
const WITHIN_MS = 150_000

const xml = (status: number, code: string): Verdict => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>arn:aws:s3:::lab-data</Message></Error>`,
})
const json = (status: number, type: string): Verdict => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': type },
  body: JSON.stringify({ __type: type, message: 'arn:aws:athena:us-east-1:123456789012:workgroup/primary' }),
})

/** Breaks every third call, each time in another way. */
const everyThird = (verdicts: readonly Verdict[]) => {
  let seen = 0
  const struck: WireCall[] = []
  return {
    struck,
    rule: (call: WireCall): Verdict => {
      if (call.service !== 's3' || ++seen % 3 !== 0) return 'pass'
      struck.push(call)
      return verdicts[struck.length % verdicts.length]!
    },
  }
}

const report = async (url: string) => {
  const answer = await fetch(url)
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

describe.concurrent('Services of AWS that fail, over the wire', () => {
  it('does its work while SQS is down for twenty seconds, says so, and hears the bell again afterwards', async () => {
    await using lab = await CloudLab.start({ entries: IDS.map((id) => entrySeed(id, FILES)) })
    const { wire } = lab.cloud
    const task = await lab.serve()
    await lab.untilReady()
    const outage = wire.when(({ service }) => (service === 'sqs' ? 'drop' : 'pass'))
    const over = wait(OUTAGE_MS)
    const first = await lab.tenant.insertCanvas(IDS[0])
    expect(first.delivery.attempts.map(({ status }) => status)).toEqual([202])
    await lab.untilShown(first.canvas.id, 'Packaged', WITHIN_MS)
    await lab.until('health tells of the queue', async () => {
      const { body } = await report(`${task.url}/health/ready`)
      return (body.queue as { valid: boolean }).valid === false
    })
    expect((await report(`${task.url}/health/ready`)).status).toBe(200)
    expect(await report(`${task.url}/health`)).toMatchObject({
      status: 200,
      body: { mode: 'degraded', warning: expect.stringContaining('queue') },
    })
    await over
    // A wait for messages that began before passes; the one after it does not.
    await lab.until('the queue is missed', () => task.output.includes('the queue cannot be read'))
    outage[Symbol.dispose]()
    await lab.until('the queue is read again', () => task.output.includes('the queue can be read again'))
    const rung = wire.count('sqs', 'DeleteMessage')
    const second = await lab.tenant.insertCanvas(IDS[1])
    await lab.untilShown(second.canvas.id, 'Packaged', WITHIN_MS)
    await lab.rest(IDS[0], IDS[1])
    await lab.until('the ring was heard', () => wire.count('sqs', 'DeleteMessage') > rung)
    expect(await lab.problems()).toEqual([])
    for (const id of [IDS[0], IDS[1]]) {
      expect(await lab.runs(id)).toMatchObject([{ outcome: 'done', attempt: 0 }])
      expect(await lab.revisions(id)).toHaveLength(1)
    }
  })

  it('makes the package although the task died between the record and the ring', async () => {
    await using lab = await CloudLab.start({ entries: [entrySeed(IDS[0], FILES)] })
    const doomed = await lab.serve()
    await lab.untilReady()
    const bell = lab.cloud.wire.when(({ operation }) => {
      if (operation !== 'SendMessage') return 'pass'
      void doomed.kill('SIGKILL')
      return 'drop'
    })
    const { canvas, delivery } = await lab.tenant.insertCanvas(IDS[0])
    expect(await doomed.exited).toEqual({ code: null, signal: 'SIGKILL' })
    bell[Symbol.dispose]()
    expect(delivery.attempts.map(({ status }) => status)).toEqual([202])
    expect(await lab.recorded()).toEqual([delivery.id])
    await lab.serve()
    await lab.untilShown(canvas.id, 'Packaged', WITHIN_MS)
    await lab.rest(IDS[0])
    expect(await lab.problems()).toEqual([])
    expect(await lab.revisions(IDS[0])).toHaveLength(1)
    expect(await lab.runs(IDS[0])).toMatchObject([{ outcome: 'done', attempt: 0 }])
  })

  it('packages all the same while Athena fails, tells it in plain words, and shows linked packages when it works', async () => {
    await using lab = await CloudLab.start({ entries: IDS.map((id) => entrySeed(id, FILES)) })
    const { wire, moto } = lab.cloud
    let athena: Verdict = json(500, 'InternalServerException')
    using _ = wire.when(({ service }) => (service === 'athena' ? athena : 'pass'))
    await lab.serve({ ICEBERG_DATABASE: 'iceberg' })
    await lab.untilReady()
    const shown: string[] = []
    for (const [id, verdict, code] of [
      [IDS[0], json(500, 'InternalServerException'), 'query.unavailable'],
      [IDS[1], json(400, 'AccessDeniedException'), 'query.refused'],
    ] as const) {
      athena = verdict
      const { canvas } = await lab.tenant.insertCanvas(id)
      await lab.untilShown(canvas.id, code, WITHIN_MS)
      await lab.untilShown(canvas.id, 'Packaged', WITHIN_MS)
      shown.push(lab.shows(canvas.id))
    }
    for (const text of shown) {
      expect(text).toContain('Linked packages could not be searched.')
      expect(text).not.toMatch(/arn:|\d{12}|AccessDenied|InternalServer/)
    }
    await queueResult(moto.url, {
      columns: ['bucket', 'pkg_name', 'top_hash'],
      rows: [['lab', 'assays/plate-1', 'b'.repeat(64)]],
    })
    const tables = ['lab_package_tag', 'lab_package_manifest'].map((Name) => ({ Name }))
    athena = 'pass'
    using __ = wire.when(({ operation }) =>
      operation === 'ListTableMetadata'
        ? {
            status: 200,
            headers: { 'content-type': 'application/x-amz-json-1.1' },
            body: JSON.stringify({ TableMetadataList: tables }),
          }
        : 'pass',
    )
    const { canvas } = await lab.tenant.insertCanvas(IDS[2])
    await lab.untilShown(canvas.id, 'assays/plate-1', WITHIN_MS)
    await lab.untilShown(canvas.id, 'Packaged', WITHIN_MS)
    await lab.rest(...IDS)
    expect(await lab.problems()).toEqual([])
    for (const id of IDS) expect(await lab.runs(id)).toMatchObject([{ outcome: 'done', attempt: 0 }])
  })

  it.each(['moto', 'versitygw'] as const)(
    'ends with the right revisions while S3 of %s says 500, SlowDown, or loses its answer at every third call',
    async (s3) => {
      const [id] = IDS
      await using lab = await CloudLab.start({ entries: [entrySeed(id, [...FILES, LARGE])], s3 })
      await lab.serve()
      await lab.untilReady()
      const { rule, struck } = everyThird([xml(500, 'InternalError'), xml(503, 'SlowDown'), 'lose-answer'])
      using _ = lab.cloud.s3.when(rule)
      const { canvas } = await lab.tenant.insertCanvas(id)
      await lab.untilShown(canvas.id, 'Packaged', WITHIN_MS)
      await lab.rest(id)
      const [before] = await lab.revisions(id)
      lab.tenant.entries.update(id, { fields: { Project: 'Edited' } })
      await lab.tenant.save(id)
      const another = async () => {
        const { revision } = (await lab.entry(id)).state
        return revision && revision.topHash !== before!.topHash
      }
      await lab.until('another revision', another, WITHIN_MS)
      await lab.rest(id)
      expect(struck.length).toBeGreaterThan(8)
      expect(new Set(lab.cloud.s3.calls.map(({ operation }) => operation))).toContain('POST uploads')
      expect(await lab.revisions(id)).toHaveLength(2)
      expect(await lab.problems()).toEqual([])
      const env = { ...lab.cloud.moto.env, AWS_ENDPOINT_URL_S3: String(lab.cloud.s3Address.endpoint) }
      const checked = await checkRegistry('s3://lab-data', env)
      expect(problemsOf(checked)).toEqual([])
      expect(checked[0]!.revisions.map(({ pointer }) => pointer)).toContain('latest')
      expect(new Set(checked[0]!.revisions.map(({ topHash }) => topHash)).size).toBe(2)
    },
  )
})
