import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VERSION } from '../../src/base/version.ts'
import { textNote } from '../../src/simulator/entries/sample.ts'
import { CANVAS_FEATURE } from '../../src/simulator/notebook.ts'
import { JANE } from '../../src/simulator/samples/people.ts'
import { entrySeed, file } from '../main-path/support/seeds.ts'
import type { ServeChild } from '../main-path/support/serve-child.ts'
import { secretOf } from './cloud.ts'
import { CloudLab } from './cloud-lab.ts'
import { queueResult } from './moto-athena.ts'
import { askPackager, olderPackage } from './packager.ts'
import { checkRegistry, problemsOf } from './quilt3.ts'

const FILES = [file('reads.fastq', '@r1\nACGT\n+\nIIII\n'), file('Größe µ.csv', 'well,od\nA1,0.4\n')]
const ID = 'etr_Cloud001'
const OLDER = { id: 'etr_Older001', displayId: 'EXP702' }
const BUCKETLESS = 'etr_Cloud003'
const MANY = Array.from({ length: 50 }, (_, n) => `etr_Many${String(n).padStart(3, '0')}`)
const LINKED = { bucket: 'other-lab', name: 'imaging/plates', topHash: 'b'.repeat(64) }
const LINKED_LINE =
  '* [imaging/plates](https://catalog.example.com/b/other-lab/packages/imaging/plates) in other-lab [[🔄 sync]('

const ATHENA = {
  ICEBERG_DATABASE: 'iceberg',
  RECONCILE_SECONDS: '0',
  // Fifty runs at once are slow in the emulator, and no task dies here.
  LEASE_SECONDS: '60',
}

/** What `ListTableMetadata` answers, which moto lacks: tables of the service's own bucket and of another. */
const TABLES = {
  status: 200,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify({
    TableMetadataList: ['lab-data', LINKED.bucket].flatMap((bucket) => [
      { Name: `${bucket}_package_tag` },
      { Name: `${bucket}_package_manifest` },
    ]),
  }),
}

const packagedAt = (name: string, topHash: string) =>
  `**Packaged** at revision [${topHash.slice(0, 10)}](https://catalog.example.com/b/lab-data/packages/${name}/tree/${topHash}/)`

