import { expect, test } from 'vitest'
import { METRICS, type MetricName } from '../../src/base/metric-names.ts'
import { EMF_EVERY_MS, keepEmfLog } from '../../src/base/metrics-emf-log.ts'
import { Figures } from '../../src/base/metrics-figures.ts'
import { exposedName } from '../../src/base/metrics-text.ts'
import { listenForMetrics } from '../../src/service/metrics-listener.ts'
import { FakeClock } from '../support/clock.ts'
import { cloudWatchOf, readEmf } from '../support/emf.ts'
import { readExposition, type Sample } from '../support/prometheus.ts'
import { createSigner } from '../support/signer.ts'
import { Lab } from './support/lab.ts'
import { entrySeed, file } from './support/seeds.ts'

const ID = 'etr_Measure1'
const BROKEN = 'etr_Measure2'

/** A service whose figures are written as embedded metrics by a clock that the test moves, and can be asked for. */
const measured = async () => {
  const figures = new Figures()
  const minutes = new FakeClock()
  const lines: string[] = []
  const ending = new AbortController()
  const write = (line: string) => void lines.push(line)
  const written = keepEmfLog({ figures, clock: minutes, write }, ending.signal)
  const entries = [entrySeed(ID, [file('data.csv', 'a\n1\n')]), entrySeed(BROKEN)]
  const lab = await Lab.start({ tenant: { entries }, metrics: figures })
  const listener = await listenForMetrics(figures, { host: '127.0.0.1', port: 0 })
  return {
    lab,
    minutePasses: () => minutes.advance(EMF_EVERY_MS),
    read: async () => readExposition(await (await fetch(listener.url)).text()),
    stop: async () => {
      ending.abort()
      await written
      return cloudWatchOf(lines.map(readEmf))
    },
    [Symbol.asyncDispose]: async () => {
      await listener.close()
      await lab[Symbol.asyncDispose]()
    },
  }
}

type Families = Awaited<ReturnType<Awaited<ReturnType<typeof measured>>['read']>>

/** One figure of the endpoint; a distribution's `_count` unless `_sum` is asked for. 0 when nothing was counted. */
const figure = (
  families: Families,
  name: MetricName,
  labels: Readonly<Record<string, string>> = {},
  part = METRICS[name].kind === 'observed' ? '_count' : '',
): number => {
  const wanted = JSON.stringify(Object.entries(labels).sort())
  const sample = families
    .get(exposedName(name))
    ?.samples.find(
      (one: Sample) =>
        one.name === `${exposedName(name)}${part}` &&
        JSON.stringify(Object.entries(one.labels).sort()) === wanted,
    )
  return sample?.value ?? 0
}

