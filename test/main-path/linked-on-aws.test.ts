import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createS3Store } from '../../src/aws/s3-store.ts'
import { createLog } from '../../src/base/log.ts'
import { buttonId, type Step } from '../../src/canvas/buttons.ts'
import { packageTag, stampOf } from '../../src/canvas/route.ts'
import type { PackageName } from '../../src/quilt/types.ts'
import { AwsAccount, BUCKET, OTHERS } from './support/aws-account.ts'
import { Lab } from './support/lab.ts'
import { Others } from './support/others.ts'
import { entrySeed, file } from './support/seeds.ts'

const ID = 'etr_Linked001'

/** What docs/iam.md demands in the bucket of a linked package: keys that each call may have there. */
const rights = Object.fromEntries(
  [
    ...readFileSync(join(import.meta.dirname, '../../docs/iam.md'), 'utf8').matchAll(
      /^\| `s3 (\w+)` \|[^|]+\| ([^|]+) \|/gm,
    ),
  ].flatMap(([, operation = '', resources = '']) => {
    const keys = [...resources.matchAll(/`arn:aws:s3:::<linked>(?:\/([^`]*))?`/g)].map(
      ([, key = '']) => new RegExp(`^${key.replaceAll('.', '\\.').replaceAll('*', '.+')}$`),
    )
    return keys.length === 0 ? [] : [[operation, keys]]
  }),
)
const never = new AbortController().signal

let account: AwsAccount
let lab: Lab
/** Where others publish, with rights of their own. */
let theirs: Others

beforeEach(async () => {
  account = await AwsAccount.start()
  const place = { region: account.sqs.region, credentials: account.s3.credentials, clock: account.clock }
  const store = await createS3Store({ ...place, bucket: OTHERS, log: createLog('silent') })
  theirs = new Others(store, account.clock)
  account.athena.databases.set('ice', [`${OTHERS}_package_tag`, `${OTHERS}_package_manifest`])
})
afterEach(async () => {
  await lab[Symbol.asyncDispose]()
  await account[Symbol.asyncDispose]()
})

/** Publishes a file under a name that shows in screens. */
const publish = async (name: string, file: string, message = 'by hand') => {
  account.clock.advance(2_000)
  await theirs.push(name, file, { message })
}

/** What Athena finds for the entry, before any allow list. */
const found = (...names: string[]) => {
  account.athena.answer = ({ parameters }) => ({
    rows: parameters[0]?.includes('EXP') ? names.map((name) => [OTHERS, name, 'a'.repeat(64)]) : [],
  })
}

/** A canvas whose linked packages were searched. */
const open = async (env: Record<string, string> = {}) => {
  lab = await Lab.start({
    clock: account.clock,
    env: { ...account.env(), ICEBERG_DATABASE: 'ice', ...env },
    tenant: { entries: [entrySeed(ID, [file('a.csv', 'a\n1\n')])] },
  })
  const { canvas } = await lab.tenant.insertCanvas(ID)
  await shown(canvas.id, ({ blocks }) => blocks.includes('Packaged') && !blocks.includes('Searching'))
  await lab.rest()
  account.s3.requests.length = 0
  return canvas.id
}

const shown = async (canvasId: string, so: (its: { readonly blocks: string }) => boolean) => {
  for (;;) {
    const drawn = new Promise<void>((resolve) => {
      lab.tenant.events.once('activity', () => resolve())
    })
    if (lab.tenant.canvases.get(canvasId).enabled && so({ blocks: lab.shows(canvasId) })) return
    await drawn
  }
}

/** Presses, and resolves when the canvas was drawn. */
const click = async (canvasId: string, button: string): Promise<string> => {
  await lab.tenant.click(canvasId, button)
  await lab.rest()
  expect(lab.tenant.canvases.get(canvasId).enabled).toBe(true)
  return lab.shows(canvasId)
}

/** A press on a button that this screen does not have: of an older screen, or made up. */
const press = async (canvasId: string, buttonId: string): Promise<string> => {
  await lab.tenant.deliver({ type: 'v2.canvas.userInteracted', canvasId, buttonId })
  await lab.rest()
  return lab.shows(canvasId)
}

/** A button on the screen that is drawn now. */
const onScreen = async (canvasId: string, step: Step): Promise<string> =>
  buttonId(step, stampOf((await lab.canvas(canvasId)).state.route))

const openOf = (name: string) => buttonId({ kind: 'open', tag: packageTag({ bucket: OTHERS, name }) })
const oldOf = (name: string) => `browse-linked-${ID}-pkg-${name.replaceAll('/', '--')}-p0-s15`
const readOf = (bucket: string) => account.s3.requests.filter((request) => request.bucket === bucket)

describe('Linked packages in another bucket', { timeout: 60_000 }, () => {
  test('are opened with the role: files, revisions, an earlier revision, and back; nothing but reading is asked', async () => {
    await publish('team/one', 'first.csv', 'begun')
    await publish('team/one', 'second.csv', 'went on')
    found('team/one')
    const [, first] = (await theirs.registry.revisions('team/one' as PackageName, never)).map(({ at }) => at)
    const canvas = await open()
    expect(await click(canvas, openOf('team/one'))).toMatch(/team\/one.*in others.*second\.csv/)
    const revisions = await click(canvas, await onScreen(canvas, { kind: 'revisions' }))
    expect(revisions).toMatch(/went on.*Added 1 file: second\.csv.*begun.*First revision/)
    const earlier = await click(canvas, await onScreen(canvas, { kind: 'at', seconds: first! }))
    expect(earlier).toContain('first.csv')
    expect(earlier).not.toContain('second.csv')
    const asked = readOf(OTHERS)
    expect(new Set(asked.map(({ operation }) => operation))).toEqual(new Set(Object.keys(rights)))
    expect(asked.filter(({ operation, key }) => !rights[operation]!.some((one) => one.test(key)))).toEqual([])
    expect(new Set(asked.map(({ headers }) => headers['x-amz-security-token']))).toEqual(
      new Set(['session-1']),
    )
    expect(await click(canvas, await onScreen(canvas, { kind: 'package' }))).toContain('Packaged')
  })

  test('are opened by the buttons of the known system, in the bucket that they are in', async () => {
    await publish('team/with--dashes', 'dashed.csv')
    found('team/with--dashes')
    const canvas = await open()
    expect(await press(canvas, oldOf('team/with--dashes'))).toContain('dashed.csv')
  })

  test('outside of the allow list are never read, whatever a button says', async () => {
    await publish('team/one', 'shown.csv')
    await publish('secret/two', 'hidden.csv')
    found('team/one', 'secret/two')
    const canvas = await open({ PACKAGE_ALLOW_LIST: `${OTHERS}/team` })
    for (const button of [openOf('secret/two'), oldOf('secret/two')]) {
      const screen = await press(canvas, button)
      expect(screen).toContain('Not linked to this entry')
      expect(screen).not.toContain('hidden.csv')
    }
    expect(readOf(OTHERS)).toEqual([])
    expect(await press(canvas, oldOf('team/one'))).toContain('shown.csv')
  })

  test('in a bucket outside of the allow list are never read, and neither are packages that are not linked', async () => {
    await publish('team/one', 'hidden.csv')
    found('team/one')
    const canvas = await open({ PACKAGE_ALLOW_LIST: `${BUCKET},another` })
    for (const button of [openOf('team/one'), oldOf('team/one'), oldOf('not/linked')])
      expect(await press(canvas, button)).toContain('Not linked to this entry')
    // Health looks at the workflow configuration of our own bucket meanwhile.
    const asked = account.s3.requests.map(({ bucket, key }) => `${bucket}/${key}`)
    expect(asked.filter((address) => address !== `${BUCKET}/.quilt/workflows/config.yml`)).toEqual([])
  })

  test('that the role may not read say so in plain words, and open as soon as it may', async () => {
    await publish('team/one', 'shown.csv')
    found('team/one')
    account.s3.buckets.get(OTHERS)!.mayRead = false
    const canvas = await open()
    const refused = await click(canvas, openOf('team/one'))
    expect(refused).toContain('The service may not read the bucket that this package lies in.')
    expect(refused).toContain('Ask whoever runs this service to allow it')
    expect(refused).toContain('package.forbidden')
    expect(refused).not.toMatch(/arn:|QUILT_|AccessDenied|s3:/)
    account.s3.buckets.get(OTHERS)!.mayRead = true
    expect(await click(canvas, buttonId({ kind: 'show' }))).toContain('shown.csv')
  })

  test('in a bucket that is gone are told as not there', async () => {
    account.athena.databases.set('ice', ['gone_package_tag', 'gone_package_manifest'])
    account.athena.answer = ({ parameters }) => ({
      rows: parameters[0]?.includes('EXP') ? [['gone', 'team/one', 'a'.repeat(64)]] : [],
    })
    const canvas = await open()
    const tag = packageTag({ bucket: 'gone', name: 'team/one' })
    expect(await click(canvas, buttonId({ kind: 'open', tag }))).toContain('There is no such package')
  })
})
