import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { createS3Store } from '../../src/aws/s3-store.ts'
import { createLog } from '../../src/base/log.ts'
import { buttonId, type Step } from '../../src/canvas/buttons.ts'
import { packageTag, stampOf } from '../../src/canvas/route.ts'
import { createFolderStore } from '../../src/local/folder-store.ts'
import { AwsAccount, BUCKET } from './support/aws-account.ts'
import { Lab } from './support/lab.ts'
import { Others } from './support/others.ts'
import { entrySeed, file } from './support/seeds.ts'

const OURS = 'etr_Kept001'
const ANOTHER = 'etr_Kept002'

const tenant = () => ({
  entries: [entrySeed(OURS, [file('first.csv', 'a\n1\n')]), entrySeed(ANOTHER, [file('b.csv', 'b\n1\n')])],
})

/** An entry with two canvases, of which one shows files, and another entry with a canvas of its own. */
const withCanvases = async (lab: Lab) => {
  const [one, two, other] = [
    (await lab.tenant.insertCanvas(OURS)).canvas.id,
    (await lab.tenant.insertCanvas(OURS)).canvas.id,
    (await lab.tenant.insertCanvas(ANOTHER)).canvas.id,
  ]
  await lab.rest()
  await press(lab, two, { kind: 'files' })
  expect(lab.shows(two)).toContain('first.csv')
  const { packageName, displayId } = (await lab.entry(OURS)).state
  return { one, two, other, name: packageName!, displayId: displayId! }
}

const press = async (lab: Lab, canvasId: string, step: Step): Promise<void> => {
  const { route } = (await lab.canvas(canvasId)).state
  await lab.tenant.click(canvasId, buttonId(step, route.screen === 'package' ? null : stampOf(route)))
  await lab.rest()
}

/** Leaves the package screen and comes back: somebody looks. */
const look = async (lab: Lab, canvasId: string): Promise<void> => {
  await press(lab, canvasId, { kind: 'metadata' })
  await press(lab, canvasId, { kind: 'package' })
}

const shown = async (lab: Lab, canvasId: string, text: string): Promise<void> => {
  for (;;) {
    const moved = new Promise<void>((resolve) => {
      lab.tenant.events.once('activity', () => resolve())
    })
    if (lab.tenant.canvases.get(canvasId).enabled && lab.shows(canvasId).includes(text)) return
    await moved
  }
}

const drawings = (lab: Lab, canvasId: string): number => lab.tenant.canvases.get(canvasId).serial

test('A revision that somebody pushes into a folder shows on every canvas of the entry with a press on one', async () => {
  await using lab = await Lab.start({ tenant: tenant() })
  const { one, two, other, name } = await withCanvases(lab)
  const others = new Others(createFolderStore(join(lab.dir, 'registry')), lab.clock)
  lab.clock.advance(2_000)
  const pushed = await others.push(name, 'pushed.csv')
  const before = drawings(lab, other)
  await look(lab, one)
  expect(lab.shows(one)).toContain(pushed.slice(0, 10))
  expect(lab.shows(two)).toContain('pushed.csv')
  expect(lab.shows(two)).toContain('first.csv')
  expect(drawings(lab, other)).toBe(before)
})

test('A package that names the entry is listed on every canvas of it, and opens where it was pressed', async () => {
  await using lab = await Lab.start({ tenant: tenant() })
  const { one, two, other, displayId } = await withCanvases(lab)
  const others = new Others(createFolderStore(join(lab.dir, 'registry')), lab.clock)
  await others.push('team/one', 'theirs.csv', { meta: { experiment_id: displayId } })
  lab.clock.advance(61_000)
  await look(lab, one)
  await shown(lab, one, 'team/one')
  await lab.rest()
  await press(lab, two, { kind: 'package' })
  expect(lab.shows(two)).toContain('team/one')
  expect(lab.shows(other)).not.toContain('team/one')
  await press(lab, two, { kind: 'open', tag: packageTag({ bucket: null, name: 'team/one' }) })
  expect(lab.shows(two)).toContain('theirs.csv')
  expect(lab.shows(one)).not.toContain('theirs.csv')
})

describe('On AWS', () => {
  const started: AsyncDisposable[] = []
  afterEach(async () => {
    for (const one of started.splice(0).toReversed()) await one[Symbol.asyncDispose]()
  })

  /** The package of the one entry is linked to the other, whose canvas shows its files. */
  const withLinked = async (...queues: Parameters<AwsAccount['env']>) => {
    const account = await AwsAccount.start()
    started.push(account)
    account.athena.databases.set('ice', [`${BUCKET}_package_tag`, `${BUCKET}_package_manifest`])
    account.athena.answer = () => ({ rows: [] })
    const env = { ...account.env(...queues), ICEBERG_DATABASE: 'ice' }
    const lab = await Lab.start({ clock: account.clock, env, tenant: tenant() })
    started.push(lab)
    const canvases = await withCanvases(lab)
    const { displayId } = (await lab.entry(ANOTHER)).state
    account.athena.answer = ({ parameters }) => ({
      rows: parameters[0]?.includes(displayId!) ? [[BUCKET, canvases.name, 'a'.repeat(64)]] : [],
    })
    lab.clock.advance(61_000)
    await look(lab, canvases.other)
    await shown(lab, canvases.other, canvases.name)
    await lab.rest()
    const tag = packageTag({ bucket: BUCKET, name: canvases.name })
    await press(lab, canvases.other, { kind: 'open', tag })
    expect(lab.shows(canvases.other)).toContain('first.csv')
    return { account, lab, ...canvases }
  }

  test('an event of a revision that somebody pushed is shown by all canvases of its entry, and by those that it is linked to', async () => {
    const { account, lab, one, two, other, name } = await withLinked('PACKAGE_EVENT_QUEUE_URL')
    const place = { region: account.sqs.region, credentials: account.s3.credentials, clock: account.clock }
    const log = createLog('silent')
    const others = new Others(await createS3Store({ ...place, bucket: BUCKET, log }), lab.clock)
    lab.clock.advance(2_000)
    const topHash = await others.push(name, 'pushed.csv')
    const detail = { type: 'created', version: '0.1', bucket: BUCKET, handle: name, topHash }
    account.queue('PACKAGE_EVENT_QUEUE_URL').send(
      JSON.stringify({
        source: 'com.quiltdata',
        'detail-type': 'package-revision',
        time: new Date(lab.clock.now()).toISOString(),
        detail,
      }),
    )
    await shown(lab, one, topHash.slice(0, 10))
    await shown(lab, two, 'pushed.csv')
    await shown(lab, other, 'pushed.csv')
  })

  test('a revision that this service makes is shown by the canvases of its entry, and by those that it is linked to, without any event', async () => {
    const { lab, one, two, other } = await withLinked()
    lab.tenant.entries.addAttachment(OURS, file('second.csv', 'a\n2\n'))
    lab.tenant.entries.update(OURS, { fields: { Project: 'More' } })
    await lab.tenant.save(OURS)
    await lab.rest()
    const { topHash } = await lab.packaged(OURS)
    expect(lab.shows(one)).toContain(topHash.slice(0, 10))
    expect(lab.shows(two)).toContain('second.csv')
    expect(lab.shows(other)).toContain('second.csv')
  })
})
