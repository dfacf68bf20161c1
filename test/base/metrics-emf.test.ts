import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { METRICS, type MetricName } from '../../src/base/metric-names.ts'
import { emfLines } from '../../src/base/metrics-emf.ts'
import { EMF_EVERY_MS, keepEmfLog } from '../../src/base/metrics-emf-log.ts'
import { Figures, MAX_VALUES } from '../../src/base/metrics-figures.ts'
import { FakeClock } from '../support/clock.ts'
import { cloudWatchOf, readEmf } from '../support/emf.ts'

const AT = Date.UTC(2026, 10, 28)
const lines = (figures: Figures) => emfLines(figures.take(), { namespace: 'BenchlingWebhook', at: AT })

const collecting = () => {
  const figures = new Figures()
  figures.collect(() => {})
  return figures
}

describe('documents in the embedded metric format', () => {
  test('name namespace, dimensions and units, and have their values at the root', () => {
    const figures = collecting()
    figures.count('jwks_fetches', 2, { outcome: 'failed' })
    expect(lines(figures).map((line) => JSON.parse(line))).toEqual([
      {
        _aws: {
          Timestamp: AT,
          CloudWatchMetrics: [
            {
              Namespace: 'BenchlingWebhook',
              Dimensions: [['outcome'], []],
              Metrics: [{ Name: 'jwks_fetches', Unit: 'Count' }],
            },
          ],
        },
        outcome: 'failed',
        jwks_fetches: 2,
      },
    ])
  })

  test('are one for each combination of dimensions, however many figures share it', () => {
    const figures = collecting()
    figures.count('published_files', 3)
    figures.count('published_bytes', 4096)
    figures.observe('archive_bytes', 1000, 'Bytes')
    figures.count('runs_begun', 1, { kind: 'entry' })
    figures.observe('run_seconds', 2.5, 'Seconds', { kind: 'entry' })
    figures.count('runs_begun', 1, { kind: 'canvas' })
    const documents = lines(figures).map((line) => readEmf(`${line}\n`))
    expect(documents.map(({ _aws, ...targets }) => targets)).toEqual([
      { kind: 'entry', runs_begun: 1, run_seconds: [2.5] },
      { kind: 'canvas', runs_begun: 1 },
      { published_files: 3, published_bytes: 4096, archive_bytes: [1000] },
    ])
    expect(documents.at(-1)?._aws.CloudWatchMetrics[0]?.Dimensions).toEqual([[]])
  })

  test('name at most a hundred metrics', () => {
    const many = Array.from({ length: 250 }, (_, at) => ({
      name: 'published_files' as MetricName,
      dimensions: {},
      value: at,
    }))
    const sizes = emfLines(many, { namespace: 'N', at: AT }).map(
      (line) => JSON.parse(line)._aws.CloudWatchMetrics[0].Metrics.length,
    )
    expect(sizes).toEqual([100, 100, 50])
  })

  test('are valid, and add up to the totals, whatever is counted', () => {
    const counted = (Object.keys(METRICS) as MetricName[]).filter((name) => METRICS[name].kind !== 'gauge')
    const call = fc
      .tuple(fc.constantFrom(...counted), fc.nat(), fc.integer({ min: 0, max: 2 ** 40 }))
      .map(([name, pick, value]) => ({ name, pick, value }))
    fc.assert(
      fc.property(fc.array(fc.array(call, { maxLength: 300 }), { maxLength: 4 }), (minutes) => {
        const figures = new Figures()
        const written: string[] = []
        const write = (taken: Parameters<typeof emfLines>[0]) =>
          written.push(...emfLines(taken, { namespace: 'BenchlingWebhook', at: AT }))
        figures.collect((taken) => write([taken]))
        for (const calls of minutes) {
          for (const { name, pick, value } of calls) count(figures, name, pick, value)
          write(figures.take())
        }
        const seen = cloudWatchOf(written.map((line) => readEmf(`${line}\n`)))
        for (const total of figures.totals()) {
          const { sum = 0, count = 0 } = seen.get(`${total.name}${JSON.stringify(total.dimensions)}`) ?? {}
          if ('value' in total) expect(sum).toBe(total.value)
          else expect({ sum, count }).toEqual({ sum: total.sum, count: total.count })
        }
        for (const name of counted) {
          const all = figures.totals().filter((total) => total.name === name)
          const whole = all.reduce((sum, total) => sum + ('value' in total ? total.value : total.sum), 0)
          expect(seen.get(`${name}{}`)?.sum ?? 0).toBe(whole)
        }
      }),
      { numRuns: 60 },
    )
  })
})

