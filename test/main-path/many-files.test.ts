import { expect, test } from 'vitest'
import { createS3Store } from '../../src/aws/s3-store.ts'
import { createLog } from '../../src/base/log.ts'
import { manifestKey } from '../../src/registry/layout.ts'
import { AwsAccount, BUCKET } from './support/aws-account.ts'
import { Lab } from './support/lab.ts'
import { Others } from './support/others.ts'
import { entrySeed } from './support/seeds.ts'

const ID = 'etr_Many001'
const FILES = 10_000
const PAGES = Math.ceil(FILES / 15)

test('Whoever pages through 10,000 files has the bucket read the manifest once', async () => {
  await using account = await AwsAccount.start()
  account.athena.databases.set('ice', [`${BUCKET}_package_tag`, `${BUCKET}_package_manifest`])
  account.athena.answer = () => ({ rows: [] })
  await using lab = await Lab.start({
    clock: account.clock,
    env: { ...account.env(), ICEBERG_DATABASE: 'ice' },
    tenant: { entries: [entrySeed(ID)] },
  })
  const { canvas } = await lab.tenant.insertCanvas(ID)
  await lab.rest()
  const place = { region: account.sqs.region, credentials: account.s3.credentials, clock: account.clock }
  const store = await createS3Store({ ...place, bucket: BUCKET, log: createLog('silent') })
  const names = Array.from({ length: FILES }, (_, at) => `plate/well-${String(at + 1).padStart(5, '0')}.csv`)
  lab.clock.advance(2_000)
  const topHash = await new Others(store, lab.clock).push((await lab.entry(ID)).state.packageName!, names)
  account.s3.requests.length = 0

  const press = async (label: string): Promise<string> => {
    const buttons = lab.tenant.canvases.get(canvas.id).blocks.flatMap(({ children = [] }) => children)
    const id = buttons.find(({ text, enabled }) => text?.includes(label) && enabled)?.id
    if (!id) throw new Error(`There is no button ${label}: ${buttons.map(({ text }) => text)}`)
    await lab.tenant.click(canvas.id, id)
    await lab.rest()
    expect(lab.tenant.canvases.get(canvas.id).enabled).toBe(true)
    return lab.shows(canvas.id)
  }
  await press('Browse files')
  expect(await press('plate')).toContain('well-00001.csv')
  for (let page = 2; page <= 12; page++)
    expect(await press('Next')).toContain(`well-${String(15 * page).padStart(5, '0')}.csv`)
  expect(await press('Last')).toContain(`well-${FILES}.csv`)
  expect(await press('Previous')).toContain(`well-0${15 * (PAGES - 1)}.csv`)
  await press('Metadata')
  await press('Back')
  await press('Browse files')
  await press('plate')
  const reads = account.s3.requests.filter(({ key }) => key === manifestKey(topHash as never))
  expect(reads.map(({ operation }) => operation)).toEqual(['HeadObject', 'GetObject'])
})
