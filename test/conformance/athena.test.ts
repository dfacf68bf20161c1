import { AthenaClient, CreateWorkGroupCommand } from '@aws-sdk/client-athena'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAthenaPackageQuery } from '../../src/aws/athena-package-query.ts'
import { systemClock } from '../../src/base/clock.ts'
import { createLog } from '../../src/base/log.ts'
import { type Emulator, startMoto } from './emulators.ts'
import { queueResult, withTables } from './moto-athena.ts'

const HASH = 'b'.repeat(64)
const COLUMNS = ['bucket', 'pkg_name', 'top_hash']

describe('moto’s Athena', () => {
  let moto: Emulator
  let url: string
  let front: Awaited<ReturnType<typeof withTables>>
  const address = () => ({
    region: 'us-east-1',
    endpoint: front.url,
    credentials: { accessKeyId: 'AKIACONFORMANCE0', secretAccessKey: 'not-a-secret' },
  })
  const open = (more: { readonly userWorkgroup?: string } = {}) =>
    createAthenaPackageQuery({
      ...address(),
      icebergDatabase: 'iceberg',
      metadataKey: () => 'experiment_id',
      clock: systemClock,
      log: createLog('silent'),
      ...more,
    })
  const signal = AbortSignal.timeout(120_000)

  beforeAll(async () => {
    moto = await startMoto()
    url = moto.env.AWS_ENDPOINT_URL_S3!
    front = await withTables(url, { iceberg: ['lab_package_tag', 'lab_package_manifest'] })
  })
  afterAll(async () => {
    await front?.close()
    await moto?.close()
  })

  it('takes the calls of a search and gives its rows', async () => {
    await queueResult(url, {
      columns: COLUMNS,
      rows: [
        ['lab', 'x/a', HASH],
        ['lab', 'x/b', null],
      ],
    })
    const query = await open()
    expect(await query.find("EXP'1", signal)).toEqual({
      packages: [
        { bucket: 'lab', name: 'x/a', topHash: HASH },
        { bucket: 'lab', name: 'x/b', topHash: null },
      ],
      complete: true,
      problem: null,
    })
    expect(new Set(front.asked)).toEqual(
      new Set(['ListTableMetadata', 'StartQueryExecution', 'GetQueryExecution', 'GetQueryResults']),
    )
    query.close()
  })

  it('knows workgroups, and refuses one that does not exist', async () => {
    const client = new AthenaClient(address())
    await client.send(new CreateWorkGroupCommand({ Name: 'packages', Configuration: {} }))
    client.destroy()
    await queueResult(url, { columns: COLUMNS, rows: [] })
    const known = await open({ userWorkgroup: 'packages' })
    expect(await known.find('EXP1', signal)).toMatchObject({ packages: [], problem: null })
    const unknown = await open({ userWorkgroup: 'gone' })
    await expect(unknown.find('EXP1', signal)).rejects.toMatchObject({ code: 'query.refused' })
  })
})
