import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { errorsPageIsCurrent } from '../../scripts/errors-doc.ts'
import { ERRORS, type ErrorEntry } from '../../src/base/errors.ts'

const ROOT = join(import.meta.dirname, '../..')
const catalogue = Object.entries(ERRORS) as [string, ErrorEntry][]

/** The product's own code; the simulator has errors of its own, which are Benchling's. */
const sources = globSync('src/**/*.ts', { cwd: ROOT })
  .filter((path) => path !== 'src/base/errors.ts' && !path.startsWith('src/simulator/'))
  .map((path) => readFileSync(join(ROOT, path), 'utf8'))

describe('the catalogue of errors', () => {
  test('holds no code that nothing in the service makes', () => {
    expect(sources.length).toBeGreaterThan(100)
    const unused = catalogue.filter(([code]) => !sources.some((source) => source.includes(`'${code}'`)))
    expect(unused.map(([code]) => code)).toEqual([])
  })

  test.each(catalogue)(
    '%s is told in whole sentences, without words that only its makers know',
    (code, entry) => {
      expect(code).toMatch(/^[a-z]+(\.[a-z0-9]+(_[a-z0-9]+)*)?$/)
      for (const text of [entry.people, entry.hint]) {
        expect(text).toMatch(/^[A-Z].*\.$/)
        expect(text).not.toMatch(/https?:|undefined|stack trace|exception|\bnull\b|regex|fence|zod/i)
      }
      expect(entry.people).not.toBe(entry.hint)
      expect(entry.people.length).toBeLessThanOrEqual(130)
      expect(entry.hint.length).toBeLessThanOrEqual(160)
    },
  )

  test('names only settings that exist', async () => {
    const { READ_ELSEWHERE, SETTINGS } = await import('../../src/config/settings.ts')
    const named = catalogue.flatMap(
      ([, entry]) => `${entry.people} ${entry.hint}`.match(/\b[A-Z]+(_[A-Z]+)+\b/g) ?? [],
    )
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((name) => !(name in SETTINGS) && !(name in READ_ELSEWHERE))).toEqual([])
  })

  test('answers to deliveries have a status, and those that ask to come again have 503', () => {
    for (const [code, entry] of catalogue) {
      if (!code.startsWith('webhook.')) continue
      expect([code, entry.http === 503]).toEqual([code, entry.class === 'again'])
      expect([400, 403, 413, 415, 503]).toContain(entry.http)
    }
  })

  test('is what docs/errors.md says; `npm run docs:errors` writes it', () => {
    expect(errorsPageIsCurrent()).toBe(true)
  })
})
