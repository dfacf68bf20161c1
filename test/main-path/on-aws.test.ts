import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLog } from '../../src/base/log.ts'
import { Figures } from '../../src/base/metrics-figures.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { Key } from '../../src/jobs/ports.ts'
import type { PackageName } from '../../src/quilt/types.ts'
import { type Service, startService } from '../../src/service/start.ts'
import type { Exchange } from '../../src/simulator/api/exchanges.ts'
import { eventOf } from '../registry/memory-packager.ts'
import { figureOf } from '../support/figures.ts'
import { AwsAccount, BUCKET, OTHER_BUCKET } from './support/aws-account.ts'
import { environmentFor, Lab, type LabOptions } from './support/lab.ts'
import { entrySeed, file } from './support/seeds.ts'

const ID = 'etr_OnAws001'
const OTHER = 'etr_OnAws002'

let account: AwsAccount
const labs: Lab[] = []
const services: Service[] = []
beforeEach(async () => {
  account = await AwsAccount.start()
})
afterEach(async () => {
  for (const service of services.splice(0)) await service.stop(0)
  for (const lab of labs.splice(0)) await lab[Symbol.asyncDispose]()
  await account[Symbol.asyncDispose]()
})

const open = async (env: Record<string, string>, options: Omit<LabOptions, 'env'> = {}): Promise<Lab> => {
  const lab = await Lab.start({
    clock: account.clock,
    env,
    ...options,
    tenant: { entries: [entrySeed(ID, [file('a.csv', 'a\n1\n')]), entrySeed(OTHER)], ...options.tenant },
  })
  labs.push(lab)
  return lab
}

const never = new AbortController().signal

/** Keeps the secret of the lab's app, as existing installations have it. */
const keepSecret = ({ tenant: { credentials } }: Lab, more: Record<string, string> = {}): void => {
  const secret = {
    tenant: credentials.tenant,
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
    app_definition_id: credentials.appDefinitionId,
    user_bucket: BUCKET,
    pkg_prefix: 'lab',
    pkg_key: 'experiment_id',
    log_level: 'INFO',
    enable_webhook_verification: 'true',
    ...more,
  }
  account.secrets.secrets.set('lab/benchling', JSON.stringify(secret))
}

/** Resolves when people read this on an enabled canvas. */
const untilShown = async (lab: Lab, canvasId: string, text: string): Promise<void> => {
  for (;;) {
    const drawn = new Promise<void>((resolve) => {
      lab.tenant.events.once('activity', () => resolve())
    })
    if (lab.tenant.canvases.get(canvasId).enabled && lab.shows(canvasId).includes(text)) return
    await drawn
  }
}

/** What every record of a run must tell whoever asks later. */
const trail = (delivery: string, by: unknown = expect.stringMatching(/^ent_/)) => ({
  causes: expect.arrayContaining([expect.objectContaining({ delivery, by })]),
  owner: expect.stringMatching(/.+-\d+-[0-9a-f]{8}$/),
  role: 'arn:aws:iam::111122223333:role/lab/quilt-writer',
  version: expect.stringMatching(/^\d+\.\d+\.\d+/),
})

