import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ByteBudget } from '../../src/base/byte-budget.ts'
import { systemClock } from '../../src/base/clock.ts'
import { createLog } from '../../src/base/log.ts'
import { NO_METRICS } from '../../src/base/metrics.ts'
import type { Config } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { parseSecret } from '../../src/config/secret.ts'
import { archiveMemory } from '../../src/export/archive-memory.ts'
import type { Job } from '../../src/jobs/ports.ts'
import { openSqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { type Lab, LabMaker } from '../../src/service/lab.ts'
import { openRole } from '../../src/service/open-role.ts'
import { LAB_SECRET } from '../support/lab-secret.ts'
import { type Listening, listening } from '../support/sts-server.ts'

let server: Listening
let config: Config
let maker: LabMaker
/** `client:secret` of every request for a token. */
let offered: string[]
const jobs = openSqliteJobs(':memory:', { clock: systemClock })
const log = createLog('silent')

const makerFor = async (of: Config): Promise<LabMaker> =>
  new LabMaker({
    config: of,
    role: await openRole(of, systemClock, log),
    subjects: jobs.subjects,
    clock: systemClock,
    log,
    metrics: NO_METRICS,
    budget: new ByteBudget(of.memoryBudgetBytes),
    memory: archiveMemory(of.exports),
    links: undefined,
    liveRuns: jobs.liveRuns,
    onTouched: () => {},
    serviceState: () => null,
  })

beforeEach(async () => {
  offered = []
  server = await listening((request, response) => {
    const [, basic = ''] = request.headers.authorization?.split('Basic ') ?? []
    offered.push(Buffer.from(basic, 'base64').toString())
    response.writeHead(401, { 'content-type': 'application/json' }).end('{}')
  })
  config = loadConfig({
    APP_ENV: 'test',
    BenchlingSecret: 'lab',
    BENCHLING_SIMULATOR_URL: server.url,
    DATA_DIR: '/nowhere',
    ATHENA_USER_DATABASE: 'views',
    AWS_REGION: 'eu-test-1',
  })
  maker = await makerFor(config)
})

afterEach(async () => {
  await maker.close()
  await server[Symbol.asyncDispose]()
})

const labOf = (more: object, of = config) =>
  parseSecret(JSON.stringify({ ...LAB_SECRET, user_bucket: '', ...more }), of.secret!)

/** Has a lab ask Benchling for something. */
const ask = (lab: Lab) =>
  expect(
    lab.kinds.entry.run({
      key: 'entry:etr_A',
      signal: new AbortController().signal,
      steps: { timed: (_name: string, work: () => unknown) => work() },
    } as unknown as Job),
  ).rejects.toMatchObject({ code: 'benchling.unauthorized' })

test('runs under way use the newest credentials of their tenant, also when the lab moved to another one', async () => {
  const first = await maker.make(labOf({ tenant: 'first', client_secret: 'old' }))
  await maker.make(labOf({ tenant: 'first', client_secret: 'new' }))
  await ask(first)
  expect(offered.at(-1)).toBe('client-1:new')
  const second = await maker.make(labOf({ tenant: 'second', client_secret: 'other' }))
  await ask(first)
  expect(offered.at(-1)).toBe('client-1:new')
  await ask(second)
  expect(offered.at(-1)).toBe('client-1:other')
})

test('it closes while parts are being made that cannot be made', async () => {
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE']) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere/config')
  const regionless = loadConfig({ BenchlingSecret: 'lab', JOBS_TABLE: 'jobs' })
  const other = await makerFor(regionless)
  const made = other.make(labOf({ user_bucket: 'lab-data' }, regionless))
  await Promise.all([expect(made).rejects.toMatchObject({ code: 'config.invalid' }), other.close()])
  vi.unstubAllEnvs()
})
