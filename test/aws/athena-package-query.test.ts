import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AthenaQueryOptions, createAthenaPackageQuery } from '../../src/aws/athena-package-query.ts'
import { type AllowList, parseAllowList } from '../../src/base/allow-list.ts'
import { Fault } from '../../src/base/fault.ts'
import type { FoundPackages, PackageQuery } from '../../src/registry/package-query.ts'
import { AthenaServer } from '../support/athena-server.ts'
import { FakeClock } from '../support/clock.ts'

/** Pauses between questions and tries pass by themselves, and time with them; what waits for longer is woken by that. */
class PollingClock extends FakeClock {
  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms > 1_000) return super.sleep(ms, signal)
    signal?.throwIfAborted()
    await this.advance(ms)
  }
}

const HASH = 'a'.repeat(64)
const signal = new AbortController().signal
let server: AthenaServer
let clock: FakeClock
let logged: string[]

beforeEach(async () => {
  server = await AthenaServer.start()
  clock = new PollingClock()
  logged = []
})
afterEach(() => server.close())

const iceberg = (...buckets: string[]) =>
  server.databases.set(
    'ice',
    buckets.flatMap((bucket) => [`${bucket}_package_tag`, `${bucket}_package_manifest`]),
  )
const views = (...buckets: string[]) =>
  server.databases.set(
    'user',
    buckets.map((bucket) => `${bucket}_packages-view`),
  )

const open = (more: Partial<AthenaQueryOptions> = {}) =>
  createAthenaPackageQuery({
    region: 'eu-test-1',
    endpoint: server.url,
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'not-a-secret' },
    icebergDatabase: 'ice',
    userDatabase: 'user',
    metadataKey: () => 'experiment_id',
    clock,
    log: pino({}, { write: (line: string) => void logged.push(line) }),
    ...more,
  })

const find = (query: PackageQuery, value = 'EXP1'): Promise<FoundPackages> => query.find(value, signal)

const names = ({ packages }: FoundPackages) => packages.map(({ bucket, name }) => `${bucket}:${name}`)

/** Every bucket that a query reads has one package. */
const onePerBucket = () => {
  server.answer = ({ sql }) => ({
    rows: [...sql.matchAll(/SELECT '([^']+)' AS bucket/g)].map(([, bucket = '']) => [bucket, 'lab/p', HASH]),
  })
}

const allowing = (text: string): AllowList => {
  const parsed = parseAllowList(text)
  if ('problem' in parsed) throw new Error(parsed.problem)
  return parsed.value
}