describe('On AWS', { timeout: 60_000 }, () => {
  test('a signed delivery goes by table and bell to a worker with the assumed role, a revision in S3, and the canvas', async () => {
    const lab = await open(account.env())
    const { canvas } = await lab.tenant.insertCanvas(ID)
    await lab.rest()
    const revision = await lab.packaged(ID)
    expect(lab.shows(canvas.id)).toContain(revision.topHash.slice(0, 10))
    const elsewhere = revision.entries.filter(
      ({ physicalKey }) => !/^s3:\/\/lab-data\/benchling\/EXP\d+\/[^?]+\?versionId=./.test(physicalKey),
    )
    expect(elsewhere).toEqual([])
    const tokens = new Set(account.s3.requests.map(({ headers }) => headers['x-amz-security-token']))
    expect([...tokens]).toEqual(['session-1'])
    expect(account.sts.calls).toHaveLength(1)

    const rings = account.sqs.calls.filter(({ action }) => action === 'SendMessage')
    expect(rings.map(({ input }) => input.MessageGroupId)).toContain(`entry:${ID}`)
    const [run] = await lab.runs(ID)
    const delivery = lab.tenant.deliveries[0]!.id
    expect(run).toMatchObject({
      ...trail(delivery),
      summary: { status: 'published', topHash: revision.topHash, taskId: expect.any(String) },
    })
    await account.emptied('PACKAGING_REQUEST_QUEUE_URL')
  })

  test('the packager road says whom it waits for, and shows the revision of the event before `latest` names it', async () => {
    const figures = new Figures()
    const lab = await open(account.env('PACKAGER_SQS_URL', 'PACKAGE_EVENT_QUEUE_URL'), { metrics: figures })
    const packager = await account.packager()
    const { canvas } = await lab.tenant.insertCanvas(ID)
    await untilShown(lab, canvas.id, 'Handed to Quilt')
    const [asked] = await lab.runs(ID)
    const { topHash, messageId } = asked!.summary
    expect(asked).toMatchObject({
      ...trail(lab.tenant.deliveries[0]!.id),
      summary: {
        status: 'handedOver',
        topHash: expect.stringMatching(/^[0-9a-f]{64}$/),
        taskId: expect.any(String),
      },
    })

    const made = await packager.work(async (event) => {
      expect(
        await lab.service.registry.current((await lab.entry(ID)).state.packageName as never, never),
      ).toBeNull()
      account.queue('PACKAGE_EVENT_QUEUE_URL').send(event)
      await untilShown(lab, canvas.id, '**Packaged** at revision')
    })
    expect(made).toEqual([topHash])
    expect(lab.shows(canvas.id)).toContain(String(topHash).slice(0, 10))
    await lab.rest()
    expect((await lab.packaged(ID)).topHash).toBe(topHash)
    expect(packager.sent).toHaveLength(1)
    const runs = await lab.runs(ID)
    expect(runs.slice(1).map(({ causes }) => causes.map(({ delivery }) => delivery))).toEqual(
      runs.slice(1).map(() => [`look:${messageId}`]),
    )
    await account.emptied('PACKAGE_EVENT_QUEUE_URL')
    expect(figureOf(figures, 'packages', { status: 'handedOver' })).toBe(1)
    expect(figureOf(figures, 'published_files')).toBe(asked!.summary.files)
    expect(figureOf(figures, 'package_events', { outcome: 'applied', reason: 'entry' })).toBe(1)
    expect(figureOf(figures, 'step_seconds', { step: 'hand over' })).toMatchObject({ count: 1 })
    expect(figureOf(figures, 'step_seconds', { step: 'older canvas' })).toMatchObject({ count: 1 })
  })

  test('a person who presses is in the trail, of a packaged and of a confirmed revision', async () => {
    const lab = await open(account.env('PACKAGER_SQS_URL'))
    const packager = await account.packager()
    const { canvas } = await lab.tenant.insertCanvas(ID)
    await untilShown(lab, canvas.id, 'Handed to Quilt')
    await packager.work()
    await lab.rest()
    const before = (await lab.packaged(ID)).topHash
    lab.tenant.entries.update(ID, { fields: { Project: 'Pressed' } })
    const pressed = lab.next(({ key, kind }) => key === `entry:${ID}` && kind === 'done')
    const { id: delivery } = await lab.tenant.click(canvas.id, 'update')
    await pressed
    await packager.work()
    await lab.rest()
    const { topHash } = await lab.packaged(ID)
    expect(topHash).not.toBe(before)
    const runs = await lab.runs(ID)
    const asked = runs.findLast(({ summary }) => summary.status === 'handedOver')!
    const seen = runs.findLast(({ summary }) => summary.status === 'confirmed')!
    expect(asked).toMatchObject({
      ...trail(delivery),
      summary: { topHash },
    })
    expect(seen).toMatchObject({
      ...trail(`look:${asked.summary.messageId}`, null),
      summary: { topHash, messageId: asked.summary.messageId },
    })
    expect(lab.shows(canvas.id)).toContain(topHash.slice(0, 10))
  })

  test.each(['native', 'packager'] as const)(
    'a canvas that moves the time of its entry whenever it is drawn leads to one revision, on the %s road',
    async (road) => {
      let drawn = 0
      const onExchange = ({ method, path }: Exchange) => {
        if (method !== 'PATCH' || !path.includes('canvas')) return
        drawn++
        labs[0]?.tenant.entries.update(ID, {})
      }
      const queues = road === 'packager' ? (['PACKAGER_SQS_URL', 'PACKAGE_EVENT_QUEUE_URL'] as const) : []
      const lab = await open(account.env(...queues), {
        tenant: { onExchange },
        reconcile: { everyMs: 60_000, rateShare: 0.5 },
      })
      const tenant: Key = `tenant:${lab.tenant.credentials.tenant}`
      const looks = async (times: number) => {
        for (let i = 0; i < times; i++) await lab.next(({ key, kind }) => key === tenant && kind === 'done')
      }
      const { canvas } = await lab.tenant.insertCanvas(ID)
      if (road === 'packager') {
        const packager = await account.packager()
        await untilShown(lab, canvas.id, 'Handed to Quilt')
        await looks(3)
        await packager.work((event) => account.queue('PACKAGE_EVENT_QUEUE_URL').send(event))
      }
      await untilShown(lab, canvas.id, '**Packaged** at revision')
      await looks(5)
      const { name } = await lab.packaged(ID)
      expect(drawn).toBeGreaterThan(2)
      expect(await lab.revisions(name)).toHaveLength(1)
      expect(lab.tenant.exports.list().filter(({ entryId }) => entryId === ID)).toHaveLength(1)
    },
  )

  test('two services on one table and queue make one revision of each entry, also of a delivery that both got', async () => {
    const entries = Array.from({ length: 8 }, (_, i) => entrySeed(`etr_Shared0${i}`))
    const env = { ...account.env(), WORKERS: '1' }
    const lab = await open(env, { tenant: { entries } })
    const second = await startService(loadConfig({ ...environmentFor(lab.tenant, lab.dir), ...env }), {
      log: createLog('silent'),
      clock: lab.clock,
    })
    services.push(second)
    const deliveries = await Promise.all(entries.map(({ id }) => lab.tenant.created(id!)))
    lab.tenant.webhookUrl = second.url
    await Promise.all(deliveries.map(({ id }) => lab.tenant.redeliver(id)))
    await Promise.all(entries.map(({ id }) => lab.tenant.save(id!)))
    await lab.rest(second)
    for (const { id } of entries) {
      const { name } = await lab.packaged(id!)
      expect(await lab.revisions(name)).toHaveLength(1)
    }
    const runs = await lab.service.history.runs({ limit: 500 })
    expect(new Set(runs.map(({ owner }) => owner)).size).toBe(2)
    expect(account.sts.calls).toHaveLength(2)
    await account.emptied('PACKAGING_REQUEST_QUEUE_URL')
  })

  test('a secret that appears later: deliveries are sent back until then, and nothing of them is lost', async () => {
    const lab = await open({ ...account.env(), BenchlingSecret: 'lab/benchling', QUILT_REGISTRY: '' })
    const early = await lab.tenant.insertCanvas(ID)
    const sent = lab.tenant.deliveries[0]!
    expect(sent.attempts.map(({ status }) => status)).toContain(503)
    keepSecret(lab)
    await untilShown(lab, early.canvas.id, 'Packaged')
    await lab.rest()
    expect((await lab.packaged(ID)).name).toMatch(/^lab\/EXP/)
  })

  test('a secret that changes: the lab moves to another bucket and prefix without a restart', async () => {
    const lab = await open({ ...account.env(), BenchlingSecret: 'lab/benchling', QUILT_REGISTRY: '' })
    keepSecret(lab)
    const { canvas } = await lab.tenant.insertCanvas(ID)
    await untilShown(lab, canvas.id, 'Packaged')
    await lab.rest()
    const before = await lab.packaged(ID)

    keepSecret(lab, { user_bucket: OTHER_BUCKET, pkg_prefix: 'moved', pkg_key: 'entry' })
    while (lab.service.registry.bucket !== OTHER_BUCKET) await new Promise(setImmediate)
    await lab.tenant.click(canvas.id, 'update')
    await lab.rest()
    const after = await lab.packaged(ID)
    expect([before.name, after.name]).toEqual([
      expect.stringMatching(/^lab\/EXP/),
      expect.stringMatching(/^moved\/EXP/),
    ])
    expect(
      after.entries.every(({ physicalKey }) => physicalKey.startsWith(`s3://${OTHER_BUCKET}/moved/`)),
    ).toBe(true)
    expect(after.header.user_meta).toHaveProperty('entry')
    expect(lab.shows(canvas.id)).toContain(after.topHash.slice(0, 10))
  })

  test('lost and refused rings cost nothing: the sweep finds what was delivered', async () => {
    const lab = await open(account.env())
    account.sqs.drop('bell.fifo')
    const { canvas } = await lab.tenant.insertCanvas(ID)
    await untilShown(lab, canvas.id, 'Packaged')
    await lab.rest()
    expect(lab.logged.join('')).toContain('the bell did not ring')
  })

  test('a run that is given up reaches the dead letters with its reason, and its canvas says it, too', async () => {
    const lab = await open({ ...account.env('DEAD_LETTER_QUEUE_URL'), EXPORT_MAX_MEMBERS: '1' })
    const { canvas } = await lab.tenant.insertCanvas(ID)
    await lab.rest()
    const [run] = await lab.runs(ID)
    await lab.service.stop(0)
    const letters = account.queue('DEAD_LETTER_QUEUE_URL').messages
    expect(letters.map(({ body }) => JSON.parse(body))).toEqual([
      expect.objectContaining({ key: `entry:${ID}`, run: run!.id, code: run!.code, causes: run!.causes }),
    ])
    expect(lab.shows(canvas.id)).toContain(`${run!.code}`)
  })
})

