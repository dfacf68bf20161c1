import { beforeEach, expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import { createLog } from '../../src/base/log.ts'
import type { LabConfig } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { labFromSecret, SECRET_REFRESH_MS } from '../../src/service/lab-source.ts'
import { FakeClock } from '../support/clock.ts'
import { LAB_SECRET } from '../support/lab-secret.ts'

const MISSING = new Fault('config.secret_missing')

let clock: FakeClock
let answer: string | Fault
let reads: number
let lines: string[]
let stop: AbortController

const open = () => {
  const source = labFromSecret({
    source: loadConfig({ BenchlingSecret: 'lab/benchling', JOBS_TABLE: 'jobs' }).secret!,
    read: async () => {
      reads++
      if (answer instanceof Fault) throw answer
      return answer
    },
    clock,
    log: createLog('info', { write: (line: string) => void lines.push(line) }),
  })
  const watching = source.watch(stop.signal)
  return { source, watching }
}
const settled = async () => {
  while (clock.sleeping === 0) await new Promise((resolve) => setImmediate(resolve))
}

beforeEach(() => {
  clock = new FakeClock()
  answer = JSON.stringify(LAB_SECRET)
  reads = 0
  lines = []
  stop = new AbortController()
})

test('a secret that is missing is looked for again, and used as soon as it is there', async () => {
  answer = MISSING
  const { source, watching } = open()
  expect(() => source.known()).toThrow(expect.objectContaining({ code: 'config.secret_unavailable' }))
  await settled()
  expect(() => source.known()).toThrow(MISSING)
  await expect(source.check()).rejects.toBe(MISSING)
  await clock.advance(5_000)
  await settled()
  answer = JSON.stringify(LAB_SECRET)
  await clock.advance(10_000)
  await settled()
  expect(source.known().benchling.clientId).toBe('client-1')
  await source.check()
  expect(lines.filter((line) => line.includes('config.secret_missing'))).toHaveLength(1)
  expect(lines.join('')).not.toContain('canary')
  stop.abort()
  await watching
})

test('it is read once a minute however often it is asked for, and a change is told', async () => {
  const { source, watching } = open()
  const told: LabConfig[] = []
  source.onChange((lab) => told.push(lab))
  await settled()
  const first = source.known()
  for (let asked = 0; asked < 100; asked++) expect(source.known()).toBe(first)
  await clock.advance(SECRET_REFRESH_MS)
  await settled()
  expect([reads, source.known()]).toEqual([2, first])
  answer = JSON.stringify({ ...LAB_SECRET, client_secret: 'cs_rotated', app_definition_id: 'appdef_B2' })
  await clock.advance(SECRET_REFRESH_MS)
  await settled()
  expect(source.known().webhook.identity.app.id).toBe('appdef_B2')
  expect(told.map((lab) => lab.benchling.clientSecret)).toEqual(['cs_canary', 'cs_rotated'])
  stop.abort()
  await watching
})

test('what it said last holds while it cannot be read or is wrong, and health tells', async () => {
  const { source, watching } = open()
  await settled()
  for (const trouble of [MISSING, '{"tenant": "canary"}']) {
    answer = trouble
    await clock.advance(SECRET_REFRESH_MS)
    await settled()
    expect(source.known().benchling.clientId).toBe('client-1')
    await expect(source.check()).rejects.toThrow(/^config\.secret_/)
  }
  expect(lines.filter((line) => line.includes('"inUse":true'))).toHaveLength(2)
  expect(lines.join('')).not.toContain('canary')
  stop.abort()
  await watching
})