const get = async (task: ServeChild, path: string) => {
  const answer = await fetch(`${task.url}${path}`)
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

describe('The main path over the wire', () => {
  let lab: CloudLab
  let task: ServeChild
  let canvasId: string

  const isReady = async () => {
    const { status, body } = await get(task, '/health/ready')
    return status === 200 && body
  }
  const found = () =>
    queueResult(lab.cloud.moto.url, {
      columns: ['bucket', 'pkg_name', 'top_hash'],
      rows: [[LINKED.bucket, LINKED.name, LINKED.topHash]],
    })
  const keysOf = (...services: string[]) => [
    ...new Set(
      lab.cloud.wire.calls
        .filter(({ service }) => services.includes(service))
        .map(({ accessKey }) => accessKey.slice(0, 4)),
    ),
  ]

  beforeAll(async () => {
    lab = await CloudLab.start({
      entries: [
        entrySeed(ID, FILES, { displayId: 'EXP701' }),
        entrySeed(OLDER.id, [], { displayId: OLDER.displayId }),
        entrySeed(BUCKETLESS, FILES, { displayId: 'EXP703', createdAt: Date.UTC(2020, 0, 1) }),
        ...MANY.map((id, n) => entrySeed(id, FILES.slice(1), { displayId: `EXP${800 + n}` })),
      ],
    })
    lab.cloud.wire.when(({ service, operation }) =>
      service === 'athena' && operation === 'ListTableMetadata' ? TABLES : 'pass',
    )
    for (let n = 0; n < 5; n++) await found()
    task = await lab.serve(ATHENA)
    await lab.known(task)
  })
  afterAll(() => lab?.[Symbol.asyncDispose]())

  it('goes from a signed delivery by table and queue to a worker with the assumed role, a revision, and the canvas', async () => {
    const inserted = await lab.tenant.insertCanvas(ID)
    canvasId = inserted.canvas.id
    await lab.untilShown(canvasId, 'Packaged')
    await lab.rest(ID)
    const [revision] = await lab.revisions(ID)
    expect(lab.shows(canvasId)).toContain(packagedAt('benchling/EXP701', revision!.topHash))
    expect(lab.cloud.wire.count('sqs', 'SendMessage')).toBeGreaterThan(0)
  })

  it('keeps with the revision who asked for it, and how it was made', async () => {
    const delivery = await lab.tenant.click(canvasId, 'update')
    await lab.rest(ID)
    const [revision] = await lab.revisions(ID)
    const run = (await lab.runs(ID)).at(-1)!
    const exportTask = lab.tenant.exports.list().at(-1)!
    expect(run).toMatchObject({
      causes: [{ delivery: delivery.id, type: 'v2.canvas.userInteracted', by: JANE.id }],
      forced: true,
      outcome: 'done',
      version: VERSION,
      owner: expect.stringContaining(`-${task.pid}-`),
      role: lab.cloud.roleArn,
      summary: {
        status: 'published',
        package: 'benchling/EXP701',
        topHash: revision!.topHash,
        taskId: exportTask.id,
      },
    })
    expect(lab.cloud.roleArn).toBe('arn:aws:iam::123456789012:role/quilt-write')
    const kept = await lab.jobs.history.run(run.id)
    expect(kept?.steps.find(({ name }) => name === 'export')?.result).toMatchObject({ task: exportTask.id })
    const deliveries = await lab.jobs.history.deliveries({ limit: 10, key: `entry:${ID}` })
    expect(deliveries.map(({ id }) => id)).toContain(delivery.id)
  })

  it('lists on the canvas a package of another bucket that Athena found, and draws it anew at that package’s event', async () => {
    await lab.untilShown(canvasId, LINKED_LINE)
    await lab.rest(ID)
    const drawn = lab.tenant.canvases.get(canvasId).updatedAt
    await lab.cloud.call('events', 'AWSEvents.PutEvents', {
      Entries: [
        {
          Source: 'com.quiltdata',
          DetailType: 'package-revision',
          Detail: JSON.stringify({
            version: '0.1',
            type: 'created',
            bucket: LINKED.bucket,
            handle: LINKED.name,
            topHash: 'c'.repeat(64),
          }),
        },
      ],
    })
    await lab.until('the canvas is drawn anew', () => lab.tenant.canvases.get(canvasId).updatedAt > drawn)
    await lab.rest(ID)
    const [newest] = await lab.jobs.history.runs({ limit: 1, key: `canvas:${canvasId}` })
    expect(newest?.causes.map(({ delivery }) => delivery)).toEqual([
      `watch:package:${LINKED.bucket}/${LINKED.name}`,
    ])
    expect(lab.shows(canvasId)).toContain(LINKED_LINE)
    expect(lab.tenant.canvases.get(canvasId).enabled).toBe(true)
  })

  it('adopts the canvas that an older entry.json names, and goes on from the older revision', async () => {
    const { appId } = lab.tenant.canvases.get(canvasId)
    const older = 'cnvs_Older001'
    lab.tenant.canvases.create({ id: older, appId, featureId: CANVAS_FEATURE, resourceId: OLDER.id })
    const message = await olderPackage(lab.cloud, OLDER, older)
    const [made] = await askPackager([message], lab.cloud.s3Env)
    await lab.tenant.created(OLDER.id)
    await lab.untilShown(older, 'Packaged')
    await lab.rest(OLDER.id)
    const revisions = await lab.revisions(OLDER.id)
    expect(revisions.map(({ topHash }) => topHash)).toEqual([expect.any(String), made!.topHash])
    expect(lab.shows(older)).toContain(packagedAt('benchling/EXP702', revisions[0]!.topHash))
    expect(revisions[0]!.entries.map(({ logicalKey }) => logicalKey)).not.toContain('notes.pdf')
  })

  it('makes revisions that quilt3 finds whole', async () => {
    const checked = await checkRegistry('s3://lab-data', lab.cloud.s3Env)
    expect(problemsOf(checked)).toEqual([])
    const ours = [(await lab.revisions(ID))[0]!.topHash, (await lab.revisions(OLDER.id))[0]!.topHash]
    expect(checked.map(({ latest }) => latest)).toEqual(ours)
    expect(checked.map(({ revisions }) => new Set(revisions.map((one) => one.topHash)).size)).toEqual([2, 2])
  })

  it('says when it is ready, with the one role, and shows its configuration only where it is asked to', async () => {
    const ready = await lab.until('the task is ready', isReady)
    const fine = { configured: true, valid: true }
    expect(ready).toMatchObject({
      status: 'ready',
      role: fine,
      table: fine,
      queue: fine,
      secret: fine,
      jwks: fine,
      registry: fine,
    })
    expect((await get(task, '/config')).status).toBe(404)
  })

  it('packages 50 entries with one AssumeRole, which reads and writes all of the registry and nothing else', async () => {
    for (const id of MANY) expect((await lab.tenant.created(id)).attempts.at(-1)?.status).toBe(200)
    const done = () =>
      MANY.filter((id) => new RegExp(`"key":"entry:${id}".*"msg":"run done"`).test(task.output))
    await lab.until('all are packaged', () => done().length === MANY.length, 240_000)
    for (const id of MANY) {
      const revisions = await lab.revisions(id)
      expect(revisions).toHaveLength(1)
      expect((await lab.runs(id)).map(({ summary }) => summary.topHash)).toEqual([revisions[0]!.topHash])
    }
    expect(keysOf('s3', 'athena')).toEqual(['ASIA'])
    expect(keysOf('sqs', 'dynamodb', 'secretsmanager', 'sts')).toEqual(['AKIA'])
    expect(lab.cloud.wire.count('athena', 'StartQueryExecution')).toBeGreaterThan(0)
    expect(lab.cloud.wire.count('sts')).toBe(1)
    expect(lab.cloud.wire.count('sts', 'AssumeRole')).toBe(1)
  })
  it('finds an edit of the text that no event tells of', async () => {
    const before = await lab.revisions(ID)
    await task.kill('SIGTERM')
    task = await lab.serve({ ...ATHENA, RECONCILE_SECONDS: '1', CONFIG_ENDPOINT: 'true' })
    await lab.known(task)
    lab.tenant.entries.append(ID, textNote('Weighed 25 mg, really.'))
    await lab.until(
      'the edit is found',
      async () => (await lab.runs(ID)).at(-1)?.causes[0]?.type === 'reconcile',
    )
    await lab.rest(ID)
    const [newest, ...rest] = await lab.revisions(ID)
    expect(rest.map(({ topHash }) => topHash)).toEqual(before.map(({ topHash }) => topHash))
    expect(newest!.header.message).toMatch(/^Benchling entry modified at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    const run = (await lab.runs(ID)).at(-1)!
    expect(run.causes).toEqual([
      { delivery: expect.stringMatching(/^reconcile:/), type: 'reconcile', at: expect.any(Number), by: null },
    ])
    expect(run.summary).toMatchObject({ status: 'published', topHash: newest!.topHash })
    expect(lab.shows(canvasId)).toContain(packagedAt('benchling/EXP701', newest!.topHash))
  })

  it('shows the resolved configuration where the operator asked for it, masked', async () => {
    const { status, body } = await get(task, '/config')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      aws: {
        region: 'us-east-1',
        benchling_secret_name: 'lab/benchling',
        role: 'arn:aws:iam::***9012:role/quilt-write',
        jobs_table: 'jobs',
      },
      quilt: { bucket: 'lab-data', publisher: 'native', iceberg_database: 'iceberg' },
      benchling: { secret_source: 'aws_secrets_manager' },
    })
    const { clientId, clientSecret } = lab.tenant.credentials
    for (const hidden of [clientId, clientSecret, '123456789012'])
      expect(JSON.stringify(body)).not.toContain(hidden)
  })

  it('makes no package where the secret names no bucket, and lists those that name the entry', async () => {
    await task.kill('SIGTERM')
    const name = 'lab/bucketless'
    await lab.cloud.call('secretsmanager', 'secretsmanager.CreateSecret', {
      Name: name,
      SecretString: JSON.stringify(secretOf(lab.tenant, { user_bucket: '' })),
      ClientRequestToken: randomUUID(),
    })
    const exports = lab.tenant.exports.list().length
    const calls = lab.cloud.wire.count('s3')
    task = await lab.serve({ ...ATHENA, BenchlingSecret: name })
    await lab.known(task)
    for (let n = 0; n < 5; n++) await found()
    const { canvas } = await lab.tenant.insertCanvas(BUCKETLESS)
    await lab.untilShown(canvas.id, LINKED_LINE)
    await lab.untilShown(canvas.id, 'No package bucket is configured, so no package is made of this entry.')
    await lab.rest(BUCKETLESS)
    expect(lab.shows(canvas.id)).toContain('The packages below reference this entry.')
    expect((await lab.runs(BUCKETLESS)).map(({ summary }) => summary)).toEqual([
      { status: 'no-bucket', displayId: 'EXP703', exported: false },
    ])
    expect(lab.tenant.exports.list()).toHaveLength(exports)
    expect(lab.cloud.wire.count('s3')).toBe(calls)
  })
})