test('Figures say what happened, on the endpoint and in CloudWatch alike', async () => {
  await using service = await measured()
  const { lab } = service
  const now = async (...of: [MetricName, Record<string, string>?, string?]) =>
    figure(await service.read(), ...of)

  // a delivery becomes a package
  await lab.tenant.created(ID)
  await lab.rest()
  const first = await lab.packaged(ID)
  expect(await now('deliveries', { kind: 'entry', outcome: 'accepted' })).toBe(1)
  expect(await now('runs_ended', { kind: 'entry', outcome: 'done' })).toBe(1)
  expect(await now('work_wait_seconds', { kind: 'entry' })).toBe(1)
  expect(await now('packages', { status: 'published' })).toBe(1)
  expect(await now('published_files')).toBe(first.entries.length)
  expect(await now('published_bytes')).toBe(first.entries.reduce((sum, { size }) => sum + size, 0))
  const [run] = await lab.runs(ID)
  expect(await now('archive_bytes', {}, '_sum')).toBe(run?.summary.archiveBytes)
  const { steps } = (await lab.service.history.run(run!.id))!
  const named = steps.filter(({ name }) => name === 'wait for export')
  expect(await now('step_seconds', { step: 'wait for export' }, '_sum')).toBe(named[0]!.ms / 1_000)
  for (const step of ['base', 'read entry', 'export', 'open archive', 'store members', 'publish'])
    expect(await now('step_seconds', { step })).toBe(1)
  expect(await now('benchling_token_fetches')).toBeGreaterThan(0)
  await service.minutePasses()

  // the same content again
  await lab.tenant.save(ID, ['Project'])
  await lab.rest()
  expect(await now('packages', { status: 'unchanged' })).toBe(1)
  expect(await now('packages', { status: 'published' })).toBe(1)

  // a delivery that comes twice, and one that nobody signed
  lab.tenant.faults.set('duplicate-deliveries', 1)
  await lab.tenant.deliver({ type: 'v2.app.installed' })
  await lab.rest()
  expect(await now('deliveries', { kind: 'lifecycle', outcome: 'noted' })).toBe(1)
  expect(await now('deliveries', { kind: 'lifecycle', outcome: 'repeated' })).toBe(1)
  const headers = createSigner().headers('msg_forged', lab.clock.now(), '{}')
  expect((await fetch(`${lab.service.url}/event`, { method: 'POST', body: '{}', headers })).status).toBe(403)
  expect(await now('deliveries_refused', { code: 'webhook.invalid_signature' })).toBe(1)
  expect(await now('jwks_forced_renewals')).toBe(1)
  expect(await now('jwks_fetches', { outcome: 'fetched' })).toBeGreaterThan(1)
  await service.minutePasses()

  // Benchling says 429 once, then is out of order for a while
  lab.tenant.faults.set('rate-limited', 1)
  await lab.tenant.save(ID, ['Project'])
  await lab.rest()
  expect(await now('benchling_requests', { answer: '429' })).toBe(1)
  expect(await now('benchling_retries', { why: '429' })).toBe(1)
  lab.tenant.faults.set('server-errors', true)
  const failed = lab.next(({ key, kind }) => key === `entry:${ID}` && kind === 'failed')
  await lab.tenant.save(ID, ['Project'])
  await failed
  lab.tenant.faults.clear()
  await lab.rest()
  const again = await now('runs_ended', { kind: 'entry', outcome: 'failed' })
  expect(again).toBeGreaterThan(0)
  expect(await now('run_faults', { kind: 'entry', code: 'benchling.unavailable' })).toBe(again)
  expect(await now('benchling_requests', { answer: '5xx' })).toBeGreaterThan(0)

  // exports that never succeed, shown in a canvas
  lab.tenant.faults.set('failed-export', true)
  await lab.tenant.insertCanvas(BROKEN)
  await lab.rest()
  lab.tenant.faults.clear()
  expect(await now('runs_ended', { kind: 'entry', outcome: 'buried' })).toBe(1)
  expect(await now('run_faults', { kind: 'entry', code: 'export.failed' })).toBe(3)
  expect(await now('deliveries', { kind: 'canvas', outcome: 'accepted' })).toBe(1)
  expect(await now('runs_ended', { kind: 'canvas', outcome: 'done' })).toBeGreaterThan(0)
  await service.minutePasses()

  // a run that is given back when the service stops
  lab.tenant.faults.set('slow-export', true)
  const exporting = lab.next(({ kind, step }) => kind === 'step' && step === 'export')
  await lab.tenant.created(BROKEN)
  await exporting
  using _ = lab.clock.hold()
  await lab.service.stop(0)
  expect(await now('runs_ended', { kind: 'entry', outcome: 'released' })).toBe(1)

  // every attempt that began has ended
  const families = await service.read()
  const all = (name: MetricName) =>
    families.get(exposedName(name))?.samples.filter(({ labels }) => labels.kind === 'entry') ?? []
  const sum = (samples: readonly Sample[]) => samples.reduce((total, { value }) => total + value, 0)
  expect(sum(all('runs_ended'))).toBe(figure(families, 'runs_begun', { kind: 'entry' }))
  expect(figure(families, 'run_seconds', { kind: 'entry' })).toBe(sum(all('runs_ended')))

  // CloudWatch has been told the same
  const seen = await service.stop()
  let compared = 0
  for (const name of Object.keys(METRICS) as MetricName[]) {
    const samples = families.get(exposedName(name))?.samples ?? []
    for (const { name: sampled, labels, value } of samples) {
      if (METRICS[name].kind === 'gauge' || 'le' in labels) continue
      const ordered = Object.fromEntries(
        Object.keys(METRICS[name].dimensions).map((key) => [key, labels[key]]),
      )
      const { sum: added = 0, count = 0 } = seen.get(`${name}${JSON.stringify(ordered)}`) ?? {}
      const told = sampled.endsWith('_count') ? count : added
      expect([sampled, labels, told]).toEqual([sampled, labels, expect.closeTo(value, 6)])
      compared++
    }
  }
  expect(compared).toBeGreaterThan(40)
  for (const gauge of ['open_work', 'queue_age_seconds', 'jwks_age_seconds'] as const) {
    expect(families.get(exposedName(gauge))?.samples).toHaveLength(1)
    expect(seen.get(`${gauge}{}`)?.last).toBeGreaterThanOrEqual(0)
  }
})
