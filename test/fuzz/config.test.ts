import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fault } from '../../src/base/fault.ts'
import type { Config } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { SETTINGS, type SettingName } from '../../src/config/settings.ts'
import { anyPoint } from '../support/any-point.ts'
import { runs } from './runs.ts'

const NAMES = Object.keys(SETTINGS) as SettingName[]

/** Values that are right for some setting: drawn for any, so that combinations and mistakes meet. */
const GOOD: Readonly<Record<string, string>> = {
  BENCHLING_TENANT: 'acme',
  BENCHLING_CLIENT_ID: 'client',
  BENCHLING_CLIENT_SECRET: 'secret',
  BENCHLING_APP_DEFINITION_ID: 'appdef_A1',
  QUILT_REGISTRY: 's3://lab-data',
  DATA_DIR: '/data',
}
const plausible = [
  ...Object.values(GOOD),
  ...Object.values(SETTINGS).flatMap((setting) => setting.default ?? []),
  'demo.benchling.test',
  'http://127.0.0.1:4000',
  'app_B2',
  'file:///srv/x',
  '127.0.0.1',
  'demo',
  'development',
  'false',
  '0',
  '1',
  '-1',
  '999999999999999',
  '1e3',
  '16MiB',
  ' ',
  '5 tib',
  'us-east-1',
]

const value = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...plausible) },
  { weight: 1, arbitrary: fc.string({ unit: anyPoint, maxLength: 12 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('\0', '\n', 'x'.repeat(10_000), '٣', '０', '\ud800', '__proto__'),
  },
)

/** A working environment, some of its variables gone or others. */
const environment = fc
  .tuple(
    fc.subarray(Object.entries(GOOD), { minLength: 3 }),
    fc.array(fc.tuple(fc.constantFrom(...NAMES), value), { maxLength: 5 }),
    fc.dictionary(fc.string(), fc.string(), { maxKeys: 2 }),
  )
  .map(
    ([kept, others, foreign]): Record<string, string> => ({
      ...foreign,
      ...Object.fromEntries([...kept, ...others]),
    }),
  )

type Loaded = { readonly config: Config } | { readonly problems: readonly string[]; readonly said: string }

const load = (env: Readonly<Record<string, string>>): Loaded => {
  try {
    return { config: loadConfig(env) }
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    expect(thrown.code).toBe('config.invalid')
    return {
      problems: thrown.facts.problems as readonly string[],
      said: JSON.stringify([thrown.message, thrown.people, thrown.facts, String(thrown.stack)]),
    }
  }
}

const given = (env: Readonly<Record<string, string>>, name: string): boolean => Boolean(env[name]?.trim())

test('any environment is a configuration or one list of what is wrong with it', () => {
  const seen = { good: 0, bad: 0 }
  fc.assert(
    fc.property(environment, (env) => {
      const loaded = load(env)
      if ('config' in loaded) {
        seen.good++
        expect(Object.isFrozen(loaded.config.exports)).toBe(true)
        expect(loadConfig(env)).toEqual(loaded.config)
        const { exports, memoryBudgetBytes, workers, leaseMs, http } = loaded.config
        expect(exports.maxBufferBytes).toBeLessThanOrEqual(memoryBudgetBytes)
        for (const number of [exports.maxMembers, exports.maxBytes, memoryBudgetBytes, workers, leaseMs]) {
          expect(Number.isSafeInteger(number) && number > 0).toBe(true)
        }
        expect(http.port).toBeGreaterThanOrEqual(0)
        expect(loaded.config.env === 'production' && loaded.config.simulator !== null).toBe(false)
        return
      }
      seen.bad++
      expect(loaded.problems.length).toBeGreaterThan(0)
      expect(new Set(loaded.problems).size).toBe(loaded.problems.length)
      for (const problem of loaded.problems) expect(NAMES).toContain(problem.split(' ')[0])
      for (const [name, setting] of Object.entries(SETTINGS)) {
        if (
          setting.required &&
          setting.default === null &&
          !given(env, name) &&
          !given(env, 'BenchlingSecret')
        )
          expect(loaded.problems).toContain(`${name} is not set.`)
      }
    }),
    runs(500),
  )
  expect(Math.min(seen.good, seen.bad)).toBeGreaterThan(3)
})

test('each problem is of a variable that alone, or with those it is compared to, is wrong', () => {
  fc.assert(
    fc.property(environment, (env) => {
      const loaded = load(env)
      if ('config' in loaded) return
      // what is wrong alone is wrong beside nothing else, too: nothing hides behind another problem
      for (const name of NAMES) {
        if (!given(env, name) || SETTINGS[name].schema.safeParse(env[name]!.trim()).success) continue
        expect(loaded.problems.filter((problem) => problem.startsWith(`${name} `))).toHaveLength(1)
      }
    }),
    runs(300),
  )
})

test('no value is ever repeated, whatever is wrong and wherever it stands', () => {
  const canary = fc
    .string({ unit: fc.constantFrom(...'abcdefghjkmnpqrstuvwxyz'), minLength: 9, maxLength: 12 })
    .map((text) => `QZ${text}`)
  const dirty = fc.constantFrom(
    (text: string) => text,
    (text: string) => `${text}\u0000`,
    (text: string) => `https://${text}@x y/`,
    (text: string) => `${text} ${text}`,
    (text: string) => `file://${text}/x`,
    (text: string) => `s3://${text}/prefix/x`,
    (text: string) => `http://${text}:80/p?q=${text}`,
    (text: string) => `"${text}"\n`,
  )
  fc.assert(
    fc.property(
      canary,
      fc.array(fc.tuple(fc.constantFrom(...NAMES), dirty), { minLength: 1 }),
      (text, bad) => {
        const loaded = load({
          PORT: 'not a port',
          ...Object.fromEntries(bad.map(([name, make]) => [name, make(text)])),
        })
        if (!('said' in loaded)) throw new Error('was accepted')
        expect(loaded.said.toLowerCase()).not.toContain(text.toLowerCase())
      },
    ),
    runs(300),
  )
})