describe('a search by Athena', () => {
  it('reads every bucket of the stack by its Iceberg tables, page by page', async () => {
    iceberg('lab', 'lab-two', 'a.b.c')
    views()
    onePerBucket()
    server.pageSize = 2
    const found = await find(await open())
    expect(found).toEqual({
      packages: ['a.b.c', 'lab', 'lab-two'].map((bucket) => ({ bucket, name: 'lab/p', topHash: HASH })),
      complete: true,
      problem: null,
    })
    expect(server.queries).toMatchObject([
      { parameters: ["'EXP1'"], database: 'ice', workgroup: 'primary', state: 'SUCCEEDED' },
    ])
    expect(server.count('GetQueryResults')).toBe(2)
  })

  it('takes the older view for buckets that have nothing else, in its own workgroup', async () => {
    iceberg('new')
    views('new', 'old')
    server.workgroups.add('w-ice').add('w-user')
    server.answer = ({ database }) => ({
      rows: [database === 'ice' ? ['new', 'lab/p', HASH] : ['old', 'lab/p', null]],
    })
    const found = await find(await open({ icebergWorkgroup: 'w-ice', userWorkgroup: 'w-user' }))
    expect(found.packages).toEqual([
      { bucket: 'new', name: 'lab/p', topHash: HASH },
      { bucket: 'old', name: 'lab/p', topHash: null },
    ])
    const [, older] = server.queries.toSorted((a, b) => a.workgroup.localeCompare(b.workgroup))
    expect(older).toMatchObject({ workgroup: 'w-user' })
    expect(older?.sql).not.toContain("'new'")
  })

  it('asks for tables once, page by page, and again after an hour, answering meanwhile', async () => {
    iceberg(...Array.from({ length: 60 }, (_, at) => `bucket-${at}`))
    onePerBucket()
    const query = await open({ userDatabase: null })
    expect((await find(query)).packages).toHaveLength(60)
    await find(query)
    expect(server.count('ListTableMetadata')).toBe(3)
    expect(server.queries).toHaveLength(2 * 3)
    iceberg('late')
    await clock.advance(3_600_000)
    expect((await find(query)).packages).toHaveLength(60)
    await server.arrived('ListTableMetadata', 4)
    await clock.advance(0)
    expect(names(await find(query))).toEqual(['late:lab/p'])
  })

  it('asks again for tables when a query finds them gone', async () => {
    iceberg('lab')
    server.answer = () => ({
      failed: "TABLE_NOT_FOUND: line 3:6: Table 'ice.lab_package_tag' does not exist",
    })
    const query = await open({ userDatabase: null })
    await expect(find(query)).rejects.toMatchObject({ code: 'query.failed' })
    iceberg('moved')
    onePerBucket()
    expect(names(await find(query))).toEqual(['moved:lab/p'])
  })

  it('shows what one database gives while the other fails', async () => {
    views('old')
    onePerBucket()
    const found = await find(await open())
    expect(names(found)).toEqual(['old:lab/p'])
    expect(found.problem).toMatchObject({ code: 'query.refused' })
    expect(found.problem?.people).not.toContain('arn')
    iceberg('new')
    server.answer = ({ database, sql }) =>
      database === 'user'
        ? { failed: 'HIVE_FILESYSTEM_ERROR: arn:aws:s3' }
        : { rows: [[/'(\w+)' AS/.exec(sql)![1]!, 'lab/p', HASH]] }
    const other = await find(await open())
    expect(names(other)).toEqual(['new:lab/p'])
    expect(other.problem).toMatchObject({ code: 'query.failed' })
  })

  it('parts the bucket whose tables cannot be read from the others, and asks it alone afterwards', async () => {
    const buckets = Array.from({ length: 16 }, (_, at) => `b-${at}`)
    iceberg(...buckets)
    onePerBucket()
    const good = server.answer
    server.answer = (query) =>
      query.sql.includes("'b-7'") ? { failed: 'HIVE_FILESYSTEM_ERROR' } : good(query)
    const query = await open({ userDatabase: null })
    const found = await find(query)
    expect(found.packages).toHaveLength(15)
    expect(found.problem).toMatchObject({ code: 'query.failed' })
    expect(server.queries).toHaveLength(9)
    await find(query)
    expect(server.queries).toHaveLength(11)
    server.answer = good
    expect(await find(query)).toMatchObject({ packages: { length: 16 }, problem: null })
    await find(query)
    expect(server.queries).toHaveLength(14)
  })

  it('gives up parting when all is lost', async () => {
    iceberg(...Array.from({ length: 100 }, (_, at) => `b-${at}`))
    server.answer = () => ({ failed: 'Insufficient permissions to execute the query' })
    await expect(find(await open({ userDatabase: null }))).rejects.toMatchObject({ code: 'query.refused' })
    expect(server.queries.length).toBeLessThanOrEqual(25)
  })

  it('drops rows that are no packages, of buckets nobody asked about, and repetitions', async () => {
    iceberg('lab')
    server.answer = () => ({
      rows: [
        ['lab', 'lab/p', HASH],
        ['lab', 'lab/p', HASH],
        ['lab', 'no name', HASH],
        ['lab', null, null],
        ['other', 'lab/p', HASH],
        ['lab', 'lab/q', 'no hash'],
      ],
    })
    expect((await find(await open({ userDatabase: null }))).packages).toEqual([
      { bucket: 'lab', name: 'lab/p', topHash: HASH },
      { bucket: 'lab', name: 'lab/q', topHash: null },
    ])
  })

  it('keeps 500 of thousands and says that there are more', async () => {
    iceberg('lab')
    server.answer = () => ({
      rows: Array.from({ length: 2_500 }, (_, at) => ['lab', `lab/p${String(at).padStart(5, '0')}`, HASH]),
    })
    const found = await find(await open({ userDatabase: null }))
    expect(found).toMatchObject({ complete: false, packages: { length: 500 } })
    expect(server.count('GetQueryResults')).toBe(3)
  })

  it('searches and shows only what the allow list has', async () => {
    iceberg('lab', 'lab-two', 'secret')
    server.answer = ({ sql }) => ({
      rows: [...sql.matchAll(/SELECT '([^']+)' AS bucket/g)].flatMap(([, bucket = '']) => [
        [bucket, 'open/p', HASH],
        [bucket, 'closed/p', HASH],
      ]),
    })
    const found = await find(await open({ userDatabase: null, allow: allowing('lab, lab-*/open') }))
    expect(names(found)).toEqual(['lab:closed/p', 'lab:open/p', 'lab-two:open/p'])
    expect(server.queries[0]?.sql).not.toContain('secret')
    expect(await find(await open({ userDatabase: null, allow: allowing('none') }))).toEqual({
      packages: [],
      complete: true,
      problem: null,
    })
  })

  it('says when there are no tables at all', async () => {
    server.databases.set('ice', ['something_else'])
    await expect(find(await open({ userDatabase: null }))).rejects.toMatchObject({ code: 'query.no_tables' })
  })

  it('asks nothing about a value that cannot be asked for', async () => {
    iceberg('lab')
    const query = await open({ userDatabase: null })
    await expect(query.find('a\0', signal)).rejects.toMatchObject({ code: 'query.value_unsupported' })
    expect(server.requests).toEqual([])
  })

  it('needs a region and a database with a usable name', async () => {
    const configured = { icebergDatabase: null, userDatabase: null }
    await expect(open(configured)).rejects.toMatchObject({ code: 'config.invalid' })
    await expect(open({ ...configured, userDatabase: 'a"b' })).rejects.toMatchObject({
      code: 'config.invalid',
    })
  })
})