describe('The main path on an S3 that checks signatures and knows composite checksums', () => {
  it('makes revisions of small and large files with the credentials of the process, which quilt3 finds whole', async () => {
    const large = file('large.bin', Buffer.alloc(9 * 2 ** 20, 'plate reader '))
    await using lab = await CloudLab.start({ entries: [entrySeed(ID, [...FILES, large])], s3: 'versitygw' })
    const task = await lab.serve({ RECONCILE_SECONDS: '0' })
    await lab.known(task)
    const { canvas } = await lab.tenant.insertCanvas(ID)
    await lab.untilShown(canvas.id, 'Packaged')
    lab.tenant.entries.removeAttachment(ID, FILES[0]!.id)
    lab.tenant.entries.update(ID, { fields: { Project: 'Edited µ' } })
    await lab.tenant.save(ID)
    await lab.until('there is another revision', async () => (await lab.revisions(ID)).length === 2)
    await lab.rest(ID)
    const [second, first] = await lab.revisions(ID)
    const keys = ({ entries }: typeof second & {}) => entries.map(({ logicalKey }) => logicalKey)
    expect(keys(second!)).toEqual(keys(first!).filter((key) => key !== 'reads.fastq'))
    expect(keys(first!)).toContain('reads.fastq')
    const stored = (of: typeof second & {}) => of.entries.find(({ logicalKey }) => logicalKey === 'large.bin')
    expect(stored(first!)).toMatchObject({ size: large.content.size, hash: { type: 'sha2-256-chunked' } })
    const checked = await checkRegistry('s3://lab-data', lab.cloud.s3Env)
    expect(problemsOf(checked)).toEqual([])
    expect(checked.map(({ latest }) => latest)).toEqual([second!.topHash])
    expect(lab.cloud.wire.count('sts')).toBe(0)
    expect(lab.cloud.wire.count('s3')).toBe(0)
    const ready = await lab.until('the task is ready', async () => {
      const { status, body } = await get(task, '/health/ready')
      return status === 200 && body
    })
    expect(ready).toMatchObject({ role: { configured: false, valid: true } })
  })
})