const ICEBERG = { ICEBERG_DATABASE: 'ice' }
const found = (...names: string[]) => {
  account.athena.databases.set('ice', ['others_package_tag', 'others_package_manifest'])
  account.athena.answer = ({ parameters }) => ({
    rows: parameters[0]?.includes('EXP') ? names.map((name) => ['others', name, 'a'.repeat(64)]) : [],
  })
}

describe('Packages of others on AWS', { timeout: 60_000 }, () => {
  test('are found by Athena with the role, shown, and looked for again when an event tells of one', async () => {
    found('team/one')
    const lab = await open({ ...account.env('PACKAGE_EVENT_QUEUE_URL'), ...ICEBERG })
    const { canvas } = await lab.tenant.insertCanvas(ID)
    await untilShown(lab, canvas.id, 'team/one')
    await lab.rest()
    found('team/one', 'team/two')
    const events = account.queue('PACKAGE_EVENT_QUEUE_URL')
    events.send(
      eventOf({ bucket: 'others', handle: 'team/one', topHash: 'b'.repeat(64), at: lab.clock.now() }),
    )
    await untilShown(lab, canvas.id, 'team/two')
    await lab.rest()
    const { state } = await lab.canvas(canvas.id)
    expect(state.linked).toEqual(['package:others/team/one', 'package:others/team/two'])
    const drawn = await lab.service.history.runs({ limit: 50, key: `canvas:${canvas.id}` })
    expect(drawn.flatMap(({ causes }) => causes.map(({ delivery }) => delivery))).toContain(
      'watch:package:others/team/one',
    )
    found('team/two')
    lab.clock.advance(61_000)
    await lab.tenant.click(canvas.id, 'update')
    await lab.rest()
    await untilShown(lab, canvas.id, 'Linked packages')
    expect(await lab.service.subjects.watching('package:others/team/two')).toEqual([`canvas:${canvas.id}`])
  })

  test('in our own bucket are limited by the allow list, too, where the registry itself is searched', async () => {
    const lab = await open({ ...account.env(), PACKAGE_ALLOW_LIST: `${BUCKET}/shown` })
    const { canvas } = await lab.tenant.insertCanvas(ID)
    await lab.rest()
    const { displayId } = (await lab.entry(ID)).state
    for (const name of ['shown/one', 'hidden/two'])
      await lab.service.registry.publish(
        {
          name: name as PackageName,
          run: 'somebody',
          message: 'by hand',
          meta: { experiment_id: displayId },
          entries: [],
          current: null,
        },
        never,
      )
    lab.clock.advance(61_000)
    await lab.tenant.click(canvas.id, 'update')
    await untilShown(lab, canvas.id, 'shown/one')
    expect(lab.shows(canvas.id)).not.toContain('hidden/two')
  })

  test('of buckets that nobody shows are dropped as foreign, and cost no write', async () => {
    const figures = new Figures()
    const lab = await open(account.env('PACKAGE_EVENT_QUEUE_URL'), { metrics: figures })
    const events = account.queue('PACKAGE_EVENT_QUEUE_URL')
    for (const bucket of ['nobodys', BUCKET])
      events.send(eventOf({ bucket, handle: 'team/x', topHash: 'b'.repeat(64), at: lab.clock.now() }))
    await account.emptied('PACKAGE_EVENT_QUEUE_URL')
    expect(figureOf(figures, 'package_events', { outcome: 'dropped', reason: 'foreign' })).toBe(2)
    expect(account.dynamo.requests.filter(({ operation }) => operation === 'TransactWriteItems')).toEqual([])
  })

  test('are all there is without a bucket: the canvas shows them, and S3 is never asked', async () => {
    found('team/one')
    const lab = await open({ ...account.env(), ...ICEBERG, QUILT_REGISTRY: '' })
    const { canvas } = await lab.tenant.insertCanvas(ID)
    await untilShown(lab, canvas.id, 'team/one')
    await lab.rest()
    expect(lab.shows(canvas.id)).toContain('No package bucket is configured')
    expect((await lab.runs(ID)).map(({ summary }) => summary.status)).toContain('no-bucket')
    expect(account.s3.requests).toEqual([])
  })
})