describe('a query that does not end well', () => {
  beforeEach(() => iceberg('lab'))

  it('is stopped after 30 seconds', async () => {
    server.answer = () => 'running'
    await expect(find(await open({ userDatabase: null }))).rejects.toMatchObject({ code: 'query.timeout' })
    expect(server.queries).toMatchObject([{ state: 'CANCELLED' }])
    expect(server.count('GetQueryExecution')).toBeLessThan(40)
  })

  it('is stopped when nobody waits for it any more', async () => {
    server.answer = () => 'running'
    const leaving = new AbortController()
    const search = (await open({ userDatabase: null })).find('EXP1', leaving.signal)
    search.catch(() => {})
    await server.arrived('GetQueryExecution', 1)
    leaving.abort(new Error('left'))
    await expect(search).rejects.toThrow('left')
    expect(server.queries).toMatchObject([{ state: 'CANCELLED' }])
  })

  it('is stopped even when its id arrives after that', async () => {
    server.answer = () => 'running'
    server.faults.push({ operation: 'StartQueryExecution', fault: 'held' })
    const leaving = new AbortController()
    const search = (await open({ userDatabase: null })).find('EXP1', leaving.signal)
    search.catch(() => {})
    await server.arrived('StartQueryExecution', 1)
    leaving.abort(new Error('left'))
    server.letGo()
    await expect(search).rejects.toThrow('left')
    expect(server.queries).toMatchObject([{ state: 'CANCELLED' }])
  })

  it('leaves a query alone that cannot be stopped', async () => {
    server.answer = () => 'running'
    server.faults.push({
      operation: 'StopQueryExecution',
      fault: { error: 'AccessDeniedException', status: 400 },
    })
    await expect(find(await open({ userDatabase: null }))).rejects.toMatchObject({ code: 'query.timeout' })
    expect(logged.join('')).toContain('a query could not be stopped')
  })

  it('is started once, although the answer to its start was lost', async () => {
    onePerBucket()
    server.faults.push({ operation: 'StartQueryExecution', fault: 'lost-answer' })
    expect(names(await find(await open({ userDatabase: null })))).toEqual(['lab:lab/p'])
    expect(server.count('StartQueryExecution')).toBe(2)
    expect(server.queries).toHaveLength(1)
  })

  it.each([
    ['ListTableMetadata', { error: 'InternalServerException', status: 500 }],
    ['StartQueryExecution', { error: 'TooManyRequestsException', status: 400 }],
    ['GetQueryExecution', 'reset'],
    ['GetQueryResults', { error: 'ThrottlingException', status: 400 }],
  ] as const)('goes through when %s is in trouble for a moment', async (operation, fault) => {
    onePerBucket()
    server.faults.push({ operation, fault }, { operation, fault })
    expect(names(await find(await open({ userDatabase: null })))).toEqual(['lab:lab/p'])
  })

  it.each([
    ['ListTableMetadata', { error: 'InternalServerException', status: 500 }, 'query.unavailable'],
    ['StartQueryExecution', { error: 'TooManyRequestsException', status: 400 }, 'query.unavailable'],
    ['GetQueryExecution', 'reset', 'query.unavailable'],
    ['StartQueryExecution', { error: 'AccessDeniedException', status: 400 }, 'query.refused'],
    ['ListTableMetadata', { error: 'AccessDeniedException', status: 400 }, 'query.refused'],
    ['GetQueryResults', { error: 'ExpiredTokenException', status: 403 }, 'query.refused'],
  ] as const)('says so when %s stays in trouble: %j', async (operation, fault, code) => {
    for (let tries = 0; tries < 4; tries++) server.faults.push({ operation, fault })
    const thrown = await find(await open({ userDatabase: null })).catch((one: unknown) => one)
    expect(thrown).toMatchObject({ code })
  })

  it('says that a workgroup is missing without naming what AWS says', async () => {
    const query = await open({ userDatabase: null, icebergWorkgroup: 'gone' })
    const thrown = (await find(query).catch((one: unknown) => one)) as Fault
    expect(thrown).toMatchObject({ code: 'query.refused', facts: { reason: 'WorkGroup gone is not found.' } })
    expect(thrown.people).not.toContain('gone')
  })

  it('passes on what the credentials say', async () => {
    const credentials = async () => {
      throw new Fault('store.forbidden')
    }
    await expect(find(await open({ userDatabase: null, credentials }))).rejects.toMatchObject({
      code: 'store.forbidden',
    })
  })

  it('keeps Athena’s own words in its facts', async () => {
    server.answer = () => ({ failed: 'GENERIC_INTERNAL_ERROR: arn:aws:s3:::secret' })
    const thrown = (await find(await open({ userDatabase: null })).catch((one: unknown) => one)) as Fault
    expect(thrown).toMatchObject({ code: 'query.failed', facts: { query: 'query-1' } })
    expect(thrown.facts.reason).toContain('arn:aws:s3')
    expect(thrown.people).not.toContain('arn')
  })
})