/** One call with dimensions out of the catalogue, chosen by a number. */
const count = (figures: Figures, name: MetricName, pick: number, value: number): void => {
  const { kind, unit, dimensions } = METRICS[name]
  const given = Object.fromEntries(
    Object.entries(dimensions as Record<string, readonly string[]>).map(([key, values]) => [
      key,
      values[pick % Math.min(values.length, 3)],
    ]),
  )
  const loose = figures as unknown as Record<'count' | 'observe', (...of: unknown[]) => void>
  if (kind === 'counter') loose.count(name, value, given)
  else loose.observe(name, value, unit, given)
}

describe('the log of figures', () => {
  const open = (namespace?: string) => {
    const figures = new Figures()
    const clock = new FakeClock()
    const written: string[] = []
    const ending = new AbortController()
    const write = (line: string) => void written.push(line)
    const ended = keepEmfLog({ figures, clock, write, ...(namespace && { namespace }) }, ending.signal)
    return { figures, clock, written, ending, ended, documents: () => written.map(readEmf) }
  }

  test('has lines every minute, with the time they are written, when there is something to say', async () => {
    const { figures, clock, documents, written } = open()
    figures.count('published_files', 1)
    await clock.advance(EMF_EVERY_MS - 1)
    expect(written).toEqual([])
    await clock.advance(1)
    expect(documents()).toMatchObject([{ published_files: 1, _aws: { Timestamp: clock.now() } }])
    await clock.advance(EMF_EVERY_MS)
    expect(written).toHaveLength(1)
    figures.gauge('open_work', 'Count', () => 7)
    await clock.advance(2 * EMF_EVERY_MS)
    expect(documents().slice(1)).toMatchObject([{ open_work: 7 }, { open_work: 7 }])
  })

  test('has the rest when the service stops', async () => {
    const { figures, documents, ending, ended } = open()
    figures.count('published_files', 4)
    ending.abort()
    await ended
    expect(documents()).toMatchObject([{ published_files: 4 }])
  })

  test('has a distribution at once when it is as long as a document takes', async () => {
    const { figures, documents, written } = open()
    for (let at = 0; at < MAX_VALUES; at++) figures.observe('run_seconds', at, 'Seconds', { kind: 'entry' })
    expect(written).toHaveLength(1)
    expect(cloudWatchOf(documents()).get('run_seconds{"kind":"entry"}')).toMatchObject({
      count: MAX_VALUES,
      sum: 4950,
    })
  })

  test('disturbs nobody who counts when its output is gone', async () => {
    const figures = new Figures()
    const clock = new FakeClock()
    const ending = new AbortController()
    let asked = 0
    const write = () => {
      asked++
      throw new Error('EPIPE')
    }
    const ended = keepEmfLog({ figures, clock, write }, ending.signal)
    for (let at = 0; at < MAX_VALUES; at++) figures.observe('run_seconds', at, 'Seconds', { kind: 'entry' })
    figures.count('published_files', 1)
    await clock.advance(EMF_EVERY_MS)
    ending.abort()
    await ended
    expect(asked).toBe(2)
  })

  test('has the namespace it is told', async () => {
    const { figures, documents, ending, ended } = open('BenchlingWebhook/second')
    figures.count('published_files', 4)
    ending.abort()
    await ended
    expect(documents()[0]?._aws.CloudWatchMetrics[0]?.Namespace).toBe('BenchlingWebhook/second')
  })
})
