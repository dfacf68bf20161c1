import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { metricsPageIsCurrent } from '../../scripts/metrics-doc.ts'
import { METRICS, type MetricEntry, S3_OPERATIONS, STEP_NAMES } from '../../src/base/metric-names.ts'
import { KINDS } from '../../src/jobs/lanes.ts'

const ROOT = join(import.meta.dirname, '../..')
const catalogue = Object.entries(METRICS) as [string, MetricEntry][]

const sources = globSync('src/**/*.ts', { cwd: ROOT })
  .filter((path) => !path.startsWith('src/simulator/') && path !== 'src/base/metric-names.ts')
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))

const found = (pattern: RegExp, room = 'src/'): string[] => {
  const texts = sources.filter(({ path }) => path.startsWith(room)).map(({ text }) => text)
  return [...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name!)))].sort()
}

describe('the catalogue of figures', () => {
  test.each(catalogue)('%s has a name, unit and meaning that fit together', (name, entry) => {
    expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/)
    expect(name).not.toMatch(/_total$|_(sum|count|bucket|ms|info)$/)
    expect(name.endsWith('_seconds')).toBe(entry.unit === 'Seconds')
    expect(name.endsWith('_bytes')).toBe(entry.unit === 'Bytes')
    expect(entry.meaning).toMatch(/^[A-Z].*\.$/)
    expect(entry.buckets.length > 0).toBe(entry.kind === 'observed')
    expect(entry.buckets).toEqual(entry.buckets.toSorted((a, b) => a - b))
    // AWS: at most 9 in the oldest reading of the format, 30 in today's
    expect(Object.keys(entry.dimensions).length).toBeLessThanOrEqual(9)
    for (const [dimension, values] of Object.entries(entry.dimensions)) {
      expect(dimension).toMatch(/^[a-z]+$/)
      expect(dimension).not.toBe('le')
      expect(dimension in METRICS).toBe(false)
      expect(new Set(values).size).toBe(values.length)
      for (const value of values) expect(value).toMatch(/^[\w.-]+( [\w.-]+)*$/)
    }
  })

  test('holds only what something in the service counts', () => {
    const unused = catalogue.filter(([name]) => !sources.some(({ text }) => text.includes(`'${name}'`)))
    expect(unused.map(([name]) => name)).toEqual([])
  })

  test('knows every step that a run can have', () => {
    const plain = found(/\bsteps\s*\.(?:once|timed)\(\s*'([^']+)'/g)
    const withHash = found(/\bonce\(\s*`([^`]+)`/g)
    const names = withHash.map((name) => name.replace(/ \$\{of\.slice\(0, 16\)\}$/, ''))
    expect(names).toEqual(['export', 'hand over'])
    expect([...new Set([...plain, ...names])].sort()).toEqual([...STEP_NAMES])
  })

  test('knows every operation of S3 that is called, and every kind of work', () => {
    expect(found(/\bnew (\w+)Command\(/g, 'src/aws/s3-')).toEqual([...S3_OPERATIONS])
    const kinds = catalogue.flatMap(([name, { dimensions }]) =>
      name.startsWith('run') ? [dimensions.kind] : [],
    )
    for (const known of kinds) expect(known).toEqual(KINDS)
    expect(kinds).toHaveLength(4)
  })

  test('is what docs/metrics.md says; `npm run docs:metrics` writes it', () => {
    expect(metricsPageIsCurrent()).toBe(true)
  })
})
